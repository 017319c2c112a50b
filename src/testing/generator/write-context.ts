/** Accesses to the context and to packets. */
import {
  alu64Imm,
  jmpReg,
  ldAbs,
  ldInd,
  ldxMem,
  ldxMemsx,
  mov64Imm,
  mov64Reg,
  stxMem,
} from '../../isa/builders.js';
import { BPF_ADD, BPF_DW, BPF_JGT, BPF_REG_FP, BPF_W } from '../../isa/opcodes.js';
import { VALUE } from './frame.js';
import { reg, type FunctionWriter } from './function-writer.js';
import type { Statement } from './model.js';
import { sizeBits, writeUse } from './write-memory.js';

type Of<Do extends Statement['do']> = Extract<Statement, { do: Do }>;

export function writeContextLoad(writer: FunctionWriter, { draw, left }: Of<'context-load'>): void {
  const { loads } = writer.setting;
  if (!writer.hasContext || loads.length === 0) return;
  const { offset, bytes, signed } = loads[draw % loads.length];
  writer.putContext(1);
  (signed ? ldxMemsx : ldxMem)(writer.code, sizeBits(bytes), reg(left), 1, offset);
}

export function writeContextStore(writer: FunctionWriter, { draw, value }: Of<'context-store'>): void {
  const { stores } = writer.setting;
  if (!writer.hasContext || stores.length === 0) return;
  const { offset, bytes } = stores[draw % stores.length];
  writer.putContext(1);
  if (value.kind === 'variable') mov64Reg(writer.code, 2, reg(value.variable));
  // Some fields take only numbers of their own width.
  else mov64Imm(writer.code, 2, value.value & 0x7f);
  stxMem(writer.code, sizeBits(bytes), 1, 2, offset);
}

/** Access to the packet's first bytes, behind the comparison with its end. */
export function writePacket(writer: FunctionWriter, { bytes, use }: Of<'packet'>): void {
  const { code, setting } = writer;
  const { packet } = setting;
  if (!writer.hasContext || packet === undefined) return;
  writer.putContext(1);
  ldxMem(code, BPF_W, 2, 1, packet.data);
  ldxMem(code, BPF_W, 3, 1, packet.end);
  mov64Reg(code, 4, 2);
  alu64Imm(code, BPF_ADD, 4, bytes);
  const short = code.jump((out) => {
    jmpReg(out, BPF_JGT, 4, 3, 0);
  });
  writeUse(writer, use, { base: 2, from: 0, bytes, writable: packet.writable, atomics: false });
  code.land(short);
}

/** Load by offset: R6 must hold the context, and the function ends where the packet is too short. */
export function writePacketLoad(writer: FunctionWriter, statement: Of<'packet-load'>): void {
  const { code, setting } = writer;
  const { size, offset, index } = statement;
  if (writer.role !== 'main' || !setting.packetLoads) return;
  stxMem(code, BPF_DW, BPF_REG_FP, 6, VALUE);
  if (index !== undefined) mov64Reg(code, 7, reg(index));
  writer.putContext(6);
  if (index === undefined) ldAbs(code, size, offset);
  else ldInd(code, size, 7, offset);
  ldxMem(code, BPF_DW, 6, BPF_REG_FP, VALUE);
  mov64Reg(code, reg(statement.left), 0);
}
