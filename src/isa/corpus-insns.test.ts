import { readdirSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { loadObject } from '../object/index.js';
import { decodeInsn, encodeInsn, slotsOf } from './decode.js';
import { disassemble } from './disassembler.js';
import { LOADABLE, validityOf } from './validity.js';

const CORPUS = new URL('../../corpus/', import.meta.url);

describe('instructions that a compiler made', () => {
  it('are loadable, decode, and encode back to themselves', () => {
    let slots = 0;
    const forms = new Set<string>();
    for (const file of readdirSync(CORPUS).filter((name) => name.endsWith('.bpf.o'))) {
      for (const { name, insns } of loadObject(new URL(file, CORPUS).pathname).programs) {
        for (let slot = 0; 2 * slot < insns.length;) {
          const insn = decodeInsn(insns, slot);
          if (insn === undefined || validityOf(insns[2 * slot], insns[2 * slot + 1]) !== LOADABLE)
            throw new Error(`${file}: ${name}: insn ${slot}: ${disassemble(insns, slot)}`);
          const end = slot + slotsOf(insn);
          const encoded = encodeInsn(insn);
          for (let word = 2 * slot; word < 2 * end; word++)
            if (encoded[word - 2 * slot] !== insns[word])
              throw new Error(`${file}: ${name}: insn ${slot} encodes to something else`);
          forms.add(insn.form);
          slots += end - slot;
          slot = end;
        }
      }
    }
    expect(slots).toBeGreaterThan(100_000);
    expect([...forms].sort()).toEqual(
      expect.arrayContaining([
        ...['alu', 'atomic', 'call', 'end', 'exit', 'goto', 'jmp', 'ld-abs', 'ld-imm64', 'ld-ind'],
        ...['ldx', 'may-goto', 'movsx', 'st', 'stx'],
      ]),
    );
  });
});
