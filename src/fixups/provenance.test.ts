import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { corpusFolder, readManifest } from '../bench/manifest.js';
import { sameProgram } from '../bench/linear-compare.js';
import { kernelTargetOf } from '../kernel/image.js';
import { profileOf } from '../kernel/index.js';
import { loadObject } from '../object/index.js';
import { traceRewrite, type Provenance } from './provenance.js';
import { prepare, rewriteProgram } from './rewrite.js';

const SMALL_SLOTS = 4000;

function traced(file: string, prog: string, options = {}): Provenance {
  const object = loadObject(join(corpusFolder(), file), { kernel: kernelTargetOf('6.12') });
  const program = object.programs.find(({ name }) => name === prog)!;
  return traceRewrite(prepare(object, program, profileOf('6.12'), options));
}

describe('a traced rewriting', () => {
  test('gives the same program as one that is not traced, for every program of the corpus', () => {
    let programs = 0;
    const profile = profileOf('6.12');
    for (const { file } of readManifest()) {
      const object = loadObject(join(corpusFolder(), file), { kernel: kernelTargetOf('6.12') });
      for (const program of object.programs) {
        if (program.insns.length / 2 > SMALL_SLOTS) continue;
        const provenance = traceRewrite(prepare(object, program, profile));
        const { linear } = rewriteProgram(object, program, profile, 'linked-list');
        expect(sameProgram(provenance.linear, linear), `${file} ${program.name}`).toBe(true);
        expect(provenance.origins).toHaveLength(linear.length);
        programs++;
      }
    }
    expect(programs).toBeGreaterThan(50);
  });

  test('names pass, rule and origin of what a map lookup became', () => {
    const { origins } = traced('xdp_balancer.bpf.o', 'balance');
    const lookup = origins.findIndex(
      ({ edits }) => edits.length > 0 && edits[0].rule.includes('on map stats'),
    );
    const { originalSlot, edits, run } = origins[lookup];
    expect(edits[0]).toMatchObject({
      pass: 'misc-fixups',
      kind: 'patch',
      rule: 'helper call bpf_map_lookup_elem on map stats',
      originalSlot,
      length: run[1] - run[0] + 1,
    });
    expect(run[0]).toBe(lookup);
  });

  test('keeps the history of an instruction that two passes changed', () => {
    const { origins } = traced('divisions.bpf.o', 'refill', { blindConstants: true });
    const twice = origins.filter(({ edits }) => edits.length > 1);
    expect(twice.length).toBeGreaterThan(0);
    for (const { edits } of twice) expect(edits[0].pass).toBe('blind-constants');
  });

  test('knows what was removed', () => {
    const { survives, linear } = traced('rodata_config.bpf.o', firstProgram('rodata_config.bpf.o'));
    const gone = survives.filter((there) => !there).length;
    expect(gone).toBeGreaterThan(0);
    expect(survives.length - gone).toBeLessThanOrEqual(linear.length);
  });
});

function firstProgram(file: string): string {
  return loadObject(join(corpusFolder(), file), { kernel: kernelTargetOf('6.12') }).programs[0].name;
}
