/**
 * Files from strangers: whatever is in them, the reader gives a value or one line that says what is wrong, within 5 s and
 * 512 MiB. Real files, damaged at random; `RUNS=…` for more.
 */
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { rowsFromCsv } from './bench/csv.js';
import { corpusFolder, ManifestError, readManifest } from './bench/manifest.js';
import { readSidecar } from './bench/sidecar.js';
import { ColumnError, COLUMNS, emptyRow, formatCell, type Row } from './bench/columns.js';
import { oneLine } from './cli/outcome.js';
import { kernelTargetOf } from './kernel/image.js';
import { parseFilter, parseFilterLines } from './report/filter.js';
import { parseObject } from './object/index.js';
import { ObjectError } from './object/program.js';
import { packageRoot } from './package-root.js';
import { casesOf } from './testing/cases.js';

const LONGEST_MS = 5_000;
const MOST_BYTES = 512 * 2 ** 20;
/** One line without anything that moves a terminal's cursor. */
const ONE_LINE = /^[^\p{Cc}]+$/u;

let folder: string;
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'patchbench-damaged-'));
});
afterAll(() => {
  rmSync(folder, { recursive: true });
});

/** Runs a reader within the limits; what it throws must be of its kind and one line. */
function valueXorError(read: () => unknown, isOwn: (error: unknown) => boolean): void {
  const startedAt = performance.now();
  const before = process.memoryUsage.rss();
  try {
    read();
  } catch (error) {
    if (!isOwn(error)) throw error;
    // The command line says it so.
    expect(oneLine(error)).toMatch(ONE_LINE);
  }
  expect(performance.now() - startedAt).toBeLessThan(LONGEST_MS);
  expect(process.memoryUsage.rss() - before).toBeLessThan(MOST_BYTES);
}

describe('damaged objects with relocations against a kernel', () => {
  const kernel = kernelTargetOf('6.12');
  const objects = readdirSync(corpusFolder())
    .filter((name) => name.endsWith('.bpf.o'))
    .map((name) => new Uint8Array(readFileSync(join(corpusFolder(), name))))
    .filter(({ length }) => length < 100_000);

  /** Ranges of the sections that hold types, relocations and maps. */
  function sections(bytes: Uint8Array): [from: number, to: number][] {
    const view = new DataView(bytes.buffer);
    const table = Number(view.getBigUint64(40, true));
    return Array.from({ length: view.getUint16(60, true) }, (_, at) => {
      const header = table + 64 * at;
      const from = Number(view.getBigUint64(header + 24, true));
      return [from, from + Number(view.getBigUint64(header + 32, true))] as [number, number];
    }).filter(([from, to]) => to > from && to <= bytes.length);
  }

  test('are read or refused', () => {
    expect(objects.length).toBeGreaterThan(20);
    const word = fc.oneof(fc.constantFrom(0, 1, 0xff, 0xffff, 0x7fffffff, 0x80000000, 0xffffffff), fc.nat());
    const change = fc.tuple(fc.nat(), fc.nat(), word);
    fc.assert(
      fc.property(
        fc.nat({ max: objects.length - 1 }),
        fc.array(change, { minLength: 1, maxLength: 6 }),
        (which, changes) => {
          const damaged = objects[which].slice();
          const view = new DataView(damaged.buffer);
          const ranges = sections(objects[which]);
          for (const [section, where, value] of changes) {
            const [from, to] = ranges[section % ranges.length];
            view.setUint32(Math.min(from + (where % (to - from)), damaged.length - 4) & ~3, value, true);
          }
          valueXorError(
            () => parseObject(damaged, 'x.o', { kernel }),
            (error) => error instanceof ObjectError,
          );
        },
      ),
      { numRuns: casesOf(400) },
    );
  });
});

/** A text with pieces of it taken out, repeated, or replaced by what breaks readers. */
function damagedText(text: string): fc.Arbitrary<string> {
  const piece = fc.constantFrom(
    '"',
    ',',
    '\n',
    '\r',
    '\0',
    '-',
    '1e309',
    'NaN',
    '{',
    '[',
    ']',
    '}',
    ':',
    '💥',
    '',
  );
  const change = fc.tuple(fc.nat({ max: text.length }), fc.nat({ max: 40 }), fc.oneof(piece, fc.string()));
  return fc
    .array(change, { minLength: 1, maxLength: 4 })
    .map((changes) =>
      changes.reduce(
        (damaged, [at, length, put]) => damaged.slice(0, at) + put + damaged.slice(at + length),
        text,
      ),
    );
}

describe('damaged texts', () => {
  const csv = readFileSync(join(packageRoot(), 'results', 'bench.csv'), 'utf8')
    .split('\n')
    .slice(0, 30)
    .join('\n');
  const manifest = readFileSync(join(corpusFolder(), 'manifest.json'), 'utf8');
  const sidecar = readFileSync(join(packageRoot(), 'results', 'bench.json'), 'utf8');

  test('that were CSV', () => {
    fc.assert(
      fc.property(damagedText(csv), (text) =>
        valueXorError(
          () => rowsFromCsv(text),
          (error) => error instanceof ColumnError,
        ),
      ),
      { numRuns: casesOf(400) },
    );
  });

  test('that were a manifest', () => {
    fc.assert(
      fc.property(damagedText(manifest), (text) => {
        writeFileSync(join(folder, 'manifest.json'), text);
        valueXorError(
          () => readManifest(folder),
          (error) => error instanceof ManifestError,
        );
      }),
      { numRuns: casesOf(200) },
    );
  });

  test('that were a sidecar', () => {
    fc.assert(
      fc.property(damagedText(sidecar), (text) => {
        writeFileSync(join(folder, 'x.json'), text);
        valueXorError(
          () => readSidecar(join(folder, 'x.csv')),
          (error) => error instanceof Error && error.message.includes('x.json'),
        );
      }),
      { numRuns: casesOf(200) },
    );
  });

  test('that were filters', () => {
    const filters = '# programs\nxdp*/\n!*/test_*\nduration_pct>5\n|insns_added|<=3\nverdict=failure\n';
    fc.assert(
      fc.property(damagedText(filters), (text) => {
        const isOwn = (error: unknown) => error instanceof ColumnError;
        valueXorError(() => parseFilterLines(text), isOwn);
        valueXorError(() => parseFilter(text), isOwn);
      }),
      { numRuns: casesOf(200) },
    );
  });
});

test('any words come back from CSV as they went in, and none is a formula to a spreadsheet', () => {
  const text = COLUMNS.filter(({ type }) => type === 'text').map(({ name }) => name);
  const word = fc.oneof(
    fc.string({ minLength: 1 }),
    fc
      .tuple(fc.constantFrom('=', '+', '-', '@', '\t', "'=", "''-"), fc.string())
      .map((parts) => parts.join('')),
  );
  fc.assert(
    fc.property(fc.constantFrom(...text), word, (name, value) => {
      const row = { ...emptyRow(), [name]: value } as Row;
      expect(formatCell(name, row[name])).not.toMatch(/^[=+\-@\t\r]/);
    }),
    { numRuns: casesOf(300) },
  );
});
