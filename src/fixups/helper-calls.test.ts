import { describe, expect, it } from 'vitest';
import * as b from '../isa/builders.js';
import * as op from '../isa/opcodes.js';
import { BPF_F_SLEEPABLE, MAP_TYPE, PROG_TYPE } from '../kernel/types.js';
import { helperId } from '../kernel/helper-ids.js';
import { profileOf } from '../kernel/index.js';
import { listing, runPass, type PassCase } from '../testing/fixup-harness.js';
import {
  AUX_FLAGS,
  AUX_MAP,
  AUX_MAP_KEY,
  AUX_MAP_KEY_STATE,
  FLAG_STORAGE_GET_ATOMIC,
  FLAG_SYMBOL_ADDRESS,
  MAP_KEY_CONST,
  MAP_KEY_POISONED,
  MAP_POISONED,
} from '../verifier/facts.js';
import { doMiscFixups } from './misc-fixups.js';

/** `call helper; exit` through the misc fixups, with the map of the call known unless `aux` says otherwise. */
function called(helper: string, given: Partial<PassCase> = {}) {
  return runPass(doMiscFixups, {
    insns: (out) => {
      b.callHelper(out, helperId(helper));
      b.exit(out);
    },
    aux: { 0: { [AUX_MAP]: 1 } },
    ...given,
  });
}

const profile = profileOf('6.12');
const HASH_VALUE = profile.member('htab_elem', 'key').offset;

describe('map lookups', () => {
  it('in a hash take three instructions', () => {
    const { insns, env } = called('map_lookup_elem', { maps: [{ type: MAP_TYPE.HASH, keySize: 12 }] });
    expect(insns).toEqual(
      listing((out) => {
        b.callHelper(out, 1);
        b.jmpImm(out, op.BPF_JEQ, 0, 0, 1);
        b.alu64Imm(out, op.BPF_ADD, 0, HASH_VALUE + 16);
        b.exit(out);
      }),
    );
    expect(env.symbols.name(1)).toBe('__htab_map_lookup_elem');
  });

  it('in an array compute the address, shifting where the element size is a power of two', () => {
    const value = profile.member('bpf_array', 'value').offset;
    const expected = (scale: (out: b.InsnSink) => void): string[] =>
      listing((out) => {
        b.alu64Imm(out, op.BPF_ADD, 1, value);
        b.ldxMem(out, op.BPF_W, 0, 2, 0);
        b.jmpImm(out, op.BPF_JGE, 0, 100, 3);
        scale(out);
        b.alu64Reg(out, op.BPF_ADD, 0, 1);
        b.jmpA(out, 1);
        b.mov64Imm(out, 0, 0);
        b.exit(out);
      });
    const array = { type: MAP_TYPE.ARRAY, maxEntries: 100 };
    expect(called('map_lookup_elem', { maps: [{ ...array, valueSize: 13 }] }).insns).toEqual(
      expected((out) => b.alu64Imm(out, op.BPF_LSH, 0, 4)),
    );
    expect(called('map_lookup_elem', { maps: [{ ...array, valueSize: 24 }] }).insns).toEqual(
      expected((out) => b.alu64Imm(out, op.BPF_MUL, 0, 24)),
    );
  });

  it('mark an LRU element as used only where it is not', () => {
    const ref = profile.member('htab_elem', 'lru_node').offset + profile.member('bpf_lru_node', 'ref').offset;
    expect(called('map_lookup_elem', { maps: [{ type: MAP_TYPE.LRU_HASH, keySize: 8 }] }).insns).toEqual(
      listing((out) => {
        b.callHelper(out, 1);
        b.jmpImm(out, op.BPF_JEQ, 0, 0, 4);
        b.ldxMem(out, op.BPF_B, 1, 0, ref);
        b.jmpImm(out, op.BPF_JNE, 1, 0, 1);
        b.stMem(out, op.BPF_B, 0, ref, 1);
        b.alu64Imm(out, op.BPF_ADD, 0, HASH_VALUE + 8);
        b.exit(out);
      }),
    );
  });

  it('in per-cpu maps end in a per-cpu move', () => {
    const hash = called('map_lookup_elem', { maps: [{ type: MAP_TYPE.PERCPU_HASH }] });
    expect(hash.insns.slice(3, 5)).toEqual(
      listing((out) => {
        b.ldxMem(out, op.BPF_DW, 0, 0, 0);
        b.movPercpu(out, 0, 0);
      }),
    );
    const array = called('map_lookup_elem', { maps: [{ type: MAP_TYPE.PERCPU_ARRAY, maxEntries: 7 }] });
    expect(array.insns).toHaveLength(10);
    expect(array.insns[2]).toBe(listing((out) => b.jmpImm(out, op.BPF_JGE, 0, 7, 5))[0]);
  });

  it('in maps of maps load the inner map behind the element', () => {
    expect(called('map_lookup_elem', { maps: [{ type: MAP_TYPE.HASH_OF_MAPS }] }).insns).toHaveLength(5);
    expect(called('map_lookup_elem', { maps: [{ type: MAP_TYPE.ARRAY_OF_MAPS }] }).insns).toHaveLength(10);
  });

  it('stay a call of the map operation where the type has no in-line form, and count no patch', () => {
    const { insns, env } = called('map_lookup_elem', { maps: [{ type: MAP_TYPE.LPM_TRIE }] });
    expect(insns).toHaveLength(2);
    expect(env.symbols.name(1)).toBe('trie_lookup_elem');
    expect(env.patcher.counts.patches).toBe(0);
  });

  it('stay a call of the helper where paths disagree about the map', () => {
    const { env } = called('map_lookup_elem', { maps: [{}], aux: { 0: { [AUX_MAP]: MAP_POISONED } } });
    expect(env.symbols.name(1)).toBe('bpf_map_lookup_elem');
  });
});

describe('other map operations', () => {
  it('call the map type’s own function', () => {
    expect(called('map_update_elem', { maps: [{ type: MAP_TYPE.HASH }] }).env.symbols.name(1)).toBe(
      'htab_map_update_elem',
    );
    expect(called('map_delete_elem', { maps: [{ type: MAP_TYPE.LRU_HASH }] }).env.symbols.name(1)).toBe(
      'htab_lru_map_delete_elem',
    );
  });
});

describe('tail calls', () => {
  const program = { maps: [{ type: MAP_TYPE.PROG_ARRAY }] };
  const tailCall = (imm: number): string =>
    listing((out) => b.rawInsn(out, op.BPF_JMP | op.BPF_TAIL_CALL, 0, 0, 0, imm))[0];

  it('with a known key get a poke descriptor', () => {
    const aux = { 0: { [AUX_MAP]: 1, [AUX_MAP_KEY_STATE]: MAP_KEY_CONST, [AUX_MAP_KEY]: 5 } };
    const { insns, linear } = called('tail_call', { ...program, aux });
    expect(insns[0]).toBe(tailCall(1));
    expect(linear.pokes).toEqual([{ map: 0, key: 5, slot: 0 }]);
  });

  it('with an unknown key or under blinding get none', () => {
    const unknown = { 0: { [AUX_MAP]: 1, [AUX_MAP_KEY_STATE]: MAP_KEY_POISONED } };
    expect(called('tail_call', { ...program, aux: unknown }).insns[0]).toBe(tailCall(0));
    const known = { 0: { [AUX_MAP]: 1, [AUX_MAP_KEY_STATE]: MAP_KEY_CONST } };
    const blinded = called('tail_call', { ...program, aux: known, options: { blindConstants: true } });
    expect(blinded.linear.pokes).toEqual([]);
  });
});

describe('helpers in line', () => {
  it('load jiffies from its address, which stays marked as one', () => {
    const { linear, insns, env } = called('jiffies64');
    expect(insns).toHaveLength(4);
    expect(linear.aux[AUX_FLAGS]).toBe(FLAG_SYMBOL_ADDRESS);
    expect(env.symbols.name(linear.insns[1])).toBe('jiffies');
  });

  it('read the processor number from per-cpu memory', () => {
    const { insns, linear } = called('get_smp_processor_id');
    expect(insns.slice(1, 3)).toEqual(
      listing((out) => {
        b.movPercpu(out, 0, 0);
        b.ldxMem(out, op.BPF_W, 0, 0, 0);
      }),
    );
    expect(linear.aux[AUX_FLAGS]).toBe(FLAG_SYMBOL_ADDRESS);
  });
});

describe('arguments added to calls', () => {
  const gfp = (value: number): string => listing((out) => b.mov64Imm(out, 5, value))[0];
  const storage = { type: PROG_TYPE.LSM, maps: [{ type: MAP_TYPE.TASK_STORAGE }] };

  it('tell storage helpers how to allocate', () => {
    expect(called('task_storage_get', storage).insns[0]).toBe(gfp(0x820));
    expect(called('task_storage_get', { ...storage, flags: BPF_F_SLEEPABLE }).insns[0]).toBe(gfp(0xcc0));
    const inRcuSection = { 0: { [AUX_MAP]: 1, [AUX_FLAGS]: FLAG_STORAGE_GET_ATOMIC } };
    expect(
      called('task_storage_get', { ...storage, flags: BPF_F_SLEEPABLE, aux: inRcuSection }).insns[0],
    ).toBe(gfp(0x820));
  });
});
