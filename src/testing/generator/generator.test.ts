import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { deriveFacts } from '../../verifier/index.js';
import { generatedPrograms, KIND_NAMES, type GeneratedProgram } from './index.js';
import { RELEASES } from '../../kernel/index.js';
import { classOf, codeOf, opOf, srcOf } from '../../isa/insn.js';
import {
  BPF_ALU,
  BPF_ALU64,
  BPF_ATOMIC,
  BPF_CALL,
  BPF_DIV,
  BPF_JCOND,
  BPF_JMP,
  BPF_JMP32,
  BPF_LD,
  BPF_MOD,
  BPF_PSEUDO_CALL,
  BPF_PSEUDO_FUNC,
  BPF_STX,
  LD_IMM64,
} from '../../isa/opcodes.js';
import { AUX_FASTCALL_SPILLS, AUX_LOOP_CALLBACK, AUX_MAP_KEY_STATE } from '../../verifier/facts.js';
import { AUX_SEEN } from '../../../strategies/store.js';

/** Enough for every feature to come by some times. */
const CASES = 300;

/** What of the language a program has. */
function features({ program, object, profile }: GeneratedProgram): Set<string> {
  const found = new Set<string>([profile.release]);
  const { insns } = program;
  const facts = deriveFacts(object, program, profile);
  const seen = (slot: number): boolean => facts.aux[slot * facts.auxWords + AUX_SEEN] !== 0;
  for (let slot = 0; slot < insns.length / 2; slot++) {
    const w0 = insns[2 * slot];
    const code = codeOf(w0);
    const cls = classOf(code);
    const op = opOf(code);
    if ((cls === BPF_ALU || cls === BPF_ALU64) && (op === BPF_DIV || op === BPF_MOD))
      found.add(`${w0 >> 16 === 1 ? 'signed' : 'unsigned'} division of ${cls === BPF_ALU ? 32 : 64} bits`);
    if (code === (BPF_JMP | BPF_CALL) && srcOf(w0) === BPF_PSEUDO_CALL) found.add('call of a subprogram');
    if (code === LD_IMM64 && srcOf(w0) === BPF_PSEUDO_FUNC) {
      found.add('address of a subprogram');
      if (seen(slot) && !seen(slot + 1 + insns[2 * slot + 1])) found.add('address of a dead subprogram');
    }
    if (code === (BPF_JMP | BPF_JCOND)) found.add('may_goto');
    if (code === BPF_JMP32) found.add('gotol');
    if (cls === BPF_STX && (code & 0xe0) === BPF_ATOMIC) found.add('atomic');
    if (cls === BPF_LD && code !== LD_IMM64 && code !== 0) found.add('packet load');
    if ((cls === BPF_JMP || cls === BPF_JMP32) && op !== BPF_CALL && w0 >> 16 < 0) found.add('loop');
  }
  const noted: readonly [number, string][] = [
    [AUX_FASTCALL_SPILLS, 'fastcall'],
    [AUX_LOOP_CALLBACK, 'bpf_loop to inline'],
    [AUX_MAP_KEY_STATE, 'tail call'],
  ];
  for (let at = 0; at < facts.aux.length; at += facts.auxWords) {
    if (facts.aux[at + AUX_SEEN] === 0) found.add('dead code');
    for (const [word, name] of noted) if (facts.aux[at + word] !== 0) found.add(name);
  }
  if (facts.seenDirectWrite) found.add('write to the packet');
  return found;
}

const EXPECTED = [
  ...RELEASES,
  'signed division of 32 bits',
  'signed division of 64 bits',
  'unsigned division of 32 bits',
  'unsigned division of 64 bits',
  'call of a subprogram',
  'address of a subprogram',
  'address of a dead subprogram',
  'may_goto',
  'gotol',
  'atomic',
  'packet load',
  'loop',
  'fastcall',
  'bpf_loop to inline',
  'tail call',
  'dead code',
  'write to the packet',
];

describe('generated programs', () => {
  it('are all taken by the check, whatever they are made of, and have all of the language among them', () => {
    const found = new Set<string>();
    fc.assert(
      fc.property(generatedPrograms({ statements: 14 }), (generated) => {
        const { object, program, profile } = generated;
        expect(deriveFacts(object, program, profile).unknowns).toEqual([]);
        for (const feature of features(generated)) found.add(feature);
      }),
      { numRuns: CASES },
    );
    expect(EXPECTED.filter((feature) => !found.has(feature))).toEqual([]);
  });

  it.each(KIND_NAMES)('of kind %s have line info at the start of each function, ascending', (kind) => {
    fc.assert(
      fc.property(generatedPrograms({ statements: 4, kinds: [kind] }), ({ program }) => {
        const lines = program.lineInfo.map(({ slot }) => slot);
        expect(lines).toEqual([...new Set(lines)].sort((a, b) => a - b));
        for (const { start } of program.subprogs) expect(lines).toContain(start);
        expect(program.funcInfo.map(({ slot }) => slot)).toEqual(program.subprogs.map(({ start }) => start));
      }),
      { numRuns: 10 },
    );
  });
});
