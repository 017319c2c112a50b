import { describe, expect, it } from 'vitest';
import { newCounters } from './counters.js';
import { Labels, unlabelled } from './labels.js';

describe('labels', () => {
  it('stand for themselves until their records go', () => {
    const labels = new Labels(5, newCounters());
    expect([labels.resolve(0), labels.resolve(4), labels.resolve(labels.end)]).toEqual([0, 4, 5]);
    expect(labels.isRoot(3)).toBe(true);
  });

  it('lead along any chain of heirs to the one that is left', () => {
    const labels = new Labels(100, newCounters());
    for (let label = 0; label < 99; label++) labels.alias(label, label + 1);
    expect([labels.resolve(0), labels.resolve(50), labels.resolveJump(7)]).toEqual([99, 99, 99]);
    labels.alias(99, labels.end);
    expect([labels.resolve(0), labels.resolveJump(98)]).toEqual([100, 100]);
  });

  it('part jumps from the rest once a prologue is skipped, and only for what led there before', () => {
    const labels = new Labels(10, newCounters());
    labels.alias(2, 3);
    const rest = labels.allocate(0);
    labels.split(3, rest, 4);
    expect([labels.resolve(2), labels.resolveJump(2)]).toEqual([rest, 4]);
    labels.alias(1, rest);
    expect([labels.resolve(1), labels.resolveJump(1)]).toEqual([rest, rest]);
  });

  it('are parted once for each prologue that is skipped', () => {
    const labels = new Labels(10, newCounters());
    const rests = [2, 6].map((front) => {
      const rest = labels.allocate(0);
      labels.split(front, rest, front + 1);
      return rest;
    });
    expect([2, 6].map((front) => labels.resolveJump(front))).toEqual([3, 7]);
    expect([2, 6].map((front) => labels.resolve(front))).toEqual(rests);
  });

  it('need a table for jumps only once these are parted from the rest', () => {
    const counters = newCounters();
    const labels = new Labels(10, counters);
    const grown = (): number => {
      const { allocations } = counters;
      for (let more = labels.stamps.length; more > 0; more--) labels.allocate(0);
      return counters.allocations - allocations;
    };
    expect(counters.allocations).toBe(3);
    expect(grown()).toBe(3);
    const rest = labels.allocate(0);
    const { allocations, bytesAllocated } = counters;
    labels.split(3, rest, 4);
    expect(counters.allocations - allocations).toBe(1);
    expect(counters.bytesAllocated - bytesAllocated).toBe(labels.stamps.byteLength);
    labels.split(5, labels.allocate(0), 6);
    expect(counters.allocations - allocations).toBe(1);
    expect(grown()).toBe(4);
  });

  it('remember what was removed, through a split as well', () => {
    const labels = new Labels(10, newCounters());
    const rest = labels.allocate(0);
    labels.split(3, rest, 4);
    expect(labels.isRemoved(3)).toBe(false);
    labels.markRemoved(rest);
    labels.alias(rest, 5);
    labels.resolve(3);
    expect([labels.isRemoved(3), labels.isRemoved(4), labels.resolve(3)]).toEqual([true, false, 5]);
  });

  it('are given out without end, keeping what is known of the others', () => {
    const labels = new Labels(3, newCounters());
    labels.alias(0, 2);
    labels.split(1, labels.allocate(4), 2);
    labels.markRemoved(0);
    const many = Array.from({ length: 5000 }, (_, nth) => labels.allocate(nth));
    expect(new Set(many).size).toBe(5000);
    expect(many.filter((label, nth) => labels.stamps[label] !== nth)).toEqual([]);
    expect(many.filter((label) => !labels.isRoot(label))).toEqual([]);
    expect([labels.resolve(0), labels.resolve(1), labels.resolveJump(1)]).toEqual([2, 4, 2]);
    expect(labels.isRemoved(0)).toBe(true);
  });

  it('leave room for a stamp where there is none', () => {
    expect([unlabelled(0), unlabelled(1)].every((value) => value < 0)).toBe(true);
    expect(unlabelled(3)).not.toBe(unlabelled(4));
  });
});
