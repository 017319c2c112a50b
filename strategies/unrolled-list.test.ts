/** What only an unrolled list can get wrong: nodes that are handed out, and where records go then. */
import { describe, expect, it } from 'vitest';
import { PatchBuffer } from './patch-buffer.js';
import { ReferenceStore } from './reference.js';
import { type Store } from './store.js';
import { expectSame } from './testing/compare.js';
import { JEQ, MOV32, MOV64, plainInput } from './testing/programs.js';
import { UnrolledListStore } from './unrolled-list.js';

describe('an unrolled list', () => {
  it('hands out empty nodes, also where the last one was loaded with less than the others', () => {
    // Two nodes, of 64 and of 36, and as many spare ones.
    const input = plainInput(100, { 3: { w0: JEQ, target: 0 } });
    const patchFirst = (store: Store): Store => {
      const patch = new PatchBuffer().push(MOV64, 1).push(MOV32, 2);
      store.replace(
        store.first(),
        patch.pushReplaced(store.word0(store.first()), store.word1(store.first())),
      );
      store.check();
      return store;
    };
    const store = new UnrolledListStore(input, { node: 64, fill: 1, spare: 1 });
    patchFirst(store);
    expect(store['lengths'].join()).toBe('64,36,2,0');
    expectSame(store.finish(), patchFirst(new ReferenceStore(input)).finish(), 'unrolled-list');
  });
});
