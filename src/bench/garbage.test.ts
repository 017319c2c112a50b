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

  it('is collected before the first run', () => {
    expect(collectionsOf(1, MIB)).toEqual([['minor']]);
  });

  it('is collected where it is young, once eight mebibytes were allocated', () => {
    expect(collectionsOf(6, 4 * MIB)).toEqual([['minor'], [], ['minor'], [], ['minor'], []]);
  });

  it('is freed before a run that takes much memory itself', () => {
    expect(collectionsOf(2, 31 * MIB)).toEqual([['minor'], ['minor']]);
    expect(collectionsOf(2, 32 * MIB)).toEqual([
      ['minor', 'minor'],
      ['minor', 'minor'],
    ]);
  });

  it('stays where a process cannot collect it', () => {
    globalThis.gc = undefined;
    expect(() => new Garbage().beforeRun(MIB)).not.toThrow();
  });
});
