import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { kernelTargetOf } from '../kernel/image.js';
import { DEFAULT_RELEASE, profileOf } from '../kernel/index.js';
import { loadObject } from '../object/index.js';
import { corpusFolder, type Exercise, readManifest } from './manifest.js';
import { exercisedBy, isRelocatedAgainstKernel, JUDGED } from './testing/exercised.js';

/** `pystacks50` is the same in small. */
const TOO_LARGE_FOR_A_TEST = 'pystacks180.bpf.o';

describe('what the manifest says an object exercises is what rewriting it for 6.12 shows', () => {
  const profile = profileOf(DEFAULT_RELEASE);
  const entries = readManifest().filter(({ file }) => file !== TOO_LARGE_FOR_A_TEST);

  test.each(entries)('$file', ({ file, exercises }) => {
    const path = join(corpusFolder(), file);
    const object = loadObject(path, { kernel: kernelTargetOf(DEFAULT_RELEASE) });
    const found = new Set<Exercise>(isRelocatedAgainstKernel(path) ? ['core-relocation'] : []);
    for (const program of object.programs)
      for (const word of exercisedBy(object, program, profile)) found.add(word);
    expect([...found].sort()).toEqual(exercises.filter((word) => !JUDGED.has(word)).sort());
  });
});
