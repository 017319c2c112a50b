import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { Garbage } from './garbage.js';

const MIB = 1 << 20;

describe('garbage between timed runs', () => {
  const given = globalThis.gc;
  let collected: unknown[] = [];

  beforeEach(() => {
    collected = [];
    globalThis.gc = ((options?: { type?: string }) => {
      collected.push(options?.type);
    }) as typeof globalThis.gc;
  });
  afterEach(() => {
    globalThis.gc = given;
  });

  const collectionsOf = (runs: number, bytes: number): unknown[][] => {
    const garbage = new Garbage();
    return Array.from({ length: runs }, () => {
      collected = [];
      garbage.beforeRun(bytes);
      return collected;
    });
  };

  it('is collected as a whole before the first run', () => {
    expect(collectionsOf(1, MIB)).toEqual([['major']]);
  });

  it('is collected where it is young once eight mebibytes were allocated', () => {
    expect(collectionsOf(6, 4 * MIB)).toEqual([['major'], [], ['minor'], [], ['minor'], []]);
  });

  it('is collected as a whole once 256 mebibytes were allocated', () => {
    expect(collectionsOf(4, 128 * MIB)).toEqual([['major'], ['minor'], ['major'], ['minor']]);
    expect(collectionsOf(3, 300 * MIB)).toEqual([['major'], ['major'], ['major']]);
  });

  it('stays where a process cannot collect it', () => {
    globalThis.gc = undefined;
    expect(() => new Garbage().beforeRun(MIB)).not.toThrow();
  });
});
