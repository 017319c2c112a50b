/**
 * Numbers that are the same on every path to an instruction, found before the check by a dataflow analysis of its own, and
 * the conditional jumps they decide: those become plain jumps (`bpf_compute_const_regs()`, `bpf_prune_dead_branches()`,
 * kernel/bpf/const_fold.c, Linux 7.2).
 */
import { accessSize, classOf, codeOf, dstOf, modeOf, offOf, opOf, srcOf, word0 } from '../isa/insn.js';
import {
  BPF_ABS,
  BPF_ADD,
  BPF_ALU,
  BPF_ALU64,
  BPF_AND,
  BPF_ATOMIC,
  BPF_CALL,
  BPF_EXIT,
  BPF_IND,
  BPF_JA,
  BPF_JCOND,
  BPF_JEQ,
  BPF_JGE,
  BPF_JGT,
  BPF_JLE,
  BPF_JLT,
  BPF_JMP,
  BPF_JMP32,
  BPF_JNE,
  BPF_JSET,
  BPF_JSGE,
  BPF_JSGT,
  BPF_JSLE,
  BPF_LD,
  BPF_LDX,
  BPF_MEMSX,
  BPF_MOV,
  BPF_PSEUDO_MAP_VALUE,
  BPF_REG_5,
  BPF_STX,
  BPF_SUB,
  BPF_X,
  LD_IMM64,
} from '../isa/opcodes.js';
import type { VerifierEnv } from './env.js';
import { MAX_BPF_REG } from './frames.js';
import { fetchedRegister } from './memory.js';
import { add, r, sle, slt, ule, ult } from './int64.js';

/** What of a register is known at an instruction. */
const UNVISITED = 0;
const UNKNOWN = 1;
const CONST = 2;
/** A place in a map's value: the number is the offset, of the map with the id. */
const MAP_VALUE = 3;

/** One register file per slot, as columns. */
class RegisterFiles {
  readonly kinds: Uint8Array;
  readonly high: Int32Array;
  readonly low: Int32Array;
  readonly maps: Int32Array;

  constructor(slots: number) {
    this.kinds = new Uint8Array(slots * MAX_BPF_REG);
    this.high = new Int32Array(slots * MAX_BPF_REG);
    this.low = new Int32Array(slots * MAX_BPF_REG);
    this.maps = new Int32Array(slots * MAX_BPF_REG);
  }

  set(at: number, kind: number, h: number, l: number, map: number): void {
    this.kinds[at] = kind;
    this.high[at] = h;
    this.low[at] = l;
    this.maps[at] = map;
  }

  forget(at: number): void {
    this.set(at, UNKNOWN, 0, 0, 0);
  }

  copy(at: number, from: RegisterFiles, source: number): void {
    this.set(at, from.kinds[source], from.high[source], from.low[source], from.maps[source]);
  }

  /** Merges what comes along another path; false when nothing changed. */
  join(at: number, from: RegisterFiles, source: number): boolean {
    const kind = this.kinds[at];
    if (kind === UNVISITED) {
      if (from.kinds[source] === UNVISITED) return false;
      this.copy(at, from, source);
      return true;
    }
    if (
      kind === UNKNOWN ||
      (kind === from.kinds[source] &&
        this.high[at] === from.high[source] &&
        this.low[at] === from.low[source] &&
        this.maps[at] === from.maps[source])
    ) {
      return false;
    }
    this.forget(at);
    return true;
  }
}

/** Slots reachable from each subprogram's start, in an order in which most come behind what leads to them. */
function reversePostorder(env: VerifierEnv): Int32Array {
  const order = new Int32Array(env.length);
  const discovered = new Uint8Array(env.length);
  const explored = new Uint8Array(env.length);
  const stack = new Int32Array(env.length);
  let at = env.length;
  for (const { start } of env.subprogs) {
    let depth = 0;
    stack[depth++] = start;
    while (depth > 0) {
      const slot = stack[depth - 1];
      discovered[slot] = 1;
      if (explored[slot] === 1) {
        order[--at] = slot;
        depth--;
        continue;
      }
      const count = successors(env, slot);
      for (let i = 0; i < count; i++) {
        const next = following[i];
        if (discovered[next] === 1) continue;
        discovered[next] = 1;
        stack[depth++] = next;
      }
      explored[slot] = 1;
    }
  }
  return order.subarray(at);
}

const following = new Int32Array(2);

/** Puts the slots that control may go to next into `following` and returns how many there are. */
function successors(env: VerifierEnv, slot: number): number {
  const w0 = env.word0(slot);
  const code = codeOf(w0);
  const jumps = classOf(code) === BPF_JMP || classOf(code) === BPF_JMP32;
  const op = opOf(code);
  if (jumps && op === BPF_EXIT) return 0;
  if (jumps && op === BPF_JA) {
    following[0] = slot + 1 + (classOf(code) === BPF_JMP32 ? env.imm(slot) : offOf(w0));
    return 1;
  }
  following[0] = slot + (code === LD_IMM64 ? 2 : 1);
  if (!jumps || op === BPF_CALL) return 1;
  following[1] = slot + 1 + offOf(w0);
  return 2;
}

/** Effect of one instruction on the register file `out` (of slot 0). */
function transfer(env: VerifierEnv, slot: number, out: RegisterFiles): void {
  const w0 = env.word0(slot);
  const code = codeOf(w0);
  switch (classOf(code)) {
    case BPF_ALU:
    case BPF_ALU64:
      transferAlu(w0, env.imm(slot), out);
      break;
    case BPF_LD:
      if (modeOf(code) === BPF_ABS || modeOf(code) === BPF_IND) forgetCall(out);
      else if (code === LD_IMM64) transferLdImm64(env, slot, out);
      break;
    case BPF_LDX:
      transferLoad(env, w0, out);
      break;
    case BPF_JMP:
      if (opOf(code) === BPF_CALL) forgetCall(out);
      break;
    case BPF_STX: {
      const loaded = modeOf(code) === BPF_ATOMIC ? fetchedRegister(w0, env.imm(slot)) : -1;
      if (loaded >= 0) out.forget(loaded);
      break;
    }
    default:
      break;
  }
}

function forgetCall(out: RegisterFiles): void {
  for (let i = 0; i <= BPF_REG_5; i++) out.forget(i);
}

function transferAlu(w0: number, imm: number, out: RegisterFiles): void {
  const code = codeOf(w0);
  const dst = dstOf(w0);
  const src = srcOf(w0);
  const fromReg = (code & BPF_X) !== 0;
  const isConst = out.kinds[dst] === CONST;
  switch (opOf(code)) {
    case BPF_MOV:
      if (fromReg) transferMov(dst, src, offOf(w0), out);
      else out.set(dst, CONST, imm >> 31, imm, 0);
      break;
    case BPF_ADD:
    case BPF_SUB:
      if (fromReg || (!isConst && out.kinds[dst] !== MAP_VALUE)) {
        out.forget(dst);
        break;
      }
      addTo(out, dst, opOf(code) === BPF_SUB ? -imm : imm);
      break;
    case BPF_AND:
      if (fromReg) {
        andWith(out, dst, out.kinds[src] === CONST, out.high[src], out.low[src]);
      } else {
        andWith(out, dst, true, imm >> 31, imm);
      }
      break;
    default:
      out.forget(dst);
  }
  if (classOf(code) === BPF_ALU64) return;
  if (out.kinds[dst] === CONST) out.high[dst] = 0;
  else out.forget(dst);
}

function addTo(out: RegisterFiles, dst: number, by: number): void {
  add(out.high[dst], out.low[dst], by < 0 ? -1 : 0, by | 0);
  out.high[dst] = r.h;
  out.low[dst] = r.l;
}

function andWith(out: RegisterFiles, dst: number, isKnown: boolean, h: number, l: number): void {
  const isConst = out.kinds[dst] === CONST;
  if (isConst && (out.high[dst] | out.low[dst]) === 0) return;
  if (isKnown && (h | l) === 0) out.set(dst, CONST, 0, 0, 0);
  else if (isKnown && isConst) out.set(dst, CONST, out.high[dst] & h, out.low[dst] & l, 0);
  else out.forget(dst);
}

function transferMov(dst: number, src: number, bits: number, out: RegisterFiles): void {
  out.copy(dst, out, src);
  if (bits === 0) return;
  if (out.kinds[dst] !== CONST || (bits !== 8 && bits !== 16 && bits !== 32)) {
    out.forget(dst);
    return;
  }
  const value = (out.low[dst] << (32 - bits)) >> (32 - bits);
  out.set(dst, CONST, value >> 31, value, 0);
}

function transferLdImm64(env: VerifierEnv, slot: number, out: RegisterFiles): void {
  const w0 = env.word0(slot);
  const dst = dstOf(w0);
  if (srcOf(w0) === 0) out.set(dst, CONST, env.imm(slot + 1), env.imm(slot), 0);
  else if (srcOf(w0) === BPF_PSEUDO_MAP_VALUE) {
    out.set(dst, MAP_VALUE, 0, env.imm(slot + 1), env.imm(slot) + 1);
  } else out.forget(dst);
}

/** A load: known when it is from contents that never change. */
function transferLoad(env: VerifierEnv, w0: number, out: RegisterFiles): void {
  const dst = dstOf(w0);
  const src = srcOf(w0);
  if (out.kinds[src] !== MAP_VALUE) {
    out.forget(dst);
    return;
  }
  const code = codeOf(w0);
  const off = (out.low[src] + offOf(w0)) | 0;
  const map = env.maps.at(out.maps[src]);
  if (map?.readConstant(off, accessSize(code), modeOf(code) === BPF_MEMSX) === true) {
    out.set(dst, CONST, r.h, r.l, 0);
  } else out.forget(dst);
}

function knownRegisters(env: VerifierEnv): RegisterFiles {
  const before = new RegisterFiles(env.length);
  const after = new RegisterFiles(1);
  for (const { start } of env.subprogs) {
    for (let i = 0; i < MAX_BPF_REG; i++) before.forget(start * MAX_BPF_REG + i);
  }
  const order = reversePostorder(env);
  let changed: boolean;
  do {
    changed = false;
    for (const slot of order) {
      for (let i = 0; i < MAX_BPF_REG; i++) after.copy(i, before, slot * MAX_BPF_REG + i);
      transfer(env, slot, after);
      const count = successors(env, slot);
      for (let s = 0; s < count; s++) {
        for (let i = 0; i < MAX_BPF_REG; i++) {
          if (before.join(following[s] * MAX_BPF_REG + i, after, i)) changed = true;
        }
      }
    }
  } while (changed);
  return before;
}

/** Does `dst op src` hold, of 64-bit numbers? */
function holds(op: number, ah: number, al: number, bh: number, bl: number): boolean {
  switch (op) {
    case BPF_JEQ:
      return ah === bh && al === bl;
    case BPF_JNE:
      return ah !== bh || al !== bl;
    case BPF_JGT:
      return ult(bh, bl, ah, al);
    case BPF_JGE:
      return ule(bh, bl, ah, al);
    case BPF_JLT:
      return ult(ah, al, bh, bl);
    case BPF_JLE:
      return ule(ah, al, bh, bl);
    case BPF_JSGT:
      return slt(bh, bl, ah, al);
    case BPF_JSGE:
      return sle(bh, bl, ah, al);
    case BPF_JSLE:
      return sle(ah, al, bh, bl);
    case BPF_JSET:
      return ((ah & bh) | (al & bl)) !== 0;
    default:
      return slt(ah, al, bh, bl);
  }
}

/**
 * The program's instructions with the jumps that are decided anyway made plain ones; those of `env` themselves when there is
 * none.
 */
export function foldConstants(env: VerifierEnv): Int32Array {
  const known = knownRegisters(env);
  /** Of a register, the number when it is known and fits 32 bits: only such are kept. */
  const knownLow = (slot: number, regno: number): number | undefined => {
    const at = slot * MAX_BPF_REG + regno;
    return known.kinds[at] === CONST && known.high[at] === 0 ? known.low[at] : undefined;
  };
  let folded: Int32Array | undefined;
  for (let slot = 0; slot < env.length; slot++) {
    const w0 = env.word0(slot);
    const code = codeOf(w0);
    const op = opOf(code);
    const isLow = classOf(code) === BPF_JMP32;
    if (!isLow && classOf(code) !== BPF_JMP) continue;
    if (op === BPF_JA || op === BPF_EXIT || op === BPF_CALL || op === BPF_JCOND) continue;
    const fromReg = (code & BPF_X) !== 0;
    const a = knownLow(slot, dstOf(w0));
    const b = fromReg ? knownLow(slot, srcOf(w0)) : env.imm(slot);
    if (a === undefined || b === undefined) continue;
    const taken = isLow ? holds(op, a >> 31, a, b >> 31, b) : holds(op, 0, a, fromReg ? 0 : b >> 31, b);
    folded ??= env.insns.slice();
    folded[2 * slot] = word0(BPF_JMP | BPF_JA, 0, 0, taken ? offOf(w0) : 0);
    folded[2 * slot + 1] = 0;
  }
  return folded ?? env.insns;
}
