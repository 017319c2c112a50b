/** Branches, loops and calls. */
import {
  alu64Imm,
  callHelper,
  callSubprog,
  gotol,
  jmp32Imm,
  jmp32Reg,
  jmpA,
  jmpImm,
  jmpReg,
  ldFunc,
  ldMapFd,
  ldMapValue,
  ldxMem,
  mayGoto,
  mov64Imm,
  mov64Reg,
  stMem,
  stxMem,
} from '../../isa/builders.js';
import { BPF_ADD, BPF_AND, BPF_DW, BPF_JEQ, BPF_JLT, BPF_JNE, BPF_REG_FP, BPF_W } from '../../isa/opcodes.js';
import { helperId } from '../../kernel/helper-ids.js';
import { COUNTERS, placeOffset, PLACES, SHARED_PLACE } from './frame.js';
import { get_prandom_u32, reg, type FunctionWriter } from './function-writer.js';
import { RODATA, mapIndex } from './maps.js';
import type { Comparison, Statement, Variable } from './model.js';

type Of<Do extends Statement['do']> = Extract<Statement, { do: Do }>;

/** Writes the statements of a body. */
export type WriteBody = (body: readonly Statement[]) => void;

const VARIABLES: readonly Variable[] = [0, 1, 2, 3];
const bpf_loop = helperId('loop');
const tail_call = helperId('tail_call');

/** Writes the jump and returns its slot. */
function compare({ code }: FunctionWriter, { op, wide, left, right }: Comparison): number {
  return code.jump((out) => {
    if (right.kind === 'variable') (wide ? jmpReg : jmp32Reg)(out, op, reg(left), reg(right.variable), 0);
    else (wide ? jmpImm : jmp32Imm)(out, op, reg(left), right.value, 0);
  });
}

/** A plain jump whose target comes later, by `gotol` where asked for and where there is one. */
function leap({ code, setting }: FunctionWriter, far: boolean): number {
  return code.jump((out) => {
    if (far && setting.newInsns) gotol(out, 0);
    else jmpA(out, 0);
  });
}

export function writeIf(writer: FunctionWriter, statement: Of<'if'>, body: WriteBody): void {
  const { code } = writer;
  const yes = compare(writer, statement.comparison);
  body(statement.no);
  const end = leap(writer, statement.far);
  code.land(yes);
  body(statement.yes);
  if (statement.returns) writer.leave();
  code.land(end);
}

/** A branch of which the check sees only one side. */
export function writeDead(writer: FunctionWriter, { by, target, body }: Of<'dead'>, write: WriteBody): void {
  const { code } = writer;
  let known = 5;
  if (by === 'constant') {
    mov64Imm(code, 1, known);
  } else {
    known = RODATA[body.length % RODATA.length];
    ldMapValue(code, 1, mapIndex('prog.rodata'), 4 * (body.length % RODATA.length));
    ldxMem(code, BPF_W, 1, 1, 0);
  }
  const jump = code.jump((out) => {
    jmpImm(out, target ? BPF_JNE : BPF_JEQ, 1, known, 0);
  });
  if (!target) {
    write(body);
    code.land(jump);
    return;
  }
  const over = leap(writer, false);
  code.land(jump);
  write(body);
  code.land(over);
}

export function writeNop(writer: FunctionWriter, { far }: Of<'nop'>): void {
  writer.code.land(leap(writer, far));
}

/** Counts on the stack, so that the body can do what it likes; inside two loops the body is written once. */
export function writeLoop(writer: FunctionWriter, { turns, body }: Of<'loop'>, write: WriteBody): void {
  const { code } = writer;
  const counter = COUNTERS.at(writer.loopDepth);
  if (counter === undefined) {
    write(body);
    return;
  }
  stMem(code, BPF_DW, BPF_REG_FP, counter, 0);
  const top = code.length;
  writer.loopDepth++;
  write(body);
  writer.loopDepth--;
  ldxMem(code, BPF_DW, 1, BPF_REG_FP, counter);
  alu64Imm(code, BPF_ADD, 1, 1);
  stxMem(code, BPF_DW, BPF_REG_FP, 1, counter);
  code.land(
    code.jump((out) => {
      jmpImm(out, BPF_JLT, 1, turns, 0);
    }),
    top,
  );
}

/** A loop that may end at any turn, and ends by itself at a random one. */
export function writeMayGoto(writer: FunctionWriter, { mask, body }: Of<'may-goto'>, write: WriteBody): void {
  const { code } = writer;
  if (!writer.setting.profile.features.mayGoto || writer.isCallback || writer.loopDepth > 0) {
    write(body);
    return;
  }
  writer.blur(VARIABLES, PLACES);
  const top = code.length;
  const budget = code.jump((out) => {
    mayGoto(out, 0);
  });
  writer.loopDepth = COUNTERS.length;
  write(body);
  writer.loopDepth = 0;
  writer.blur(VARIABLES, PLACES);
  callHelper(code, get_prandom_u32);
  alu64Imm(code, BPF_AND, 0, mask);
  code.land(
    code.jump((out) => {
      jmpImm(out, BPF_JNE, 0, 0, 0);
    }),
    top,
  );
  code.land(budget);
}

export function writeTailCall(writer: FunctionWriter, { key }: Of<'tail-call'>): void {
  const { code } = writer;
  if (!writer.hasContext || !writer.offers(tail_call)) return;
  writer.putContext(1);
  ldMapFd(code, 2, mapIndex('programs'));
  writer.put(3, key);
  callHelper(code, tail_call);
}

export function writeCall(writer: FunctionWriter, { callee, left }: Of<'call'>): void {
  const { code, callees, role } = writer;
  // Main calls functions, these call leaves: three frames at most.
  const [name, count] =
    role === 'main'
      ? ['function', callees.functions]
      : role === 'function'
        ? ['leaf', callees.leaves]
        : ['', 0];
  if (count === 0) return;
  writer.putContext(1);
  mov64Reg(code, 2, reg(left));
  mov64Reg(code, 3, 7);
  code.refer(`${name}/${callee % count}`);
  callSubprog(code, 0);
  mov64Reg(code, reg(left), 0);
}

export function writeBpfLoop(writer: FunctionWriter, statement: Of<'bpf-loop'>): void {
  const { code, callees } = writer;
  if (callees.loopCallbacks === 0 || writer.isCallback || !writer.offers(bpf_loop)) return;
  writer.blur([], [SHARED_PLACE]);
  const callback = statement.callback % callees.loopCallbacks;
  if (callback >= callees.loopCallbacks - callees.unreachedCallbacks) {
    // Known to make no turn: the callback goes as dead code, while its address is still loaded.
    mov64Imm(code, 1, 0);
  } else if (statement.turns.kind === 'variable') {
    mov64Reg(code, 1, reg(statement.turns.variable));
    alu64Imm(code, BPF_AND, 1, 15);
    alu64Imm(code, BPF_ADD, 1, 1);
  } else {
    mov64Imm(code, 1, statement.turns.value);
  }
  code.refer(`loop-callback/${callback}`);
  ldFunc(code, 2, 0);
  writer.putAddress(3, placeOffset(SHARED_PLACE));
  if (statement.plain) {
    mov64Imm(code, 4, 0);
  } else {
    mov64Reg(code, 4, reg(statement.left));
    alu64Imm(code, BPF_AND, 4, 1);
  }
  callHelper(code, bpf_loop);
  mov64Reg(code, reg(statement.left), 0);
}
