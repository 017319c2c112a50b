import { BaseSequencer } from 'vitest/node';
import base from './vitest.config.ts';

/** Tests that kill mutants fastest, so that few mutants meet the slow ones. */
const FIRST = [
  'kernel-rules',
  'labels',
  'counted-tree',
  'patch-buffer',
  'hidden-subprog',
  'index',
  'patcher',
];
const LAST = ['boundaries', 'equivalence', 'branch-ranges'];

class FastestFirst extends BaseSequencer {
  async sort(files) {
    const rank = ({ moduleId }) => {
      const name = moduleId.replace(/^.*\//, '').replace('.test.ts', '');
      return FIRST.includes(name) ? FIRST.indexOf(name) : 100 + LAST.indexOf(name);
    };
    return [...files].sort((a, b) => rank(a) - rank(b));
  }
}

/** The tests of strategies and patcher, but for those that would take minutes a mutant and are about other things. */
export default {
  test: {
    ...base.test,
    include: ['strategies/**/*.test.ts', 'src/patcher.test.ts'],
    exclude: [
      'strategies/broken-stores.test.ts',
      'strategies/failed-stores.test.ts',
      'strategies/longest-program.test.ts',
      'strategies/toy-strategy.test.ts',
    ],
    sequence: { sequencer: FastestFirst },
  },
};
