import tseslint from 'typescript-eslint';

/**
 * The direction of imports, written down once: a room may use only the rooms
 * listed for it. `src/index.ts` and the test files stand outside the rule.
 */
const ROOMS = {
  'src/isa': [],
  strategies: ['src/isa'],
  'src/patcher.ts': ['src/isa', 'strategies'],
  'src/object': ['src/isa'],
  'src/kernel': ['src/isa', 'src/object'],
  'src/verifier': ['src/isa', 'src/object', 'src/kernel', 'strategies'],
  'src/fixups': ['src/isa', 'src/object', 'src/kernel', 'src/verifier', 'src/patcher.ts', 'strategies'],
  'src/bench': [
    'src/isa',
    'src/object',
    'src/kernel',
    'src/verifier',
    'src/fixups',
    'src/patcher.ts',
    'strategies',
  ],
  'src/report': ['src/bench', 'strategies'],
};

const ALL_ROOMS = [...Object.keys(ROOMS), 'src/cli', 'scripts'];

/** Import-path patterns that reach `room` from any folder depth of the checkout. */
function patternsOf(room) {
  const bare = room.replace(/^src\//, '').replace(/\.ts$/, '.js');
  return room.endsWith('.ts') ? [`**/${bare}`] : [`**/${bare}/**`];
}

const layering = Object.entries(ROOMS).map(([room, allowed]) => {
  const forbidden = ALL_ROOMS.filter((other) => other !== room && !allowed.includes(other));
  return {
    files: room.endsWith('.ts') ? [room] : [`${room}/**/*.ts`],
    ignores: ['**/*.test.ts'],
    rules: {
      'no-restricted-imports': [
        'error',
        {
          patterns: forbidden.map((other) => ({
            group: patternsOf(other),
            message: `${room} must not know ${other}: imports run downward only`,
          })),
        },
      ],
    },
  };
});

export default tseslint.config(
  {
    ignores: [
      'dist/',
      'node_modules/',
      'results/',
      'corpus/',
      'eslint.config.js',
      'vitest.config.ts',
      'vitest.browser.config.ts',
      '**/*.mjs',
    ],
  },
  ...tseslint.configs.strictTypeChecked,
  {
    languageOptions: { parserOptions: { projectService: true, tsconfigRootDir: import.meta.dirname } },
    rules: {
      '@typescript-eslint/restrict-template-expressions': [
        'error',
        { allowNumber: true, allowBoolean: true },
      ],
      '@typescript-eslint/no-non-null-assertion': 'off',
      '@typescript-eslint/consistent-type-imports': 'error',
      '@typescript-eslint/no-confusing-void-expression': ['error', { ignoreArrowShorthand: true }],
      '@typescript-eslint/switch-exhaustiveness-check': [
        'error',
        { considerDefaultExhaustiveForUnions: true },
      ],
    },
  },
  ...layering,
);
