/** Statements that only compute, and calls of helpers that only return a number. */
import {
  alu32Imm,
  alu32ImmOff,
  alu32Reg,
  alu32RegOff,
  alu64Imm,
  alu64ImmOff,
  alu64Reg,
  alu64RegOff,
  bswap,
  callHelper,
  ldImm64,
  ldxMem,
  mov32Imm,
  mov32Reg,
  mov64Imm,
  mov64Reg,
  movsx32Reg,
  movsx64Reg,
  neg32,
  neg64,
  stxMem,
  toBe,
  toLe,
} from '../../isa/builders.js';
import {
  BPF_ADD,
  BPF_AND,
  BPF_ARSH,
  BPF_DIV,
  BPF_DW,
  BPF_LSH,
  BPF_MOD,
  BPF_REG_FP,
  BPF_RSH,
  BPF_SUB,
} from '../../isa/opcodes.js';
import { helperId } from '../../kernel/helper-ids.js';
import { FASTCALL, placeOffset } from './frame.js';
import { reg, type FunctionWriter } from './function-writer.js';
import type { Statement } from './model.js';

type Of<Do extends Statement['do']> = Extract<Statement, { do: Do }>;

/** Helpers without arguments that return a number. */
const NUMBERS = [
  'get_prandom_u32',
  'ktime_get_ns',
  'get_smp_processor_id',
  'jiffies64',
  'get_current_pid_tgid',
  'get_current_uid_gid',
  'get_numa_node_id',
  'get_current_task',
].map(helperId);
/** Those whose call some release inlines and around which spills are taken away. */
const FASTCALL_NUMBERS = ['get_smp_processor_id', 'get_current_task', 'get_prandom_u32'].map(helperId);
const probe_read_kernel = helperId('probe_read_kernel');

const SHIFTS = new Set([BPF_LSH, BPF_RSH, BPF_ARSH]);
const DIVISIONS = new Set([BPF_DIV, BPF_MOD]);
const SWAP_BITS = [16, 32, 64] as const;
const EXTENSIONS = [8, 16, 32] as const;

export function writeArithmetic(writer: FunctionWriter, statement: Of<'arithmetic'>): void {
  const { code, setting } = writer;
  const { op, wide, right } = statement;
  const left = reg(statement.left);
  const off = statement.signed && DIVISIONS.has(op) && setting.newInsns ? 1 : 0;
  if (right.kind === 'variable') {
    const source = reg(right.variable);
    if (off === 0) (wide ? alu64Reg : alu32Reg)(code, op, left, source);
    else (wide ? alu64RegOff : alu32RegOff)(code, op, left, source, off);
    return;
  }
  const { value } = right;
  const imm = SHIFTS.has(op) ? value & (wide ? 63 : 31) : DIVISIONS.has(op) && value === 0 ? 3 : value;
  if (off === 0) (wide ? alu64Imm : alu32Imm)(code, op, left, imm);
  else (wide ? alu64ImmOff : alu32ImmOff)(code, op, left, imm, off);
}

/** Divides by a number that processors trap on as often as not. */
export function writeDivide(writer: FunctionWriter, { op, wide, left, signed }: Of<'divide'>): void {
  const { code, setting } = writer;
  callHelper(code, NUMBERS[0]);
  alu64Imm(code, BPF_AND, 0, 3);
  alu64Imm(code, BPF_SUB, 0, 1);
  (wide ? alu64RegOff : alu32RegOff)(code, op, reg(left), 0, signed && setting.newInsns ? 1 : 0);
}

export function writeConvert(writer: FunctionWriter, { form, wide, left, right, draw }: Of<'convert'>): void {
  const { code, setting } = writer;
  const dst = reg(left);
  const src = reg(right);
  const bits = SWAP_BITS[draw % 3];
  switch (form) {
    case 'move':
      (wide ? mov64Reg : mov32Reg)(code, dst, src);
      break;
    case 'sign-extend':
      if (!setting.newInsns) break;
      if (wide) movsx64Reg(code, dst, src, EXTENSIONS[draw % 3]);
      else movsx32Reg(code, dst, src, EXTENSIONS[draw % 2]);
      break;
    case 'negate':
      (wide ? neg64 : neg32)(code, dst);
      break;
    case 'swap':
      if (setting.newInsns) bswap(code, dst, bits);
      break;
    case 'little-endian':
      toLe(code, dst, bits);
      break;
    case 'big-endian':
      toBe(code, dst, bits);
      break;
  }
}

export function writeConstant({ code }: FunctionWriter, { left, low, high, wide }: Of<'constant'>): void {
  if (high !== undefined) ldImm64(code, reg(left), low, high);
  else (wide ? mov64Imm : mov32Imm)(code, reg(left), low);
}

export function writeHelper(writer: FunctionWriter, { draw, left }: Of<'helper'>): void {
  const helper = NUMBERS[draw % NUMBERS.length];
  callHelper(writer.code, writer.offers(helper) ? helper : NUMBERS[0]);
  mov64Reg(writer.code, reg(left), 0);
}

/** Arguments are spilled around a call that clobbers only R0 where it goes in line. */
export function writeFastcall(writer: FunctionWriter, { spilled, draw, left }: Of<'fastcall'>): void {
  const { code } = writer;
  const helper = FASTCALL_NUMBERS[draw % FASTCALL_NUMBERS.length];
  const registers = spilled === 1 ? [1] : [1, 2];
  for (const register of registers) mov64Reg(code, register, 5 + register);
  for (const register of registers) stxMem(code, BPF_DW, BPF_REG_FP, register, FASTCALL[register - 1]);
  callHelper(code, writer.offers(helper) ? helper : NUMBERS[0]);
  for (const register of registers.toReversed())
    ldxMem(code, BPF_DW, register, BPF_REG_FP, FASTCALL[register - 1]);
  for (const register of registers) alu64Reg(code, BPF_ADD, reg(left), register);
  alu64Reg(code, BPF_ADD, reg(left), 0);
}

export function writeProbe(writer: FunctionWriter, { place, address }: Of<'probe'>): void {
  const { code } = writer;
  if (!writer.offers(probe_read_kernel)) return;
  writer.putAddress(1, placeOffset(place));
  mov64Imm(code, 2, 8);
  mov64Reg(code, 3, reg(address));
  callHelper(code, probe_read_kernel);
}
