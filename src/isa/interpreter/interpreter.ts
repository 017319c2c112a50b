/**
 * Runs a program instruction by instruction: slow, and meant to be obviously right. It knows the instructions of a program as
 * loaded and those that the rewriting brings in; what neither has is an `Error`, what a program must not do a `Fault`.
 */
import {
  accessSize,
  classOf,
  codeOf,
  definedRegister,
  definesSubregister,
  dstOf,
  modeOf,
  offOf,
  opOf,
  srcOf,
} from '../insn.js';
import {
  BPF_ADD,
  BPF_ADDR_PERCPU,
  BPF_ALU,
  BPF_ALU64,
  BPF_AND,
  BPF_ATOMIC,
  BPF_CALL,
  BPF_CMPXCHG,
  BPF_DIV,
  BPF_END,
  BPF_EXIT,
  BPF_FETCH,
  BPF_JA,
  BPF_JCOND,
  BPF_JMP,
  BPF_JMP32,
  BPF_LD,
  BPF_LDX,
  BPF_LOAD_ACQ,
  BPF_MEM,
  BPF_MEMSX,
  BPF_MOD,
  BPF_MOV,
  BPF_NEG,
  BPF_OR,
  BPF_PSEUDO_CALL,
  BPF_PSEUDO_FUNC,
  BPF_ST,
  BPF_STORE_REL,
  BPF_STX,
  BPF_TAIL_CALL,
  BPF_TO_BE,
  BPF_X,
  BPF_XCHG,
  BPF_XOR,
  LD_IMM64,
} from '../opcodes.js';
import { arithmetic, compares, divisionTraps, swapBytes } from './arithmetic.js';
import { KEEPS_REGISTERS, LEAVES_FUNCTION, type Behaviour, type CallResult, type Host } from './machine.js';
import type { Memory } from './memory.js';
import { MemoryFault } from './memory.js';

/** The program does something it must not do. */
export class Fault extends Error {
  override readonly name = 'Fault';
  constructor(
    readonly slot: number,
    cause: string,
  ) {
    super(`insn ${slot}: ${cause}`);
  }
}

/** Frames on top of each other (`MAX_CALL_FRAMES`). */
const MOST_FRAMES = 8;
/** Bytes of a stack frame: what programs may use, and what inlined loops and `may_goto` add. */
const FRAME_BYTES = 512 + 64;
/** What registers and stack hold that nobody has written. */
const GARBAGE = 0xa5a5_a5a5_dead_beefn;
const UPPER_GARBAGE = 0x5aa5_0ff0n << 32n;
/** Addresses of functions: this plus their slot. */
const CODE = 0x7fff_0000_0000_0000n;
/** R0 to R10, and the rewriting's scratch registers R11 and R12. */
const REGISTERS = 13;

const FETCHING = BPF_FETCH;

export class Machine {
  /** Stores wrap to 64 bits by themselves. */
  readonly registers = new BigUint64Array(REGISTERS);
  /** Instructions executed so far. */
  steps = 0;
  private readonly frames: bigint[] = [];
  private depth = 0;
  /** What is left of the turns that `may_goto` allows in the current function. */
  private turns = 0;

  /**
   * @param insns two words per slot
   */
  constructor(
    private readonly insns: Int32Array,
    readonly memory: Memory,
    private readonly host: Host,
    private readonly behaviour: Behaviour,
  ) {}

  /** Runs the program from its first instruction with the context in R1 and returns R0. @throws Fault */
  run(context: bigint): bigint {
    this.registers.fill(GARBAGE);
    return this.enter(0, [context]);
  }

  /** Calls a function by its address: what a helper does with a callback. @throws Fault */
  invoke(address: bigint, args: readonly bigint[]): bigint {
    return this.enter(Number(address - CODE), args);
  }

  private enter(slot: number, args: readonly bigint[]): bigint {
    for (let at = 0; at < 5; at++) this.registers[1 + at] = args[at] ?? GARBAGE;
    this.execute(slot);
    return this.registers[0];
  }

  /** Executes one function from its first instruction to its exit; R6 to R10 are as before then. */
  private execute(start: number): void {
    const { registers } = this;
    if (this.depth === MOST_FRAMES) throw new Fault(start, 'the call is too deep');
    const saved = registers.slice(6, 11);
    const { turns } = this;
    registers[10] = this.stackTop(this.depth++);
    this.turns = this.behaviour.mayGotoTurns;
    let slot = start;
    try {
      while (slot >= 0) slot = this.step(slot);
    } finally {
      this.depth--;
      this.turns = turns;
      registers.set(saved, 6);
    }
  }

  private stackTop(depth: number): bigint {
    this.frames[depth] ??= this.memory.allocate(FRAME_BYTES);
    const base = this.frames[depth];
    this.memory.bytes(base, FRAME_BYTES).fill(0xa5);
    return base + BigInt(FRAME_BYTES);
  }

  /** Executes the instruction at `slot` and returns the slot of the next one, -1 after an exit. */
  protected step(slot: number): number {
    if (slot * 2 >= this.insns.length) throw new Fault(slot, 'the program has no such instruction');
    if (++this.steps > this.behaviour.mostSteps) throw new Fault(slot, 'the program does not end');
    const w0 = this.insns[2 * slot];
    const imm = this.insns[2 * slot + 1];
    const code = codeOf(w0);
    try {
      switch (classOf(code)) {
        case BPF_ALU:
        case BPF_ALU64:
          this.alu(slot, w0, imm);
          break;
        case BPF_LDX:
          this.load(w0);
          break;
        case BPF_ST:
          this.memory.store(this.address(dstOf(w0), w0), accessSize(code), BigInt.asUintN(64, BigInt(imm)));
          break;
        case BPF_STX:
          if (modeOf(code) === BPF_ATOMIC) this.atomic(w0, imm);
          else if (modeOf(code) === BPF_MEM)
            this.memory.store(this.address(dstOf(w0), w0), accessSize(code), this.registers[srcOf(w0)]);
          else throw new Error(`store of mode 0x${modeOf(code).toString(16)}`);
          break;
        case BPF_LD:
          return this.immediate(slot, w0, imm);
        default:
          return this.jump(slot, w0, imm);
      }
    } catch (error) {
      throw error instanceof MemoryFault ? new Fault(slot, error.message) : error;
    }
    this.leaveUpperHalf(slot, w0, imm);
    return slot + 1;
  }

  /** Puts garbage into the upper half of a 32-bit definition that nobody clears. */
  private leaveUpperHalf(slot: number, w0: number, imm: number): void {
    if (!definesSubregister(w0, imm) || this.behaviour.clearsUpperHalf(slot)) return;
    // The zero extension that the verifier inserts: a move marked by imm 1.
    if (codeOf(w0) === (BPF_ALU | BPF_MOV | BPF_X) && imm === 1) return;
    this.registers[definedRegister(w0, imm)] ^= UPPER_GARBAGE;
  }

  private address(base: number, w0: number): bigint {
    return BigInt.asUintN(64, this.registers[base] + BigInt(offOf(w0)));
  }

  private alu(slot: number, w0: number, imm: number): void {
    const { registers } = this;
    const code = codeOf(w0);
    const wide = classOf(code) === BPF_ALU64;
    const bits = wide ? 64 : 32;
    const dst = dstOf(w0);
    const off = offOf(w0);
    const op = opOf(code);
    const left = BigInt.asUintN(bits, registers[dst]);
    const right = BigInt.asUintN(bits, (code & BPF_X) !== 0 ? registers[srcOf(w0)] : BigInt(imm));
    switch (op) {
      case BPF_MOV:
        registers[dst] = this.moved(code, off, right, bits);
        break;
      case BPF_NEG:
        registers[dst] = BigInt.asUintN(bits, -left);
        break;
      case BPF_END:
        registers[dst] =
          wide || (code & BPF_TO_BE) !== 0
            ? swapBytes(registers[dst], imm)
            : BigInt.asUintN(imm, registers[dst]);
        break;
      default: {
        const divides = op === BPF_DIV || op === BPF_MOD;
        const signed = divides && off === 1;
        if (divides && this.behaviour.divisionTraps && divisionTraps(left, right, bits, signed))
          throw new Fault(slot, `division of ${left} by ${right} traps`);
        registers[dst] = arithmetic(op, left, right, bits, signed);
      }
    }
  }

  private moved(code: number, off: number, value: bigint, bits: number): bigint {
    if (off === 0 || (code & BPF_X) === 0) return value;
    if (off === BPF_ADDR_PERCPU) return this.host.percpu(value);
    if (off !== 8 && off !== 16 && off !== 32) throw new Error(`move with offset ${off}`);
    return BigInt.asUintN(bits, BigInt.asIntN(off, value));
  }

  private load(w0: number): void {
    const code = codeOf(w0);
    const bytes = accessSize(code);
    const mode = modeOf(code);
    if (mode !== BPF_MEM && mode !== BPF_MEMSX) throw new Error(`load of mode 0x${mode.toString(16)}`);
    const value = this.memory.load(this.address(srcOf(w0), w0), bytes);
    this.registers[dstOf(w0)] =
      mode === BPF_MEMSX ? BigInt.asUintN(64, BigInt.asIntN(8 * bytes, value)) : value;
  }

  private atomic(w0: number, imm: number): void {
    const { registers, memory } = this;
    const bytes = accessSize(codeOf(w0));
    const src = srcOf(w0);
    if (imm === BPF_LOAD_ACQ) {
      registers[dstOf(w0)] = memory.load(this.address(src, w0), bytes);
      return;
    }
    const address = this.address(dstOf(w0), w0);
    const operand = BigInt.asUintN(8 * bytes, registers[src]);
    if (imm === BPF_STORE_REL) {
      memory.store(address, bytes, operand);
      return;
    }
    const old = memory.load(address, bytes);
    if (imm === BPF_CMPXCHG) {
      const equal = BigInt.asUintN(8 * bytes, registers[0]) === old;
      if (equal) memory.store(address, bytes, operand);
      if (!equal || !this.behaviour.exchangeKeepsR0) registers[0] = old;
      return;
    }
    memory.store(
      address,
      bytes,
      imm === BPF_XCHG ? operand : combined(imm & ~FETCHING, old, operand, 8 * bytes),
    );
    if ((imm & FETCHING) !== 0) registers[src] = old;
  }

  private immediate(slot: number, w0: number, low: number): number {
    if (codeOf(w0) !== LD_IMM64) throw new Error(`load with opcode 0x${codeOf(w0).toString(16)}`);
    const high = this.insns[2 * slot + 3];
    const source = srcOf(w0);
    this.registers[dstOf(w0)] =
      source === 0
        ? (BigInt.asUintN(32, BigInt(high)) << 32n) | BigInt.asUintN(32, BigInt(low))
        : source === BPF_PSEUDO_FUNC
          ? CODE + BigInt(slot + 1 + low)
          : this.host.pseudoImmediate(source, low, high);
    return slot + 2;
  }

  private jump(slot: number, w0: number, imm: number): number {
    const { registers } = this;
    const code = codeOf(w0);
    const op = opOf(code);
    const next = slot + 1;
    if (classOf(code) === BPF_JMP) {
      switch (op) {
        case BPF_EXIT:
          return -1;
        case BPF_CALL:
          return this.call(slot, w0, imm);
        case BPF_TAIL_CALL:
          return this.settle(slot, this.host.tailCall(this));
        case BPF_JA:
          return next + offOf(w0);
        case BPF_JCOND:
          if (this.turns === 0) return next + offOf(w0);
          this.turns--;
          return next;
      }
    } else if (op === BPF_JA) {
      return next + imm;
    }
    const bits = classOf(code) === BPF_JMP32 ? 32 : 64;
    const left = BigInt.asUintN(bits, registers[dstOf(w0)]);
    const right = BigInt.asUintN(bits, (code & BPF_X) !== 0 ? registers[srcOf(w0)] : BigInt(imm));
    return compares(op, left, right, bits) ? next + offOf(w0) : next;
  }

  private call(slot: number, w0: number, imm: number): number {
    if (srcOf(w0) === BPF_PSEUDO_CALL) {
      this.execute(slot + 1 + imm);
      this.registers.fill(GARBAGE, 1, 6);
      return slot + 1;
    }
    if (srcOf(w0) !== 0) throw new Error(`call with source ${srcOf(w0)}`);
    return this.settle(slot, this.host.call(this, imm));
  }

  private settle(slot: number, result: CallResult): number {
    if (result === LEAVES_FUNCTION) return -1;
    if (result !== KEEPS_REGISTERS) {
      this.registers[0] = result;
      this.registers.fill(GARBAGE, 1, 6);
    }
    return slot + 1;
  }
}

function combined(op: number, old: bigint, operand: bigint, bits: number): bigint {
  switch (op) {
    case BPF_ADD:
    case BPF_AND:
    case BPF_OR:
    case BPF_XOR:
      return arithmetic(op, old, operand, bits, false);
    default:
      throw new Error(`atomic operation 0x${op.toString(16)}`);
  }
}
