import fc from 'fast-check';
import { expect, test } from 'vitest';
import { GROUP_MEMBERS, GROUP_SLOTS, groupsOf } from './groups.js';

const slots = (size: number | undefined): number | undefined => size;

test('small workloads share a group until it is full, in their order', () => {
  expect(groupsOf([1500, 1500, 900, 200, 4000], slots)).toEqual([[1500, 1500, 900], [200], [4000]]);
});

test('large workloads and those of unknown size stay alone and do not part the small ones', () => {
  expect(groupsOf([10, GROUP_SLOTS + 1, 20, undefined, 30], slots)).toEqual([
    [10, 20, 30],
    [GROUP_SLOTS + 1],
    [undefined],
  ]);
});

test('groups keep classes apart, hold all workloads once, and are never too large', () => {
  fc.assert(
    fc.property(
      fc.array(fc.record({ size: fc.integer({ min: 1, max: 6000 }), of: fc.constantFrom('a', 'b') })),
      (list) => {
        const groups = groupsOf(
          list,
          ({ size }) => size,
          (item) => item.of,
        );
        expect(new Set(groups.flat())).toEqual(new Set(list));
        for (const group of groups) {
          expect(new Set(group.map((item) => item.of)).size).toBe(1);
          expect(group.length).toBeLessThanOrEqual(GROUP_MEMBERS);
          const sum = group.reduce((total, { size }) => total + size, 0);
          expect(group.length === 1 || sum <= GROUP_SLOTS).toBe(true);
        }
      },
    ),
  );
});
