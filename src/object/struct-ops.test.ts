import { describe, expect, it } from 'vitest';
import { BtfWriter } from '../testing/btf-writer.js';
import { ElfWriter } from '../testing/elf-writer.js';
import { Btf, ObjectError, parseObject } from './index.js';
import type { BpfObject, KernelTarget } from './index.js';

const EXIT = [0x95, 0];
const FUNC_PROTO = 13;
const GLOBAL = 1;

/** Types with `struct ops` of the given members; those whose name starts with `op_` point to functions. */
function withOps(members: readonly string[], { registered = true, name = 'ops' } = {}): BtfWriter {
  const btf = new BtfWriter();
  const int = btf.int('int', 4);
  const pointer = btf.pointer(btf.add(FUNC_PROTO, '', 0, int));
  const ops = btf.struct(
    name,
    8 * members.length,
    members.map((member, i) => [member, member.startsWith('op_') ? pointer : int, 64 * i]),
  );
  if (registered) btf.struct('bpf_struct_ops_ops', 8, [['data', ops, 0]]);
  return btf;
}

function kernelOf(types: BtfWriter): KernelTarget {
  return { btf: new Btf(types.build(), 'vmlinux', (what) => new ObjectError('kernel', what)) };
}

/** An object whose `struct ops` of two members, the second `op_start`, refers to the program `start` at the offset. */
function objectOf(
  kernel?: KernelTarget,
  { offset = 8, name = 'ops', section = '.struct_ops' } = {},
): BpfObject {
  const btf = withOps(['op_stop', 'op_start'], { registered: false, name });
  const variable = btf.variable('mine', 4, GLOBAL);
  btf.datasec(section, 16, [[variable, 0, 16]]);
  const elf = new ElfWriter();
  elf.code('struct_ops.s/start', EXIT);
  elf.code('struct_ops/other', EXIT);
  const data = elf.section({ name: section, bytes: new Uint8Array(16) });
  const start = elf.function('start', 3, 0, 1);
  elf.function('other', 4, 0, 1);
  elf.symbol({ name: 'mine', section: data, binding: 1, type: 1, size: 16 });
  elf.relocations(data, [[offset, start]]);
  elf.section({ name: '.BTF', bytes: btf.build() });
  return parseObject(elf.build(), 'x.o', kernel === undefined ? {} : { kernel });
}

describe('struct_ops programs', () => {
  it.each(['.struct_ops', '.struct_ops.link', '?.struct_ops', '?.struct_ops.link'])(
    'implement the member of the kernel that has the name of theirs, assigned in %s',
    (section) => {
      const { programs } = objectOf(kernelOf(withOps(['owner', 'op_start', 'op_stop'])), { section });
      expect(programs).toMatchObject([
        { name: 'start', type: 27, attachType: 1, attachTarget: 'ops', flags: 1 << 4 },
      ]);
    },
  );

  it('may have a structure of another flavor', () => {
    const { programs } = objectOf(kernelOf(withOps(['op_start'])), { name: 'ops___old' });
    expect(programs).toMatchObject([{ name: 'start', attachType: 0, attachTarget: 'ops' }]);
  });

  it('that nothing refers to say so', () => {
    expect(objectOf(kernelOf(withOps(['op_start']))).failures).toEqual([
      {
        program: 'other',
        section: 'struct_ops/other',
        reason: 'no variable in section ".struct_ops" refers to the program',
      },
    ]);
  });

  it.each([
    ['without a kernel', undefined, {}, `needs a kernel's BTF`],
    [
      'a structure the kernel does not register',
      withOps(['op_start'], { registered: false }),
      {},
      'is none of the kernel',
    ],
    ['a member the kernel does not have', withOps(['op_stop']), {}, 'has no member "op_start" in the kernel'],
    ['an offset inside a member', withOps(['op_start']), { offset: 9 }, 'has no member at offset 9'],
  ])('refuse %s', (_, types, given, reason) => {
    const { programs, failures } = objectOf(types && kernelOf(types), given);
    expect(programs).toEqual([]);
    expect(failures[0].reason).toMatch(new RegExp(`^struct_ops structure "ops".*${reason}`));
  });

  it('refuse a member that is no function in the kernel', () => {
    const types = new BtfWriter();
    const int = types.int('int', 4);
    const ops = types.struct('ops', 8, [['op_start', int, 0]]);
    types.struct('bpf_struct_ops_ops', 8, [['data', ops, 0]]);
    expect(objectOf(kernelOf(types)).failures[0].reason).toBe(
      'struct_ops structure "ops": "op_start" is no function in the kernel',
    );
  });
});
