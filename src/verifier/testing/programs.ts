/** Objects and programs put together by hand, for tests. */
import { exit, InsnList, mov64Imm } from '../../isa/builders.js';
import { profileOf } from '../../kernel/index.js';
import { MAP_TYPE, PROG_TYPE } from '../../kernel/types.js';
import type { BpfObject, BpfProgram, MapDef, Subprog } from '../../object/program.js';
import { PLAIN_MAP } from '../../testing/plain-map.js';
import { AUX_SEEN } from '../../../strategies/store.js';
import type { Facts } from '../facts.js';
import { check } from '../index.js';
import type { CheckResult } from '../index.js';

export const profile = profileOf('6.12');

/** A hash map with 4-byte keys and 8-byte values, unless told otherwise. */
export function map(overrides: Partial<MapDef> = {}): MapDef {
  return { ...PLAIN_MAP, ...overrides };
}

/** A `.rodata` of the given bytes. */
export function rodata(contents: readonly number[]): MapDef {
  return map({
    name: 'prog.rodata',
    type: MAP_TYPE.ARRAY,
    valueSize: contents.length,
    maxEntries: 1,
    // BPF_F_RDONLY_PROG
    flags: 1 << 7,
    contents: Uint8Array.from(contents),
    frozen: true,
  });
}

export interface ProgramParts {
  /** Appends the instructions. */
  readonly build: (out: InsnList) => void;
  readonly maps?: readonly MapDef[];
  readonly type?: number;
  readonly attachType?: number;
  /** Starts of the subprograms behind the main one. */
  readonly subprogs?: readonly number[];
}

/** The words of an instruction list as a program of an object of its own; socket filter when no type is given. */
export function program({
  build,
  maps = [],
  type = PROG_TYPE.SOCKET_FILTER,
  attachType = 0,
  subprogs = [],
}: ProgramParts): {
  object: BpfObject;
  program: BpfProgram;
} {
  const out = new InsnList();
  build(out);
  const made: BpfProgram = {
    name: 'main',
    section: 'test',
    type,
    attachType,
    flags: 0,
    attachTarget: '',
    insns: out.words(),
    subprogs: [0, ...subprogs].map((start, i): Subprog => ({ name: `f${i}`, start, global: false })),
    lineInfo: [],
    funcInfo: [],
  };
  return {
    object: { fileName: 'test.o', license: 'GPL', maps, programs: [made], failures: [] },
    program: made,
  };
}

/** How most of these programs end. */
export function returnZero(out: InsnList): void {
  mov64Imm(out, 0, 0);
  exit(out);
}

/** Checks the program for 6.12. */
export function checked(parts: ProgramParts): CheckResult {
  const { object, program: made } = program(parts);
  return check(object, made, profile);
}

/** Slots that no path reached. */
export function deadSlots({ aux, auxWords }: Facts): number[] {
  const dead: number[] = [];
  for (let slot = 0; slot < aux.length / auxWords; slot++) {
    if (aux[slot * auxWords + AUX_SEEN] === 0) dead.push(slot);
  }
  return dead;
}

/** A word of a slot's record. */
export function auxOf({ aux, auxWords }: Facts, slot: number, word: number): number {
  return aux[slot * auxWords + word];
}
