import { readdirSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { kernelTargetOf } from '../kernel/image.js';
import { profileOf, RELEASES } from '../kernel/index.js';
import { packageRoot } from './checkout.js';
import { formatGoldenObject, sha256Of } from './golden-format.js';
import { count, goldenReleases, newTally, readGoldens, verifyObject } from './golden.js';

const CORPUS = join(packageRoot(), 'corpus');
const GOLDEN = join(CORPUS, 'golden');
const OPTIONS = { strategy: 'linked-list', context: 2 };

describe('the goldens', () => {
  it('are there for every kernel that has a profile', () => {
    expect(goldenReleases(GOLDEN)).toEqual(expect.arrayContaining([...RELEASES]));
  });

  it('take less than 10 MB together', () => {
    const bytes = readdirSync(GOLDEN, { recursive: true, withFileTypes: true })
      .filter((entry) => entry.isFile())
      .reduce((sum, entry) => sum + statSync(join(entry.parentPath, entry.name)).size, 0);
    expect(bytes).toBeGreaterThan(0);
    expect(bytes).toBeLessThan(10e6);
  });
});

describe.each(RELEASES.filter((release) => goldenReleases(GOLDEN).includes(release)))(
  'Linux %s',
  (release) => {
    const { kernel, objects } = readGoldens(join(GOLDEN, release));
    const profile = profileOf(release);
    const image = kernelTargetOf(release);

    it('was given every object of the corpus as it is now', () => {
      const files = readdirSync(CORPUS).filter((name) => name.endsWith('.o'));
      expect(objects.map(({ object }) => object)).toEqual(files.sort());
      const stale = objects.filter(({ object, sha256 }) => sha256Of(join(CORPUS, object)) !== sha256);
      expect(stale.map(({ object }) => object)).toEqual([]);
    });

    it('has loaded at least 60 programs', () => {
      const loaded = objects.flatMap(({ programs }) =>
        programs.filter(({ verdict }) => verdict === 'success'),
      );
      expect(loaded.length).toBeGreaterThanOrEqual(60);
    });

    it('was given and made, of every program it loaded, what is handed over and made here', () => {
      const tally = newTally();
      for (const golden of objects) {
        const path = join(CORPUS, golden.object);
        for (const comparison of verifyObject(golden, path, kernel, { ...OPTIONS, profile, image })) {
          count(tally, comparison);
        }
      }
      const { loaded } = tally;
      expect(tally).toEqual({ loaded, handedOver: loaded, translated: loaded, lineInfo: loaded });
    });

    it('is compared by the instruction: a changed one is found', () => {
      const golden = objects.find(({ programs }) => programs.some(({ verdict }) => verdict === 'success'))!;
      const changed = structuredClone(golden);
      const program = changed.programs.find(({ verdict }) => verdict === 'success')!;
      const code = program.xlated!.code;
      if (!('insns' in code)) throw new Error('the first object has long programs only');
      const last = `${code.insns.slice(0, -8)}ffffffff`;
      program.xlated!.code = { ...code, insns: last };
      const tally = newTally();
      const path = join(CORPUS, golden.object);
      const comparisons = [...verifyObject(changed, path, kernel, { ...OPTIONS, profile, image })];
      comparisons.forEach((comparison) => {
        count(tally, comparison);
      });
      const found = comparisons.find((comparison) => comparison.program === program.name)!;
      expect(found.xlated?.code?.at).toBe(code.slots - 1);
      expect(tally.translated).toBe(tally.loaded - 1);
    });

    it('has goldens that are written as they are read', () => {
      const [first] = objects;
      expect(JSON.parse(formatGoldenObject(first))).toEqual(first);
    });
  },
);
