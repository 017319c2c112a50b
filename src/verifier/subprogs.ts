/**
 * The program's subprograms and the shape that its instructions must have before anything is explored:
 * `add_subprog_and_kfunc()`, `check_subprogs()` and the opcode checks of `resolve_pseudo_ldimm64()` (kernel/bpf/verifier.c,
 * Linux 6.12).
 */
import {
  BRANCH_IMM,
  BRANCH_OFF,
  BRANCH_SUBPROG,
  branchDistance,
  branchKind,
  classOf,
  codeOf,
  dstOf,
  modeOf,
  srcOf,
} from '../isa/insn.js';
import {
  BPF_ABS,
  BPF_CALL,
  BPF_EXIT,
  BPF_IND,
  BPF_JA,
  BPF_JMP,
  BPF_JMP32,
  BPF_LD,
  BPF_PSEUDO_BTF_ID,
  BPF_PSEUDO_FUNC,
  BPF_PSEUDO_MAP_FD,
  BPF_PSEUDO_MAP_VALUE,
  BPF_REG_10,
  BPF_X,
  LD_IMM64,
} from '../isa/opcodes.js';
import { isLdImm64Half, LOADABLE, validityOf } from '../isa/validity.js';
import { BPF_FUNC_tail_call } from '../kernel/special-helpers.js';
import type { BpfObject, BpfProgram } from '../object/program.js';
import { BTF_KIND_DECL_TAG, BTF_KIND_FUNC } from '../object/btf.js';
import type { VerifierEnv } from './env.js';
import { VerifierError } from './facts.js';
import { MAX_VAR_OFF } from './register.js';

/** A jump to an address in a register. */
const GOTOX = BPF_JMP | BPF_JA | BPF_X;

/** What the check knows of a subprogram (`struct bpf_subprog_info`). */
export interface SubprogInfo {
  readonly number: number;
  readonly name: string;
  readonly start: number;
  /** First slot behind it. */
  readonly end: number;
  /** Checked on its own, by its prototype. */
  readonly isGlobal: boolean;
  hasTailCall: boolean;
  hasLdAbs: boolean;
  isCallback: boolean;
  isAsyncCallback: boolean;
  isExceptionCallback: boolean;
  /** It, or what it calls, may change packet data. */
  changesPacket: boolean;
  stackDepth: number;
  fastcallStackOff: number;
  keepFastcallStack: boolean;
  /** A global function that was called, and one that has been checked. */
  called: boolean;
  verified: boolean;
}

/** Programs above this length are refused (`BPF_COMPLEXITY_LIMIT_INSNS`). */
const MAX_SLOTS = 1_000_000;
/** `BPF_MAX_SUBPROGS`. */
const MAX_SUBPROGS = 256;

/**
 * Checks the shape of the program and returns its subprograms.
 * @throws VerifierError naming the slot: an unknown opcode, a jump that leaves its subprogram, a call of no
 * subprogram, a subprogram that falls off its end, a map that does not exist
 */
export function findSubprogs(object: BpfObject, program: BpfProgram): SubprogInfo[] {
  const { insns } = program;
  const length = insns.length / 2;
  if (length === 0) throw new VerifierError(0, 'the program has no instructions');
  if (length > MAX_SLOTS)
    throw new VerifierError(0, `the program has ${length} instructions, ${MAX_SLOTS} are allowed`);
  const halves = checkOpcodes(object, insns);
  const subprogs = makeSubprogs(program, length);
  const starts = new Map(subprogs.map(({ start, number }) => [start, number]));
  for (const subprog of subprogs) checkBranches(insns, subprog, halves, starts);
  return subprogs;
}

/** Marks the second slots of 64-bit immediate loads. */
function checkOpcodes(object: BpfObject, insns: Int32Array): Uint8Array {
  const length = insns.length / 2;
  const halves = new Uint8Array(length);
  for (let slot = 0; slot < length; slot++) {
    const w0 = insns[2 * slot];
    if (validityOf(w0, insns[2 * slot + 1]) !== LOADABLE) {
      throw new VerifierError(
        slot,
        `unknown opcode or reserved field in 0x${(w0 >>> 0).toString(16).padStart(8, '0')}`,
      );
    }
    if (dstOf(w0) > BPF_REG_10 || srcOf(w0) > BPF_REG_10) {
      throw new VerifierError(slot, 'arguments on the stack (R11) are not supported');
    }
    if (codeOf(w0) === GOTOX)
      throw new VerifierError(slot, 'jumps to an address in a register are not supported');
    if (codeOf(w0) !== LD_IMM64) continue;
    if (slot + 1 === length || !isLdImm64Half(w0, insns[2 * slot + 2], insns[2 * slot + 3])) {
      throw new VerifierError(slot, 'invalid 64-bit immediate load: its second slot is wrong');
    }
    checkLdImm64(object, slot, w0, insns[2 * slot + 1], insns[2 * slot + 3]);
    halves[++slot] = 1;
  }
  return halves;
}

function checkLdImm64(object: BpfObject, slot: number, w0: number, imm: number, next: number): void {
  switch (srcOf(w0)) {
    case 0:
    case BPF_PSEUDO_BTF_ID:
    case BPF_PSEUDO_FUNC:
      return;
    case BPF_PSEUDO_MAP_FD:
    case BPF_PSEUDO_MAP_VALUE: {
      const map = imm < 0 ? undefined : object.maps.at(imm);
      if (map === undefined)
        throw new VerifierError(slot, `map ${imm} does not exist, there are ${object.maps.length}`);
      if (srcOf(w0) === BPF_PSEUDO_MAP_VALUE && (next < 0 || next >= MAX_VAR_OFF)) {
        throw new VerifierError(slot, `offset ${next} into the value of map ${map.name}`);
      }
      return;
    }
    default:
      throw new VerifierError(slot, `64-bit immediate load of unknown kind ${srcOf(w0)}`);
  }
}

function makeSubprogs(program: BpfProgram, length: number): SubprogInfo[] {
  const { subprogs } = program;
  if (subprogs.length > MAX_SUBPROGS)
    throw new VerifierError(0, `${subprogs.length} subprograms, ${MAX_SUBPROGS} are allowed`);
  // Linkage comes with func info: without it the kernel takes every subprogram for static.
  const hasLinkage = program.funcInfo.length > 0;
  return subprogs.map(({ name, start, global }, number) => {
    const end = subprogs[number + 1]?.start ?? length;
    if (start >= end || (number === 0 && start !== 0)) {
      throw new VerifierError(start, `subprogram ${name} from slot ${start} to ${end}`);
    }
    return {
      number,
      name,
      start,
      end,
      isGlobal: global && hasLinkage,
      hasTailCall: false,
      hasLdAbs: false,
      isCallback: false,
      isAsyncCallback: false,
      isExceptionCallback: false,
      changesPacket: false,
      stackDepth: 0,
      fastcallStackOff: 0,
      keepFastcallStack: false,
      called: false,
      verified: false,
    };
  });
}

function checkBranches(
  insns: Int32Array,
  subprog: SubprogInfo,
  halves: Uint8Array,
  starts: ReadonlyMap<number, number>,
): void {
  const { start, end } = subprog;
  if (halves[start] === 1)
    throw new VerifierError(start, 'a subprogram starts in the middle of a 64-bit immediate load');
  for (let slot = start; slot < end; slot++) {
    if (halves[slot] === 1) continue;
    const w0 = insns[2 * slot];
    const imm = insns[2 * slot + 1];
    const code = codeOf(w0);
    if (code === (BPF_JMP | BPF_CALL) && srcOf(w0) === 0 && imm === BPF_FUNC_tail_call)
      subprog.hasTailCall = true;
    if (classOf(code) === BPF_LD && (modeOf(code) === BPF_ABS || modeOf(code) === BPF_IND))
      subprog.hasLdAbs = true;
    const kind = branchKind(w0);
    if (kind === BRANCH_SUBPROG) {
      const target = slot + 1 + imm;
      if (!starts.has(target)) throw new VerifierError(slot, `no subprogram starts at slot ${target}`);
    } else if (kind === BRANCH_OFF || kind === BRANCH_IMM) {
      const target = slot + 1 + branchDistance(kind, w0, imm);
      if (target < start || target >= end) {
        throw new VerifierError(slot, `jump out of range, from slot ${slot} to ${target}`);
      }
      if (halves[target] === 1) {
        throw new VerifierError(
          slot,
          `jump into the middle of the 64-bit immediate load at slot ${target - 1}`,
        );
      }
    }
  }
  const last = insns[2 * (end - 1)] & 0xff;
  if (
    halves[end - 1] === 1 ||
    (last !== (BPF_JMP | BPF_EXIT) && last !== (BPF_JMP | BPF_JA) && last !== (BPF_JMP32 | BPF_JA))
  ) {
    throw new VerifierError(end - 1, 'the last instruction of a subprogram is no exit and no jump back');
  }
}

const EXCEPTION_CALLBACK = 'exception_callback:';

/** Finds the function that a tag of the main one names to be called when the program throws, and marks it. */
export function markExceptionCallback(env: VerifierEnv): void {
  const { btf, program, subprogs } = env;
  const main = program.funcInfo.at(0)?.typeId;
  if (btf === undefined || main === undefined) return;
  for (let id = 1; id < btf.typeCount; id++) {
    if (btf.kind(id) !== BTF_KIND_DECL_TAG || btf.type(id) !== main || btf.declTagComponent(id) !== -1)
      continue;
    const tag = btf.typeName(id);
    if (!tag.startsWith(EXCEPTION_CALLBACK)) continue;
    const callback = btf.findByName(tag.slice(EXCEPTION_CALLBACK.length), BTF_KIND_FUNC);
    const number = program.funcInfo.findIndex(({ typeId }) => typeId === callback);
    if (number <= 0 || number >= subprogs.length)
      throw new VerifierError(0, `exception callback of ${tag} is not there`);
    const subprog = subprogs[number];
    subprog.isCallback = true;
    subprog.isAsyncCallback = true;
    subprog.isExceptionCallback = true;
    subprog.called = true;
    return;
  }
}
