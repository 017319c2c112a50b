/**
 * Deliberate mistakes of the rewriting, made on the way to the store: whatever holds the instructions, the bytes are the same
 * and wrong. What they mean must tell.
 */
import { Patcher } from '../../patcher.js';
import type { FixupEnv } from '../../fixups/pass.js';
import { classOf, codeOf, offOf, opOf, withCode, withOff } from '../../isa/insn.js';
import {
  BPF_ALU,
  BPF_ALU64,
  BPF_DIV,
  BPF_JEQ,
  BPF_JGE,
  BPF_JGT,
  BPF_JMP,
  BPF_JNE,
  BPF_MOD,
  BPF_MOV,
  BPF_SUB,
  BPF_X,
  BPF_XOR,
} from '../../isa/opcodes.js';
import { INSIDE, OWN, type PatchBuffer } from '../../../strategies/patch-buffer.js';
import type { Pos } from '../../../strategies/store.js';
import type { Spoil } from './runs.js';

/** Changes a patch before it is put in; `scratch` is the release's scratch register. */
type Mistake = (patch: PatchBuffer, scratch: number) => void;

class CarelessPatcher extends Patcher {
  constructor(
    env: FixupEnv,
    private readonly mistake: Mistake,
    private readonly scratch: number,
  ) {
    super(env.store);
  }

  override replace(pos: Pos, patch: PatchBuffer): Pos {
    this.mistake(patch, this.scratch);
    return super.replace(pos, patch);
  }
}

function code(patch: PatchBuffer, at: number): number {
  return codeOf(patch.words[2 * at]);
}

function isAlu(patch: PatchBuffer, at: number, ...ops: readonly number[]): boolean {
  const cls = classOf(code(patch, at));
  return (cls === BPF_ALU || cls === BPF_ALU64) && ops.includes(opOf(code(patch, at)));
}

/** Puts another operation into the instruction at `at`. */
function setOp(patch: PatchBuffer, at: number, op: number): void {
  const w0 = patch.words[2 * at];
  patch.words[2 * at] = withCode(w0, (codeOf(w0) & 0x0f) | op);
}

function setOff(patch: PatchBuffer, at: number, off: number): void {
  patch.words[2 * at] = withOff(patch.words[2 * at], off);
}

/** Is it the guard of a division whose `jump` is at `at`? */
function isGuard(patch: PatchBuffer, jump: number): boolean {
  const last = [...Array(patch.length).keys()].some((at) => isAlu(patch, at, BPF_DIV, BPF_MOD));
  return last && patch.kinds[0] === INSIDE && opOf(code(patch, 0)) === jump;
}

const MISTAKES: Readonly<Record<string, Mistake>> = {
  'a division by 0 gives what was divided, not 0': (patch) => {
    if (isGuard(patch, BPF_JNE)) setOp(patch, 1, BPF_MOV);
  },
  'the guard of a division is turned round': (patch) => {
    if (isGuard(patch, BPF_JNE)) setOp(patch, 0, BPF_JEQ);
  },
  'a remainder of 32 bits by 0 leaves the upper half': (patch) => {
    if (isGuard(patch, BPF_JEQ) && patch.length === 4)
      patch.words[6] = withCode(patch.words[6], BPF_ALU64 | BPF_MOV | BPF_X);
  },
  'a signed division takes -1 for any other divisor': (patch) => {
    const at = 2;
    if (patch.length > 6 && isAlu(patch, 0, BPF_MOV) && opOf(code(patch, at)) === BPF_JGT)
      patch.words[2 * at + 1] = 0;
  },
  'blinding loses the offset that makes a division signed': (patch, scratch) => {
    if (patch.length !== 3 || !isAlu(patch, 1, BPF_XOR) || !isAlu(patch, 2, BPF_DIV, BPF_MOD)) return;
    if (((patch.words[4] >>> 12) & 0xf) === scratch) setOff(patch, 2, 0);
  },
  'blinding a 64-bit load loses the upper half': (patch) => {
    if (patch.length === 4 && isAlu(patch, 1, BPF_XOR) && patch.words[5] === 32) patch.words[5] = 0;
  },
  'blinding hides a jump’s number behind two different random ones': (patch) => {
    if (patch.length === 3 && patch.kinds[2] === OWN && isAlu(patch, 1, BPF_XOR)) patch.words[3] ^= 1;
  },
  'bpf_loop in line makes one turn too many': (patch) => {
    if (patch.length === 19) setOp(patch, 9, BPF_JGT);
  },
  'bpf_loop in line goes on when the callback says stop': (patch) => {
    if (patch.length === 19) setOp(patch, 14, BPF_JGE);
  },
  'bpf_loop in line restores a register from another’s slot': (patch) => {
    if (patch.length === 19) setOff(patch, 17, offOf(patch.words[2 * 16]));
  },
  'bpf_loop in line allows one turn more than there may be': (patch) => {
    if (patch.length === 19) patch.words[1]++;
  },
  'may_goto never counts down': (patch, scratch) => {
    for (let at = 0; at < patch.length; at++)
      if (isAlu(patch, at, BPF_SUB) && ((patch.words[2 * at] >>> 8) & 0xf) === scratch)
        patch.words[2 * at + 1] = 0;
  },
  'random upper halves go into the lower one': (patch, scratch) => {
    if (patch.length === 4 && patch.words[5] === 32 && ((patch.words[4] >>> 8) & 0xf) === scratch)
      patch.words[5] = 16;
  },
  'compare-and-exchange is not followed by a zero extension': (patch) => {
    if (patch.length === 2 && patch.words[3] === 1 && code(patch, 1) === (BPF_ALU | BPF_MOV | BPF_X))
      patch.words[2] = withCode(patch.words[2], BPF_ALU64 | BPF_MOV | BPF_X);
  },
  'a lookup in line takes the index behind the last one': (patch) => {
    if (patch.length === 7 && code(patch, 2) === (BPF_JMP | BPF_JGE)) setOp(patch, 2, BPF_JGT);
  },
};

/** Each mistake by what it does. */
export const SPOILED: readonly (readonly [what: string, spoil: Spoil])[] = Object.entries(MISTAKES).map(
  ([what, mistake]) => [
    what,
    (env) => ({ ...env, patcher: new CarelessPatcher(env, mistake, env.profile.scratchRegister) }),
  ],
);
