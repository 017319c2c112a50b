import { describe, expect, it } from 'vitest';
import { Btf } from '../object/btf.js';
import { ObjectError } from '../object/program.js';
import { BtfWriter } from '../testing/btf-writer.js';
import { funcPrototype } from './func-prototype.js';

/** Prototype of the function `f` that returns `ret` and takes the named parameters; both as ids that `make` added. */
function prototypeOf(
  make: (btf: BtfWriter) => { ret?: number; params?: readonly (readonly [name: string, type: number])[] },
): string {
  const writer = new BtfWriter();
  const { ret = 0, params = [] } = make(writer);
  const proto = writer.add(
    13,
    '',
    params.length,
    ret,
    params.flatMap(([name, type]) => [writer.string(name), type]),
  );
  const func = writer.add(12, 'f', 1, proto);
  return funcPrototype(parse(writer), func);
}

function parse(writer: BtfWriter): Btf {
  return new Btf(writer.build(), '.BTF', (what) => new ObjectError('x.o', what));
}

describe('the prototype of a function', () => {
  it('stands as bpftool writes it, with a space behind the star', () => {
    expect(
      prototypeOf((btf) => ({
        ret: btf.int('int', 4, true),
        params: [['ctx', btf.pointer(btf.struct('xdp_md', 4, []))]],
      })),
    ).toBe('int f(struct xdp_md * ctx)');
  });

  it('has nothing between the parentheses without parameters', () => {
    expect(prototypeOf(() => ({}))).toBe('void f()');
  });

  it('writes every kind of type', () => {
    expect(
      prototypeOf((btf) => {
        const int = btf.int('int', 4, true);
        const text = btf.int('char', 1, true);
        const callback = btf.add(13, '', 2, int, [0, int, btf.string('name'), int]);
        return {
          ret: btf.add(16, 'double', 0, 8),
          params: [
            ['text', btf.pointer(btf.add(10, '', 0, text))],
            ['busy', btf.add(9, '', 0, int)],
            ['only', btf.add(11, '', 0, btf.pointer(0))],
            ['number', btf.typedef('__u64', int)],
            ['either', btf.pointer(btf.add(5, 'either', 0, 4))],
            ['sign', btf.add(6, 'sign', 0, 4)],
            ['wide', btf.add(19, 'wide', 0, 8)],
            ['later', btf.pointer(btf.add(7, 'later', 0, 0))],
            ['other', btf.pointer(btf.add(7, 'other', 0, 0, [], 1))],
            ['row', btf.pointer(btf.array(int, int, 3))],
            ['run', btf.pointer(callback)],
            ['', int],
            ['', 0],
          ],
        };
      }),
    ).toBe(
      'double f(const char * text, volatile int busy, restrict void * only, __u64 number, union either * either, ' +
        'enum sign sign, enum wide wide, struct later * later, union other * other, int [3]* row, ' +
        'int (int, int name)* run, int, ...)',
    );
  });

  it('is not printed when bpftool gives up on it', () => {
    expect(prototypeOf((btf) => ({ ret: btf.pointer(btf.add(18, 'user', 0, 0)) }))).toBe('');
    expect(prototypeOf((btf) => ({ params: [['x', btf.typedef('t'.repeat(1013), 0)]] }))).toHaveLength(1023);
    expect(prototypeOf((btf) => ({ params: [['x', btf.typedef('t'.repeat(1014), 0)]] }))).toBe('');
  });

  it('ends on types that refer to themselves', () => {
    // The pointer is type 1 and points to type 1.
    expect(prototypeOf((btf) => ({ ret: btf.pointer(1) }))).toBe('');
  });

  it('is empty for ids that are no function', () => {
    const writer = new BtfWriter();
    const int = writer.int('int', 4);
    const func = writer.add(12, 'f', 1, int);
    const btf = parse(writer);
    expect([0, -1, int, func, func + 1].map((id) => funcPrototype(btf, id))).toEqual(['', '', '', '', '']);
  });
});
