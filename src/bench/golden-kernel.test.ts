import { describe, expect, it } from 'vitest';
import { profileOf } from '../kernel/index.js';
import { KernelSymbols } from './golden-kernel.js';

describe('names of kernel symbols', () => {
  const symbols = new KernelSymbols(
    { aliases: { jiffies: ['jiffies_64'] }, symbols: { jiffies: 'ffffffff82c079c0' } },
    profileOf('6.12'),
  );

  it('are those of the goldens where an address has several', () => {
    expect(symbols.canonical('jiffies_64')).toBe('jiffies');
    expect(symbols.canonical('jiffies')).toBe('jiffies');
  });

  it('have a distance in place of a member', () => {
    expect(symbols.canonical('pcpu_hot.cpu_number')).toBe('pcpu_hot+0xc');
    expect(symbols.canonical('pcpu_hot.no_such_member')).toBe('pcpu_hot.no_such_member');
  });

  it('say of an allocated object only that it is one', () => {
    expect(symbols.canonical('bpf_prog_aux')).toBe('heap');
  });

  it('have the addresses that the kernel has, under every name', () => {
    expect(symbols.address('jiffies_64')).toBe(0xffffffff82c079c0n);
    expect(symbols.nameAt(0xffffffff82c079c0n)).toBe('jiffies');
    expect(symbols.address('no_such_symbol')).toBeUndefined();
  });
});
