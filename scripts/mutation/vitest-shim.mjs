/** As much of vitest as the tests of strategies and patcher need, for in-process-runner.mjs. */
import path from 'node:path';

// Some matchers ask the worker they run in for its test file.
globalThis.__vitest_worker__ ??= { filepath: '', config: {} };

export { expect } from 'vitest';

/** Tests that are about other things, and would take seconds a mutant. */
const LEFT_OUT = ['broken-stores', 'failed-stores', 'longest-program', 'toy-strategy'];

/** The test files among `sources`. */
export function filesOf(sources) {
  return sources
    .map((source) => source.split(path.sep).join('/'))
    .filter((source) => /^(strategies\/[^/]+|src\/patcher)\.test\.ts$/.test(source))
    .filter((source) => !LEFT_OUT.includes(path.basename(source, '.test.ts')))
    .sort();
}

let found = [];
const suites = [];

/** The tests declared since the last call. */
export function takeTests() {
  const tests = found;
  found = [];
  return tests;
}

/** `$key` in a title stands for that property of the case, `%s` for its next argument. */
function title(text, value) {
  const rest = [...argumentsOf(value)];
  return text.replace(/\$(\w+)/g, (_, key) => String(value[key])).replace(/%s/g, () => String(rest.shift()));
}

/** A case that is a list is several arguments. */
function argumentsOf(value) {
  return Array.isArray(value) ? value : [value];
}

export function describe(name, body) {
  suites.push(name);
  body();
  suites.pop();
}

describe.each = (cases) => (name, body) => {
  for (const value of cases) describe(title(name, value), () => body(...argumentsOf(value)));
};

export function it(name, body) {
  found.push({ name: [...suites, name].join(' '), run: body });
}

it.each = (cases) => (name, body) => {
  for (const value of cases) it(title(name, value), () => body(...argumentsOf(value)));
};
