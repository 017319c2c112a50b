/** Uses of memory behind a pointer in a register. */
import { atomicOp, ldxMem, ldxMemsx, mov64Imm, mov64Reg, stMem, stxMem } from '../../isa/builders.js';
import { BPF_B, BPF_CMPXCHG, BPF_DW, BPF_H, BPF_LOAD_ACQ, BPF_STORE_REL, BPF_W } from '../../isa/opcodes.js';
import type { FunctionWriter } from './function-writer.js';
import { reg } from './function-writer.js';
import type { Draw, MemoryUse } from './model.js';

const BYTES: Readonly<Record<number, number>> = { [BPF_B]: 1, [BPF_H]: 2, [BPF_W]: 4, [BPF_DW]: 8 };

/** Size bits of an access of so many bytes. */
export function sizeBits(bytes: number): number {
  return bytes === 8 ? BPF_DW : bytes === 4 ? BPF_W : bytes === 2 ? BPF_H : BPF_B;
}

/** The memory at a register plus `from`, `bytes` long, eight at least; atomics and stores may be ruled out. */
export interface Memory {
  readonly base: number;
  readonly from: number;
  readonly bytes: number;
  readonly writable?: boolean;
  readonly atomics?: boolean;
}

function within({ from, bytes }: Memory, size: number, draw: Draw): number {
  return from + size * (draw % Math.floor(bytes / size));
}

/** Writes one use; what the memory or the release does not allow is left out. */
export function writeUse(writer: FunctionWriter, use: MemoryUse, memory: Memory): void {
  const { code, setting } = writer;
  const { base, writable = true, atomics = true } = memory;
  switch (use.do) {
    case 'load': {
      const bytes = BYTES[use.size];
      const offset = within(memory, bytes, use.draw);
      const load = use.signed && use.size !== BPF_DW && setting.newInsns ? ldxMemsx : ldxMem;
      load(code, use.size, reg(use.variable), base, offset);
      break;
    }
    case 'store': {
      if (!writable) break;
      const offset = within(memory, BYTES[use.size], use.draw);
      const { right } = use;
      if (right.kind === 'variable') stxMem(code, use.size, base, reg(right.variable), offset);
      else stMem(code, use.size, base, offset, right.value);
      break;
    }
    case 'atomic': {
      const { op } = use;
      if (!writable || !atomics) break;
      const newer = op === BPF_LOAD_ACQ || op === BPF_STORE_REL;
      if (newer && !setting.acquireRelease) break;
      const size = use.wide ? BPF_DW : BPF_W;
      let offset = within(memory, BYTES[size], use.draw);
      const variable = reg(use.variable);
      if (op === BPF_CMPXCHG) {
        // What is there, with whatever lies behind it in the upper half, or something else.
        if ((use.draw & 1) === 1) {
          offset -= (offset - memory.from) % 8;
          ldxMem(code, BPF_DW, 0, base, offset);
        } else {
          mov64Imm(code, 0, use.draw & 6);
        }
      }
      if (op === BPF_LOAD_ACQ) atomicOp(code, size, op, variable, base, offset);
      else atomicOp(code, size, op, base, variable, offset);
      if (op === BPF_CMPXCHG) mov64Reg(code, variable, 0);
      break;
    }
  }
}
