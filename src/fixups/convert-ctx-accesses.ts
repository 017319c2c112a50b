/**
 * Turns accesses to what programs are shown into accesses to what is really there (`convert_ctx_accesses()`,
 * kernel/bpf/verifier.c, Linux 6.12): loads and stores of context fields and of socket fields become those of kernel
 * structures, loads through untrusted kernel pointers become probe loads, accesses to an arena get its opcodes, programs that
 * write to packet data get a prologue, and those that implement some of the kernel's operations a prologue or an epilogue.
 *
 * The conversions themselves are tables in context/, one per structure; this file is what they share: narrow loads, sign
 * extension, the walk.
 */
import { alu32Imm, alu64Imm, movsx64Reg, nospec, stxMem } from '../isa/builders.js';
import { classOf, codeOf, dstOf, modeOf, offOf, sizeOf, srcOf, withCode } from '../isa/insn.js';
import {
  BPF_AND,
  BPF_ATOMIC,
  BPF_DW,
  BPF_EXIT,
  BPF_H,
  BPF_JMP,
  BPF_LDX,
  BPF_MEM,
  BPF_MEMSX,
  BPF_PROBE_ATOMIC,
  BPF_PROBE_MEM,
  BPF_PROBE_MEM32,
  BPF_PROBE_MEM32SX,
  BPF_PROBE_MEMSX,
  BPF_REG_1,
  BPF_REG_FP,
  BPF_RSH,
  BPF_ST,
  BPF_STX,
  BPF_W,
} from '../isa/opcodes.js';
import { AUX_ORIG, NONE, type Pos } from '../../strategies/store.js';
import { SK_BUFF } from '../kernel/contexts/layouts.js';
import { PROG_TYPE, progTypeName } from '../kernel/types.js';
import {
  AUX_CTX_FIELD_SIZE,
  AUX_FLAGS,
  AUX_PTR_TYPE,
  FLAG_SANITIZE_STACK_SPILL,
  PTR_TO_ARENA,
  PTR_TO_BTF_ID_PROBED,
  PTR_TO_CTX,
} from '../verifier/facts.js';
import { bytesOf, type FieldTable } from './context/conversion.js';
import { conversionTables } from './context/index.js';
import {
  genOperationEpilogue,
  genOperationPrologue,
  operationHooks,
  type OperationHooks,
} from './context/operations.js';
import { genPrologue, hasPrologue } from './context/prologue.js';
import { FixupError, type FixupEnv, type Pass } from './pass.js';

/** Size of a pointer to the context. */
const CONTEXT_BYTES = 8;

export const convertCtxAccesses: Pass = {
  name: 'convert-ctx-accesses',

  applies: () => true,

  run(env: FixupEnv): void {
    const { store, program } = env;
    const tables = conversionTables(env.profile, program.type);
    env.access.tstampTypeAccess = readsTstampType(env);
    const hooks = operationHooks(env);
    const exits = hooks.after === 0 ? undefined : new Exits(env, hooks.after);
    for (let pos = insertPrologue(env, hooks); pos !== NONE; pos = store.next(pos))
      pos = exits?.replaced(pos) ?? convertInsn(env, tables, pos);
    store.commit();
  },
};

/** Puts what it needs in front of the program; returns where the program itself begins. */
function insertPrologue(env: FixupEnv, hooks: OperationHooks): Pos {
  const { store, profile, program, facts, patch } = env;
  let body = store.first();
  if (hooks.after !== 0) {
    // The epilogue finds the context in a stack slot of its own.
    env.stacks[0].depth += CONTEXT_BYTES;
    stxMem(patch.clear(), BPF_DW, BPF_REG_FP, BPF_REG_1, -env.stacks[0].depth);
    body = prepend(env, store.first());
  }
  patch.clear();
  if (hooks.before !== 0) {
    genOperationPrologue(patch, hooks.before);
  } else if (facts.seenDirectWrite && program.type !== PROG_TYPE.STRUCT_OPS) {
    if (!hasPrologue(program.type))
      throw new FixupError(`${progTypeName(program.type)} programs cannot write to packet data`);
    genPrologue(patch, profile, program.type);
  }
  if (patch.length !== 0) body = prepend(env, store.first());
  if (body !== store.first() && profile.contexts.jumpsSkipPrologue) store.skipPrologue(store.first(), body);
  return body;
}

/** Puts the patch in front of the instruction at `pos`; returns the position of that. */
function prepend({ store, patcher, patch }: FixupEnv, pos: Pos): Pos {
  patch.pushReplaced(store.word0(pos), store.word1(pos));
  return patcher.replace(pos, patch);
}

/** The exits of the main function, the first of which makes way for the epilogue. */
class Exits {
  private found = 0;
  private readonly end: number;

  constructor(
    private readonly env: FixupEnv,
    private readonly epilogue: number,
  ) {
    this.end = env.program.subprogs.at(1)?.start ?? env.program.insns.length / 2;
  }

  /** Position of what is last in place of the exit at `pos`; undefined when that is none, or stays. */
  replaced(pos: Pos): Pos | undefined {
    const { store, patcher, patch, stacks } = this.env;
    if (codeOf(store.word0(pos)) !== (BPF_JMP | BPF_EXIT)) return undefined;
    const slot = store.aux(pos, AUX_ORIG) - 1;
    if (slot >= this.end) return undefined;
    if (this.found++ > 0)
      throw new FixupError(`insn ${slot}: a second exit of a program with an epilogue is not supported`);
    genOperationEpilogue(patch.clear(), this.epilogue, -stacks[0].depth);
    return patcher.replace(pos, patch);
  }
}

/**
 * Does a tc program look at what kind of time stamp a packet has? Then it sees and sets time stamps as they are
 * (`tstamp_type_access`, set by `tc_cls_act_is_valid_access()` for any access that the check has seen).
 */
function readsTstampType({ store, program }: FixupEnv): boolean {
  if (program.type !== PROG_TYPE.SCHED_CLS && program.type !== PROG_TYPE.SCHED_ACT) return false;
  const offset = SK_BUFF.at('tstamp_type');
  for (let pos = store.first(); pos !== NONE; pos = store.next(pos)) {
    const w0 = store.word0(pos);
    if (offOf(w0) === offset && classOf(w0) === BPF_LDX && store.aux(pos, AUX_PTR_TYPE) === PTR_TO_CTX)
      return true;
  }
  return false;
}

/** Converts one instruction if it needs it; returns the position of what is last in its place. */
function convertInsn(env: FixupEnv, tables: readonly (FieldTable | undefined)[], pos: Pos): Pos {
  const { store } = env;
  const w0 = store.word0(pos);
  const code = codeOf(w0);
  const cls = classOf(code);
  const mode = modeOf(code);
  if (cls === BPF_LDX) {
    if (mode !== BPF_MEM && (mode !== BPF_MEMSX || sizeOf(code) === BPF_DW)) return pos;
  } else if (cls === BPF_STX || cls === BPF_ST) {
    if (mode === BPF_ATOMIC && cls === BPF_STX) {
      convertAtomic(env, pos, w0);
      return pos;
    }
    if (mode !== BPF_MEM) return pos;
    if ((store.aux(pos, AUX_FLAGS) & FLAG_SANITIZE_STACK_SPILL) !== 0) return addBarrier(env, pos, w0);
  } else {
    return pos;
  }

  const pointer = store.aux(pos, AUX_PTR_TYPE);
  switch (pointer) {
    case PTR_TO_BTF_ID_PROBED:
      if (cls === BPF_LDX) {
        const probe = mode === BPF_MEM ? BPF_PROBE_MEM : BPF_PROBE_MEMSX;
        store.setWords(pos, withCode(w0, BPF_LDX | probe | sizeOf(code)), store.word1(pos));
      }
      return pos;
    case PTR_TO_ARENA:
      convertArena(env, pos, w0);
      return pos;
    default: {
      const table = tables[pointer];
      return table === undefined ? pos : convertAccess(env, table, pos, w0);
    }
  }
}

/** Loads and stores of an arena get opcodes of their own. */
function convertArena({ store, profile }: FixupEnv, pos: Pos, w0: number): void {
  const signed = modeOf(w0) === BPF_MEMSX;
  if (signed && !profile.contexts.arenaSignedLoads) {
    const slot = store.aux(pos, AUX_ORIG) - 1;
    throw new FixupError(`insn ${slot}: sign extending loads from arena are not supported`);
  }
  const mode = signed ? BPF_PROBE_MEM32SX : BPF_PROBE_MEM32;
  store.setWords(pos, withCode(w0, classOf(w0) | mode | sizeOf(w0)), store.word1(pos));
}

/** Atomics on an arena get an opcode of their own; all others stay. */
function convertAtomic({ store }: FixupEnv, pos: Pos, w0: number): void {
  if (store.aux(pos, AUX_PTR_TYPE) !== PTR_TO_ARENA) return;
  store.setWords(pos, withCode(w0, BPF_STX | BPF_PROBE_ATOMIC | sizeOf(w0)), store.word1(pos));
}

/** A spill that speculation could bypass is followed by a barrier. */
function addBarrier({ store, patcher, patch }: FixupEnv, pos: Pos, w0: number): Pos {
  patch.clear().pushReplaced(w0, store.word1(pos));
  nospec(patch);
  return patcher.replace(pos, patch);
}

function convertAccess(env: FixupEnv, table: FieldTable, pos: Pos, w0: number): Pos {
  const { store, patcher, access } = env;
  const patch = env.patch.clear();
  const code = codeOf(w0);
  const bytes = bytesOf(sizeOf(code));
  const fieldSize = store.aux(pos, AUX_CTX_FIELD_SIZE);
  const offset = offOf(w0);
  const narrow = bytes < fieldSize;

  access.write = classOf(code) !== BPF_LDX;
  access.code = code;
  access.dst = dstOf(w0);
  access.src = srcOf(w0);
  access.off = offset;
  access.imm = store.word1(pos);
  access.targetSize = 0;
  if (narrow) {
    // The whole field is loaded and the part cut from it.
    const size = fieldSize === 4 ? BPF_W : fieldSize === 8 ? BPF_DW : BPF_H;
    access.code = BPF_LDX | BPF_MEM | size;
    access.off = offset & ~(fieldSize - 1);
  }

  table.convert(access);
  if (patch.length === 0 || (narrow && access.write) || (fieldSize !== 0 && access.targetSize === 0))
    throw notConverted(env, pos, table, offset, bytes, access.write);

  if (narrow && bytes < access.targetSize) {
    const shift = (offset & (fieldSize - 1)) * 8;
    if (shift !== 0) {
      if (fieldSize <= 4) alu32Imm(patch, BPF_RSH, access.dst, shift);
      else alu64Imm(patch, BPF_RSH, access.dst, shift);
    }
    alu32Imm(patch, BPF_AND, access.dst, bytes === 4 ? -1 : (1 << (bytes * 8)) - 1);
  }
  if (modeOf(code) === BPF_MEMSX) movsx64Reg(patch, access.dst, access.dst, bytes * 8);
  return patcher.replace(pos, patch);
}

function notConverted(
  { store, program }: FixupEnv,
  pos: Pos,
  table: FieldTable,
  offset: number,
  bytes: number,
  write: boolean,
): FixupError {
  const slot = store.aux(pos, AUX_ORIG) - 1;
  const what = `${write ? 'store' : 'load'} of ${bytes} bytes at offset ${offset} (${table.fieldName(offset)})`;
  return new FixupError(`insn ${slot}: ${progTypeName(program.type)}: no conversion for the ${what}`);
}
