import { describe, expect, it } from 'vitest';
import { copyWords } from './copy-words.js';

describe('copying words', () => {
  it('copies as many as it is told, from where to where, and no other', () => {
    const from = Uint32Array.from({ length: 200 }, (_, at) => 1000 + at);
    for (const length of [0, 1, 2, 3, 4, 5, 7, 8, 14, 22, 31, 32, 33, 34, 64, 101, 127, 128, 129, 150]) {
      const to = new Uint32Array(200);
      copyWords(from, 37, to, 50, length);
      const wanted = new Uint32Array(200);
      for (let word = 0; word < length; word++) wanted[50 + word] = 1037 + word;
      expect(to, `${length} words`).toEqual(wanted);
    }
  });
});
