import { execFileSync } from 'node:child_process';
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import fc from 'fast-check';
import { afterAll, describe, expect, it } from 'vitest';
import { kernelTargetOf } from '../kernel/image.js';
import { RELEASES } from '../kernel/index.js';
import { casesOf } from '../testing/cases.js';
import { loadObject, ObjectError, parseObject, ProgType, sectionDef } from './index.js';

const CORPUS = join(dirname(fileURLToPath(import.meta.url)), '..', '..', 'corpus');
const objects = readdirSync(CORPUS).filter((name) => name.endsWith('.o'));
/** Has naked functions, whose parameters clang gives no names. */
const REFUSED = 'fastcall.bpf.o';
const folder = mkdtempSync(join(tmpdir(), 'patchbench-load-'));

afterAll(() => {
  rmSync(folder, { recursive: true });
});

/** The message of the ObjectError that loading gives. */
function messageOf(path: string): string {
  try {
    loadObject(path);
  } catch (error) {
    expect(error).toBeInstanceOf(ObjectError);
    return (error as ObjectError).message;
  }
  return 'no error';
}

describe('loadObject', () => {
  it('finds a corpus', () => {
    expect(objects.length).toBeGreaterThan(0);
  });

  it('keeps no line info and no func info of types that the kernel refuses: a parameter has no name', () => {
    for (const program of loadObject(join(CORPUS, REFUSED)).programs) {
      expect(program.funcInfo).toEqual([]);
      expect(program.lineInfo).toEqual([]);
      expect(program.subprogs.some(({ global }) => global)).toBe(false);
    }
  });

  it.each(objects)('loads every program of %s', (name) => {
    // What needs something of a kernel that only some releases have is made for those.
    const made = RELEASES.map((release) =>
      loadObject(join(CORPUS, name), { kernel: kernelTargetOf(release) }),
    );
    const failing = made.map(({ failures }) => failures.map(({ program }) => program));
    expect(failing[0].filter((program) => failing.every((names) => names.includes(program)))).toEqual([]);
    const object = made[made.length - 1];
    expect(object.programs.length).toBeGreaterThan(0);
    for (const program of object.programs) {
      expect(program.subprogs[0]).toMatchObject({ name: program.name, start: 0 });
      if (name === REFUSED) continue;
      expect(program.funcInfo.map(({ slot }) => slot)).toEqual(program.subprogs.map(({ start }) => start));
      const slots = program.lineInfo.map(({ slot }) => slot);
      expect(slots).toEqual([...slots].sort((a, b) => a - b));
      expect(slots.at(-1)).toBeLessThan(program.insns.length / 2);
      for (const { start } of program.subprogs) expect(slots).toContain(start);
    }
  });

  it('says in one line why a path is no object', () => {
    const missing = join(folder, 'missing.o');
    expect(messageOf(missing)).toBe(`${missing}: no such file`);
    expect(messageOf(folder)).toBe(`${folder}: is a directory`);
    expect(messageOf('/dev/zero')).toBe('/dev/zero: is no regular file');
    const empty = join(folder, 'empty.o');
    writeFileSync(empty, '');
    expect(messageOf(empty)).toBe(`${empty}: the file is empty`);
    expect(messageOf(join(empty, 'x.o'))).toBe(`${empty}/x.o: cannot be opened (ENOTDIR)`);
  });

  it('does not wait at a pipe that nobody writes to', () => {
    const pipe = join(folder, 'pipe');
    execFileSync('mkfifo', [pipe]);
    expect(messageOf(pipe)).toBe(`${pipe}: is no regular file`);
  });
});

describe('sectionDef', () => {
  it.each([
    ['socket', ProgType.SOCKET_FILTER, 0, 0, ''],
    ['tc', ProgType.SCHED_CLS, 0, 0, ''],
    ['xdp.frags', ProgType.XDP, 37, 1 << 5, ''],
    ['kprobe/do_sys_open', ProgType.KPROBE, 0, 0, 'do_sys_open'],
    ['kprobe', ProgType.KPROBE, 0, 0, ''],
    ['tp/syscalls/sys_enter_open', ProgType.TRACEPOINT, 0, 0, 'syscalls/sys_enter_open'],
    ['fentry.s/vfs_read', ProgType.TRACING, 24, 1 << 4, 'vfs_read'],
    ['tp_btf.s/sys_enter', ProgType.TRACING, 23, 1 << 4, 'sys_enter'],
    ['tp.s/syscalls/sys_enter_open', ProgType.TRACEPOINT, 0, 1 << 4, 'syscalls/sys_enter_open'],
    ['raw_tp.s/sys_enter', ProgType.RAW_TRACEPOINT, 0, 1 << 4, 'sys_enter'],
    ['cgroup_skb/egress', ProgType.CGROUP_SKB, 1, 0, ''],
    ['syscall', ProgType.SYSCALL, 0, 1 << 4, ''],
  ])('knows %s', (section, type, attachType, flags, attachTarget) => {
    expect(sectionDef(section)).toEqual({ type, attachType, flags, attachTarget });
  });

  it.each(['', 'xdp/foo', 'kprobes', 'socket/x', 'maps'])('does not know "%s"', (section) => {
    expect(sectionDef(section)).toBeUndefined();
  });
});

describe('parseObject on damaged objects', () => {
  const small = objects
    .map((name) => ({ name, bytes: new Uint8Array(readFileSync(join(CORPUS, name))) }))
    .filter(({ bytes }) => bytes.length < 100_000);

  /** The damaged object gives a result, or an ObjectError of one line; nothing else. */
  function valueXorError(bytes: Uint8Array): void {
    try {
      const object = parseObject(bytes, 'x.o');
      for (const program of object.programs) expect(program.lineInfo.length).toBeGreaterThanOrEqual(0);
      for (const { reason } of object.failures) expect(reason).toMatch(/^[\x20-\x7e]+$/);
    } catch (error) {
      if (!(error instanceof ObjectError)) throw error;
      expect(error.message).toMatch(/^x\.o: [\x20-\x7e]+$/);
    }
  }

  /** Where damage hurts: header, section headers, symbol table, BTF. */
  function hotspots(bytes: Uint8Array): [number, number][] {
    const view = new DataView(bytes.buffer);
    const table = Number(view.getBigUint64(40, true));
    const count = view.getUint16(60, true);
    const spots: [number, number][] = [
      [0, 64],
      [table, table + 64 * count],
    ];
    for (let i = 1; i < count; i++) {
      const offset = Number(view.getBigUint64(table + 64 * i + 24, true));
      const size = Number(view.getBigUint64(table + 64 * i + 32, true));
      const type = view.getUint32(table + 64 * i + 4, true);
      if (size > 0 && type !== 8) spots.push([offset, offset + Math.min(size, 4096)]);
    }
    return spots;
  }

  const anyObject = fc.constantFrom(...small);
  const strange = fc.oneof(
    fc.constantFrom(
      0,
      1,
      7,
      0x7f,
      0x80,
      0xff,
      0xfff1,
      0xffff,
      0x7fffffff,
      0x80000000,
      0xfffffff8,
      0xffffffff,
    ),
    fc.integer({ min: 0, max: 0xffffffff }),
  );

  it('finds objects to damage', () => {
    expect(small.length).toBeGreaterThan(5);
  });

  it('survives truncation anywhere', () => {
    fc.assert(
      fc.property(anyObject, fc.double({ min: 0, max: 1, noNaN: true }), ({ bytes }, part) => {
        valueXorError(bytes.slice(0, Math.floor(part * bytes.length)));
      }),
      { numRuns: casesOf(300) },
    );
  });

  it('survives overwritten fields', () => {
    const spot = fc.tuple(fc.nat(), fc.nat(), strange, fc.constantFrom(1, 2, 4, 8));
    fc.assert(
      fc.property(anyObject, fc.array(spot, { minLength: 1, maxLength: 4 }), ({ bytes }, changes) => {
        const damaged = bytes.slice();
        const view = new DataView(damaged.buffer);
        const spots = hotspots(bytes);
        for (const [which, where, value, width] of changes) {
          const [from, to] = spots[which % spots.length];
          const at = Math.min(from + (where % Math.max(1, to - from)), damaged.length - 8) & ~(width - 1);
          if (width === 1) view.setUint8(at, value & 0xff);
          else if (width === 2) view.setUint16(at, value & 0xffff, true);
          else view.setUint32(width === 8 ? at + 4 : at, value, true);
        }
        valueXorError(damaged);
      }),
      { numRuns: casesOf(1500) },
    );
  });

  it('survives flipped bits', () => {
    fc.assert(
      fc.property(anyObject, fc.array(fc.nat(), { minLength: 1, maxLength: 64 }), ({ bytes }, bits) => {
        const damaged = bytes.slice();
        for (const bit of bits) damaged[(bit >>> 3) % damaged.length] ^= 1 << (bit & 7);
        valueXorError(damaged);
      }),
      { numRuns: casesOf(500) },
    );
  });
});
