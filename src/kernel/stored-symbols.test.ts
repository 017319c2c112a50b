import { describe, expect, it } from 'vitest';
import { kernelTargetOf } from './image.js';
import { RELEASES } from './index.js';
import { packSymbols, unpackSymbols } from './stored-symbols.js';

const KALLSYMS = [
  '0000000000000000 A fixed_percpu_data',
  '000000000002f470 A bpf_prog_active',
  'ffffffff81000000 T _stext',
  'ffffffff81000010 t helper',
  'ffffffff81000020 t helper',
  'ffffffff81000020 T __pfx_bpf_link_put',
  'ffffffff81000030 T bpf_link_put',
  'ffffffff81000030 T bpf_link_release',
  'ffffffff81000040 t schedule.cold',
  'ffffffffc0001000 t nf_conntrack_find	[nf_conntrack]',
  '',
].join('\n');

describe('packSymbols', () => {
  it('keeps what C can name, once, in the kernel itself', () => {
    expect([...unpackSymbols(packSymbols(KALLSYMS))]).toEqual([
      ['_stext', 0xffffffff81000000n],
      ['bpf_link_put', 0xffffffff81000030n],
      ['bpf_link_release', 0xffffffff81000030n],
      ['fixed_percpu_data', 0n],
      ['bpf_prog_active', 0x2f470n],
    ]);
  });

  it('keeps addresses that start above zero', () => {
    expect([...unpackSymbols(packSymbols('0000000000000081 A late\n'))]).toEqual([['late', 0x81n]]);
  });

  it('refuses a table without addresses, as readers without privileges see it', () => {
    expect(() => packSymbols('0000000000000000 T _stext\n0000000000000000 t schedule\n')).toThrow(
      'kallsyms: no addresses',
    );
    expect(() => packSymbols('')).toThrow('kallsyms: no addresses');
  });
});

describe('the symbols of the stored kernels', () => {
  it.each(RELEASES)('%s knows functions, variables and per-cpu variables by address', (release) => {
    const address = kernelTargetOf(release).symbolAddress!;
    for (const name of ['bpf_link_fops', 'schedule', 'init_task', '__bpf_call_base'])
      expect(address(name)).toBeGreaterThan(0xffffffff80000000n);
    expect(address('bpf_prog_active')).toBeDefined();
    expect(address('no_such_symbol')).toBeUndefined();
  });
});
