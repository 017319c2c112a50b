/** Runs the scalar part of a program on concrete numbers, for tests: what it comes by must have been seen. */
import { classOf, codeOf, dstOf, offOf, opOf, srcOf } from '../../isa/insn.js';
import {
  BPF_ADD,
  BPF_ALU,
  BPF_ALU64,
  BPF_AND,
  BPF_ARSH,
  BPF_CALL,
  BPF_DIV,
  BPF_EXIT,
  BPF_JA,
  BPF_JEQ,
  BPF_JGE,
  BPF_JGT,
  BPF_JLE,
  BPF_JLT,
  BPF_JMP32,
  BPF_JNE,
  BPF_JSET,
  BPF_JSGE,
  BPF_JSGT,
  BPF_JSLE,
  BPF_JSLT,
  BPF_LSH,
  BPF_MOD,
  BPF_MOV,
  BPF_MUL,
  BPF_NEG,
  BPF_OR,
  BPF_RSH,
  BPF_STX,
  BPF_SUB,
  BPF_X,
  BPF_XOR,
} from '../../isa/opcodes.js';

const MASK = 0xffff_ffff_ffff_ffffn;

function alu(op: number, a: bigint, b: bigint, bits: number): bigint {
  const width = BigInt(bits);
  const shift = b & (width - 1n);
  switch (op) {
    case BPF_ADD:
      return a + b;
    case BPF_SUB:
      return a - b;
    case BPF_MUL:
      return a * b;
    case BPF_DIV:
      return b === 0n ? 0n : a / b;
    case BPF_MOD:
      return b === 0n ? a : a % b;
    case BPF_OR:
      return a | b;
    case BPF_AND:
      return a & b;
    case BPF_XOR:
      return a ^ b;
    case BPF_LSH:
      return a << shift;
    case BPF_RSH:
      return a >> shift;
    case BPF_ARSH:
      return BigInt.asIntN(bits, a) >> shift;
    case BPF_NEG:
      return -a;
    default:
      return b;
  }
}

function jumps(op: number, a: bigint, b: bigint, bits: number): boolean {
  const sa = BigInt.asIntN(bits, a);
  const sb = BigInt.asIntN(bits, b);
  switch (op) {
    case BPF_JEQ:
      return a === b;
    case BPF_JNE:
      return a !== b;
    case BPF_JGT:
      return a > b;
    case BPF_JGE:
      return a >= b;
    case BPF_JLT:
      return a < b;
    case BPF_JLE:
      return a <= b;
    case BPF_JSET:
      return (a & b) !== 0n;
    case BPF_JSGT:
      return sa > sb;
    case BPF_JSGE:
      return sa >= sb;
    case BPF_JSLT:
      return sa < sb;
    case BPF_JSLE:
      return sa <= sb;
    default:
      throw new Error(`no such jump: ${op}`);
  }
}

/**
 * Runs the program until it exits or took `maxSteps` steps and returns the slots it came by. Helper calls return the
 * numbers of `results` in turn; stores go to the stack at `r10 + off`, loads come from there.
 */
export function run(insns: Int32Array, results: readonly bigint[], maxSteps: number): Set<number> {
  const regs = new Array<bigint>(11).fill(0n);
  const stack = new Map<number, bigint>();
  const came = new Set<number>();
  let calls = 0;
  let slot = 0;
  for (let step = 0; step < maxSteps; step++) {
    came.add(slot);
    const w0 = insns[2 * slot];
    const imm = BigInt(insns[2 * slot + 1]);
    const code = codeOf(w0);
    const cls = classOf(code);
    const dst = dstOf(w0);
    const bits = cls === BPF_ALU || cls === BPF_JMP32 ? 32 : 64;
    const operand = BigInt.asUintN(bits, (code & BPF_X) !== 0 ? regs[srcOf(w0)] : imm);
    slot++;
    if (cls === BPF_ALU || cls === BPF_ALU64) {
      const from = opOf(code) === BPF_MOV ? 0n : BigInt.asUintN(bits, regs[dst]);
      regs[dst] = BigInt.asUintN(bits, alu(opOf(code), from, operand, bits)) & MASK;
    } else if (cls === BPF_STX) {
      stack.set(offOf(w0), regs[srcOf(w0)]);
    } else if (cls === 1) {
      regs[dst] = stack.get(offOf(w0)) ?? 0n;
    } else if (opOf(code) === BPF_CALL) {
      regs[0] = results[calls++ % results.length];
    } else if (opOf(code) === BPF_EXIT) {
      break;
    } else if (opOf(code) === BPF_JA) {
      slot += offOf(w0);
    } else if (jumps(opOf(code), BigInt.asUintN(bits, regs[dst]), operand, bits)) {
      slot += offOf(w0);
    }
  }
  return came;
}
