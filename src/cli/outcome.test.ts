import { readFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { describe, expect, test } from 'vitest';
import { oneLine } from './outcome.js';

function errorOf(action: () => unknown): unknown {
  try {
    action();
  } catch (error) {
    return error;
  }
  throw new Error('nothing was thrown');
}

describe('an error as one line', () => {
  test('names the file of a failed system call in the words of the shell', () => {
    expect(oneLine(errorOf(() => readFileSync('/no/such.o')))).toBe('/no/such.o: no such file or directory');
  });

  test('is the message of any other error, without control characters', () => {
    expect(oneLine(new Error('a\nb\u001b[31m'))).toBe('a b [31m');
    expect(oneLine('plain')).toBe('plain');
    expect(oneLine(errorOf(() => readFileSync(tmpdir())))).not.toContain('\n');
  });
});
