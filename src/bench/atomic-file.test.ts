import { mkdirSync, mkdtempSync, readFileSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { writeFileAtomic } from './atomic-file.js';

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'patchbench-'));
});
afterEach(() => {
  rmSync(folder, { recursive: true });
});

test('a file is written whole, in a folder that did not exist, and leaves nothing beside it', () => {
  const path = join(folder, 'new', 'rows.csv');
  writeFileAtomic(path, 'one\n');
  writeFileAtomic(path, 'two\n');
  expect(readFileSync(path, 'utf8')).toBe('two\n');
  expect(readdirSync(join(folder, 'new'))).toEqual(['rows.csv']);
});

test('a write that fails leaves what was there and no temporary file', () => {
  const path = join(folder, 'taken');
  mkdirSync(join(path, 'inside'), { recursive: true });
  expect(() => {
    writeFileAtomic(path, 'text');
  }).toThrow();
  expect(readdirSync(folder)).toEqual(['taken']);
  expect(readdirSync(path)).toEqual(['inside']);
});
