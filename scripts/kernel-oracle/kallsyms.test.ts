import { describe, expect, it } from 'vitest';
import { Kallsyms } from './kallsyms.js';

const TABLE = [
  '0000000000000000 A fixed_percpu_data',
  '00000000000351c0 D pcpu_hot',
  'ffffffff81200000 T __bpf_call_base',
  'ffffffff811ffff0 T __pfx___bpf_call_base',
  'ffffffff82c079c0 D jiffies_64',
  'ffffffff82c079c0 D jiffies',
  'ffffffff82c079c0 D other_jiffies',
  'ffffffff82c08000 d init_task',
  'ffffffffc0001000 t bbr_init\t[tcp_bbr]',
].join('\n');

describe('names of kernel addresses', () => {
  const symbols = new Kallsyms(TABLE);

  it('counts call immediates from __bpf_call_base', () => {
    expect(symbols.callBase).toBe(0xffffffff81200000n);
  });

  it('shows the shortest of several names of one address and gives the others as aliases', () => {
    expect(symbols.exact(0xffffffff82c079c0n)).toBe('jiffies');
    expect(symbols.aliases(['jiffies', 'init_task', 'nothing'])).toEqual({
      jiffies: ['jiffies_64', 'other_jiffies'],
    });
  });

  it('gives addresses by the names it shows', () => {
    expect(symbols.addresses(['jiffies', 'nothing'])).toEqual({ jiffies: 'ffffffff82c079c0' });
  });

  it('adds the distance from the symbol in front of an address', () => {
    expect(symbols.describe(0xffffffff82c08010n)).toBe('init_task+0x10');
    expect(symbols.exact(0xffffffff82c08010n)).toBeUndefined();
  });

  it('knows functions of modules', () => {
    expect(symbols.describe(0xffffffffc0001000n)).toBe('bbr_init');
  });

  it('takes small numbers and numbers far behind every symbol for numbers', () => {
    expect(symbols.describe(0x351c0n)).toBeUndefined();
    expect(symbols.describe(0xffffffffffffffffn)).toBeUndefined();
  });

  it('names per-cpu variables by their offset', () => {
    expect(symbols.describePercpu(0x351cc)).toBe('pcpu_hot+0xc');
    expect(symbols.describePercpu(0x82c08000 | 0)).toBe('init_task');
  });

  it('refuses a table without addresses, as a reader without privileges gets it', () => {
    expect(() => new Kallsyms('0000000000000000 T __bpf_call_base\n')).toThrow(
      'no address of __bpf_call_base',
    );
  });
});
