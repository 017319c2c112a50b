import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { PASSES } from '../fixups/pipeline.js';
import { kernelTargetOf } from '../kernel/image.js';
import { DEFAULT_RELEASE } from '../kernel/index.js';
import { loadObject } from '../object/index.js';
import { corpusFolder, EXERCISES, ManifestError, readManifest } from './manifest.js';

describe('the committed corpus', () => {
  const entries = readManifest();

  test.each(entries)('$file holds the programs the manifest names, and all of them load', (entry) => {
    const object = loadObject(join(corpusFolder(), entry.file), { kernel: kernelTargetOf(DEFAULT_RELEASE) });
    expect(object.failures).toEqual([]);
    expect(object.programs.map(({ name }) => name)).toEqual(entry.programs);
  });

  test.each(entries)('$file has BTF and a licence, but no DWARF and no absolute path', (entry) => {
    const bytes = readFileSync(join(corpusFolder(), entry.file), 'latin1');
    const object = loadObject(join(corpusFolder(), entry.file));
    expect(object.btf).toBeDefined();
    expect(object.license).toBe('GPL');
    expect(bytes).not.toContain('.debug_');
    expect(bytes).not.toMatch(/\0\/(usr|home|root|work|tmp|src|build)\//);
  });

  test('every source is there, under our licence, and belongs to an object', () => {
    const sources = [...new Set(entries.map(({ source }) => source))];
    expect(sources.length).toBeGreaterThan(12);
    for (const source of sources) {
      const text = readFileSync(join(corpusFolder(), 'src', source), 'utf8');
      expect(text.startsWith('// SPDX-License-Identifier: GPL-2.0-only\n')).toBe(true);
    }
  });

  test('every pass and every kind of rewrite is exercised by some object', () => {
    const exercised = new Set(entries.flatMap(({ exercises }) => exercises));
    expect(Object.keys(EXERCISES).filter((word) => !exercised.has(word as never))).toEqual([]);
    expect(Object.keys(EXERCISES)).toEqual(expect.arrayContaining(PASSES.map(({ name }) => name)));
  });

  test('pystacks180 is as large as the yardstick it stands for', () => {
    const [program] = loadObject(join(corpusFolder(), 'pystacks180.bpf.o')).programs;
    expect(program.insns.length / 2).toBeGreaterThanOrEqual(40_000);
  });
});

describe('readManifest', () => {
  let folder: string;
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'manifest-'));
  });
  afterEach(() => {
    rmSync(folder, { recursive: true });
  });

  const entry = {
    file: 'a.bpf.o',
    source: 'a.bpf.c',
    mcpu: 'v3',
    programs: ['main'],
    exercises: ['atomic'],
    description: 'An object.',
  };
  const write = (manifest: unknown, ...objects: string[]): void => {
    writeFileSync(
      join(folder, 'manifest.json'),
      typeof manifest === 'string' ? manifest : JSON.stringify(manifest),
    );
    for (const object of objects) writeFileSync(join(folder, object), '');
  };
  const refusal = (): string => {
    try {
      readManifest(folder);
    } catch (error) {
      expect(error).toBeInstanceOf(ManifestError);
      return (error as Error).message;
    }
    throw new Error('nothing was refused');
  };

  test('takes a folder that holds exactly what is listed', () => {
    write({ objects: [{ ...entry, defines: { N: 3 }, needs: '6.9' }] }, 'a.bpf.o');
    mkdirSync(join(folder, 'src'));
    expect(readManifest(folder)).toEqual([{ ...entry, defines: { N: 3 }, needs: '6.9' }]);
  });

  test('refuses a manifest that is missing, no JSON, or lists nothing', () => {
    expect(refusal()).toBe('corpus/manifest.json cannot be read: ENOENT');
    write('{"objects": [');
    expect(refusal()).toMatch(/^corpus\/manifest.json is no JSON: .+$/);
    write({ objects: [] });
    expect(refusal()).toBe('corpus/manifest.json lists no objects: the corpus is empty');
  });

  test('refuses an object that is missing, listed twice, or not listed', () => {
    write({ objects: [entry] });
    expect(refusal()).toBe(
      'corpus/manifest.json lists a.bpf.o, which is missing (scripts/build-corpus makes it)',
    );
    write({ objects: [entry, entry] }, 'a.bpf.o');
    expect(refusal()).toBe('corpus/manifest.json lists a.bpf.o twice');
    write({ objects: [entry] }, 'b.bpf.o');
    expect(refusal()).toBe('corpus/manifest.json does not list b.bpf.o');
  });

  test.each<[string, object]>([
    ['objects.0.mcpu', { mcpu: 'v2' }],
    ['objects.0.programs', { programs: [] }],
    ['objects.0.programs', { programs: ['main', 'main'] }],
    ['objects.0.exercises.0', { exercises: ['nothing'] }],
    ['objects.0.description', { description: 'no sentence' }],
    ['objects.0.needs', { needs: 'six' }],
    ['objects.0.file', { file: '../a.bpf.o' }],
    ['objects.0', { surplus: 1 }],
  ])('names the field that is wrong: %s', (path, change) => {
    write({ objects: [{ ...entry, ...change }] }, 'a.bpf.o');
    const message = refusal();
    expect(message.startsWith(`corpus/manifest.json ${path}: `)).toBe(true);
    expect(message).not.toContain('\n');
  });
});
