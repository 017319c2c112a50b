import { describe, expect, test } from 'vitest';
import {
  alu32Imm,
  alu64Imm,
  alu64Reg,
  callHelper,
  callSubprog,
  exit,
  jmpImm,
  jmpReg,
  ldAbs,
  ldFunc,
  ldMapFd,
  ldxMem,
  mov32Imm,
  mov32Reg,
  mov64Imm,
  mov64Reg,
  stMem,
  stxMem,
} from '../isa/builders.js';
import type { InsnList } from '../isa/builders.js';
import { BPF_ADD, BPF_B, BPF_DW, BPF_JEQ, BPF_JGT, BPF_W } from '../isa/opcodes.js';
import { helperId } from '../kernel/helper-ids.js';
import { MAP_TYPE, PROG_TYPE } from '../kernel/types.js';
import { AUX_ZEXT } from '../../strategies/store.js';
import {
  AUX_CTX_FIELD_SIZE,
  AUX_FASTCALL_SPILLS,
  AUX_LOOP_CALLBACK,
  AUX_MAP,
  AUX_MAP_KEY,
  AUX_MAP_KEY_STATE,
  AUX_PTR_TYPE,
  MAP_KEY_CONST,
  MAP_KEY_POISONED,
  MAP_POISONED,
  PTR_OTHER,
  PTR_TO_CTX,
  PTR_TO_SOCK_COMMON,
} from './facts.js';
import { auxOf, checked, deadSlots, map, returnZero } from './testing/programs.js';

const map_lookup_elem = helperId('map_lookup_elem');
const get_prandom_u32 = helperId('get_prandom_u32');
const get_smp_processor_id = helperId('get_smp_processor_id');
const tail_call = helperId('tail_call');
const loop = helperId('loop');

describe('what accesses and calls leave', () => {
  test('context loads have the pointer type and, narrowed, the size of the field', () => {
    const { facts } = checked({
      build: (out) => {
        ldxMem(out, BPF_W, 0, 1, 0);
        ldxMem(out, BPF_B, 0, 1, 8);
        stxMem(out, BPF_DW, 10, 0, -8);
        returnZero(out);
      },
    });
    expect([0, 1, 2].map((slot) => auxOf(facts, slot, AUX_PTR_TYPE))).toEqual([
      PTR_TO_CTX,
      PTR_TO_CTX,
      PTR_OTHER,
    ]);
    expect(auxOf(facts, 1, AUX_CTX_FIELD_SIZE)).toBe(4);
  });

  test('loads through a socket of the context have its type', () => {
    const skOff = 168;
    const { facts } = checked({
      type: PROG_TYPE.SCHED_CLS,
      build: (out) => {
        ldxMem(out, BPF_DW, 2, 1, skOff);
        jmpImm(out, BPF_JEQ, 2, 0, 1);
        ldxMem(out, BPF_W, 0, 2, 4);
        returnZero(out);
      },
    });
    expect(facts.unknowns).toEqual([]);
    expect(auxOf(facts, 2, AUX_PTR_TYPE)).toBe(PTR_TO_SOCK_COMMON);
  });

  test('a call has the map that reaches it, or is poisoned by two', () => {
    const build = (second: number) => (out: InsnList) => {
      stMem(out, BPF_W, 10, -4, 0);
      callHelper(out, get_prandom_u32);
      ldMapFd(out, 1, 0);
      jmpImm(out, BPF_JEQ, 0, 0, 2);
      ldMapFd(out, 1, second);
      mov64Reg(out, 2, 10);
      alu64Imm(out, BPF_ADD, 2, -4);
      callHelper(out, map_lookup_elem);
      returnZero(out);
    };
    const maps = [map(), map({ name: 'other' })];
    expect(auxOf(checked({ build: build(0), maps }).facts, 9, AUX_MAP)).toBe(1);
    expect(auxOf(checked({ build: build(1), maps }).facts, 9, AUX_MAP)).toBe(MAP_POISONED);
  });

  test('a tail call has its constant key, or is poisoned by two, or by one out of range', () => {
    const maps = [map({ type: MAP_TYPE.PROG_ARRAY, valueSize: 4, maxEntries: 8 })];
    const build = (first: number, second: number) => (out: InsnList) => {
      mov64Reg(out, 6, 1);
      callHelper(out, get_prandom_u32);
      mov64Imm(out, 3, first);
      jmpImm(out, BPF_JEQ, 0, 0, 1);
      mov64Imm(out, 3, second);
      mov64Reg(out, 1, 6);
      ldMapFd(out, 2, 0);
      callHelper(out, tail_call);
      returnZero(out);
    };
    const keyOf = (first: number, second: number): number[] => {
      const { facts } = checked({ build: build(first, second), maps });
      return [auxOf(facts, 8, AUX_MAP_KEY_STATE), auxOf(facts, 8, AUX_MAP_KEY)];
    };
    expect(keyOf(3, 3)).toEqual([MAP_KEY_CONST, 3]);
    expect(keyOf(3, 4)[0]).toBe(MAP_KEY_POISONED);
    expect(keyOf(8, 8)[0]).toBe(MAP_KEY_POISONED);
  });

  test('bpf_loop without flags and with one callback can be inlined', () => {
    const build = (flags: number) => (out: InsnList) => {
      mov64Imm(out, 1, 10);
      ldFunc(out, 2, 6);
      mov64Imm(out, 3, 0);
      mov64Imm(out, 4, flags);
      callHelper(out, loop);
      returnZero(out);
      returnZero(out);
    };
    expect(auxOf(checked({ build: build(0), subprogs: [8] }).facts, 5, AUX_LOOP_CALLBACK)).toBe(2);
    expect(auxOf(checked({ build: build(1), subprogs: [8] }).facts, 5, AUX_LOOP_CALLBACK)).toBe(0);
  });

  test('a 32-bit definition is marked when all 64 bits are read', () => {
    const { facts } = checked({
      build: (out) => {
        mov32Imm(out, 1, 1);
        mov32Imm(out, 2, 1);
        alu32Imm(out, BPF_ADD, 2, 1);
        alu64Reg(out, BPF_ADD, 1, 1);
        mov32Reg(out, 0, 2);
        exit(out);
      },
    });
    expect([0, 1, 2, 4].map((slot) => auxOf(facts, slot, AUX_ZEXT))).toEqual([1, 0, 0, 1]);
  });

  test('the spills around an inlined fastcall helper can go while nothing else uses their slots', () => {
    const build = (other: boolean) => (out: InsnList) => {
      mov64Imm(out, 1, 1);
      stxMem(out, BPF_DW, 10, 1, -16);
      callHelper(out, get_smp_processor_id);
      ldxMem(out, BPF_DW, 1, 10, -16);
      if (other) ldxMem(out, BPF_DW, 2, 10, -16);
      else stMem(out, BPF_DW, 10, -8, 0);
      returnZero(out);
    };
    const type = PROG_TYPE.RAW_TRACEPOINT;
    const alone = checked({ build: build(false), type }).facts;
    expect(auxOf(alone, 2, AUX_FASTCALL_SPILLS)).toBe(1);
    expect(alone.subprogs[0]).toEqual({ stackDepth: 16, fastcallStackOff: -8, keepFastcallStack: false });
    expect(auxOf(checked({ build: build(true), type }).facts, 2, AUX_FASTCALL_SPILLS)).toBe(0);
  });

  test('writes into the packet, and not reads, ask for the prologue', () => {
    const build = (write: boolean) => (out: InsnList) => {
      ldxMem(out, BPF_W, 2, 1, 76);
      ldxMem(out, BPF_W, 3, 1, 80);
      mov64Reg(out, 4, 2);
      alu64Imm(out, BPF_ADD, 4, 1);
      jmpReg(out, BPF_JGT, 4, 3, 1);
      if (write) stxMem(out, BPF_B, 2, 4, 0);
      else ldxMem(out, BPF_B, 4, 2, 0);
      returnZero(out);
    };
    expect(checked({ build: build(false), type: PROG_TYPE.SCHED_CLS }).facts.seenDirectWrite).toBe(false);
    expect(checked({ build: build(true), type: PROG_TYPE.SCHED_CLS }).facts.seenDirectWrite).toBe(true);
  });

  test('stack depth is that of each subprogram', () => {
    const { facts } = checked({
      build: (out) => {
        stMem(out, BPF_DW, 10, -24, 0);
        callSubprog(out, 2);
        returnZero(out);
        stMem(out, BPF_B, 10, -1, 0);
        returnZero(out);
      },
      subprogs: [4],
    });
    expect(facts.subprogs.map(({ stackDepth }) => stackDepth)).toEqual([24, 8]);
  });

  test('what is not known is said, with its slot', () => {
    const { facts } = checked({
      type: PROG_TYPE.TRACING,
      attachType: 24,
      build: (out) => {
        ldxMem(out, BPF_DW, 1, 1, 0);
        ldxMem(out, BPF_DW, 1, 1, 16);
        returnZero(out);
      },
    });
    expect(facts.unknowns).toHaveLength(1);
    expect(facts.unknowns[0]).toMatch(/^insn 1: /);
  });

  test('packet loads keep R6 to R9 and end the subprogram they are in', () => {
    const { facts } = checked({
      build: (out) => {
        mov64Reg(out, 6, 1);
        mov64Imm(out, 7, 1);
        ldAbs(out, BPF_B, 0);
        jmpImm(out, BPF_JEQ, 7, 1, 1);
        mov64Imm(out, 0, 1);
        returnZero(out);
      },
    });
    expect(deadSlots(facts)).toEqual([4]);
    expect(auxOf(facts, 2, AUX_ZEXT)).toBe(0);
  });
});
