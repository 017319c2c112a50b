import { describe, expect, test } from 'vitest';
import { profileOf, RELEASES } from '../kernel/index.js';
import { PROG_TYPE } from '../kernel/types.js';
import { typesOf } from './helper-protos.js';

const LAST_HELPER = 300;

describe.each(RELEASES)('helpers of %s', (release) => {
  test('have arguments and results of known types, whatever the program', () => {
    const profile = profileOf(release);
    let count = 0;
    for (const type of Object.values(PROG_TYPE)) {
      for (let id = 1; id <= LAST_HELPER; id++) {
        const proto = profile.helperFor({ type, attachType: 0, flags: 0, attachTarget: '' }, id);
        if (proto === undefined) continue;
        expect(() => typesOf(proto)).not.toThrow();
        count++;
      }
    }
    expect(count).toBeGreaterThan(1000);
  });
});
