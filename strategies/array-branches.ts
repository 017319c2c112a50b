/**
 * The kernel's branch scans over a flat array of instructions: `bpf_adj_branches()` and its helpers in
 * kernel/bpf/core.c and `adjust_jmp_off()` in kernel/bpf/verifier.c, Linux 6.12.
 *
 * With pos, endOld and endNew as there, a change of the program at `pos` moves what stood at `endOld` to `endNew`:
 * a branch before pos whose target is at or behind endOld gets the difference added, one at or behind endNew
 * whose target is before endNew gets it subtracted, the instructions in between are left as they are.
 */
import {
  BRANCH_OFF,
  BRANCH_SUBPROG,
  branchDistance,
  branchKind,
  NOT_BRANCH,
  withOff,
} from '../src/isa/insn.js';
import { BPF_JMP, BPF_JMP32, BPF_PSEUDO_FUNC, LD_IMM64 } from '../src/isa/opcodes.js';

/** Opcode and source register of the one branch that is no jump class instruction. */
const LD_FUNC = LD_IMM64 | (BPF_PSEUDO_FUNC << 12);

/** Cheap first question: can the word be a branch at all? */
function mayBranch(w0: number): boolean {
  const cls = w0 & 7;
  return cls === BPF_JMP || cls === BPF_JMP32 || (w0 & 0xf0ff) === LD_FUNC;
}

/** Does a distance fit into 16 bit? */
export function fitsShort(distance: number): boolean {
  return (distance << 16) >> 16 === distance;
}

/** Writes the distance into the words of the branch of kind `kind` at `slot`. */
export function writeDistance(insns: Int32Array, slot: number, kind: number, distance: number): void {
  if (kind === BRANCH_OFF) insns[2 * slot] = withOff(insns[2 * slot], distance);
  else insns[2 * slot + 1] = distance;
}

/**
 * Would all 16-bit distances fit after the instruction at `pos` was replaced by `delta + 1`? Nothing is changed; the
 * instruction at `pos` is not looked at.
 */
export function probeBranches(insns: Int32Array, length: number, pos: number, delta: number): boolean {
  for (let slot = 0; slot < pos; slot++) {
    const w0 = insns[2 * slot];
    if (!mayBranch(w0) || branchKind(w0) !== BRANCH_OFF) continue;
    const distance = w0 >> 16;
    if (slot + 1 + distance > pos && !fitsShort(distance + delta)) return false;
  }
  for (let slot = pos + 1; slot < length; slot++) {
    const w0 = insns[2 * slot];
    if (!mayBranch(w0) || branchKind(w0) !== BRANCH_OFF) continue;
    const distance = w0 >> 16;
    if (slot + 1 + distance <= pos && !fitsShort(distance - delta)) return false;
  }
  return true;
}

/** Adjusts all branches; `insns` is already in its new form and `length` its new length. */
export function adjustBranches(
  insns: Int32Array,
  length: number,
  pos: number,
  endOld: number,
  endNew: number,
): void {
  const delta = endNew - endOld;
  for (let slot = 0; slot < pos; slot++) {
    const w0 = insns[2 * slot];
    if (!mayBranch(w0)) continue;
    const kind = branchKind(w0);
    if (kind === NOT_BRANCH) continue;
    const distance = branchDistance(kind, w0, insns[2 * slot + 1]);
    if (slot + 1 + distance >= endOld) writeDistance(insns, slot, kind, distance + delta);
  }
  for (let slot = endNew; slot < length; slot++) {
    const w0 = insns[2 * slot];
    if (!mayBranch(w0)) continue;
    const kind = branchKind(w0);
    if (kind === NOT_BRANCH) continue;
    const distance = branchDistance(kind, w0, insns[2 * slot + 1]);
    if (slot + 1 + distance < endNew) writeDistance(insns, slot, kind, distance - delta);
  }
}

/**
 * Makes the jumps to `front` lead to `body`, but for those between the two. With `probe` nothing is changed.
 * @returns false when a distance does not fit
 */
export function retargetJumps(
  insns: Int32Array,
  length: number,
  front: number,
  body: number,
  probe: boolean,
): boolean {
  for (let slot = 0; slot < length; slot++) {
    if (slot >= front && slot < body) continue;
    const w0 = insns[2 * slot];
    const kind = branchKind(w0);
    if (kind === NOT_BRANCH || kind === BRANCH_SUBPROG) continue;
    const distance = branchDistance(kind, w0, insns[2 * slot + 1]);
    if (slot + 1 + distance !== front) continue;
    if (!probe) writeDistance(insns, slot, kind, distance + body - front);
    else if (kind === BRANCH_OFF && !fitsShort(distance + body - front)) return false;
  }
  return true;
}
