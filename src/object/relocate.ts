/**
 * Relocation of one function: references to maps, global data and other functions, wherever the function ends up. What
 * depends on the place, the distance of calls, is left to link.ts.
 *
 *     ldimm64 rX, map           source BPF_PSEUDO_MAP_FD, immediate = index of the map
 *     ldimm64 rX, variable      source BPF_PSEUDO_MAP_VALUE, immediate = index of the map, second immediate = byte offset
 *     ldimm64 rX, function      source BPF_PSEUDO_FUNC, noted in `callSlots`
 *     call function             noted in `callSlots`
 *
 * Source: `bpf_program__record_reloc()`, `bpf_object__relocate_data()` and `bpf_object__reloc_code()`,
 * tools/lib/bpf/libbpf.c, Linux 6.12.
 */
import { codeOf, dstOf, offOf, srcOf, withSrc } from '../isa/insn.js';
import {
  BPF_CALL,
  BPF_JMP,
  BPF_PSEUDO_BTF_ID,
  BPF_PSEUDO_CALL,
  BPF_PSEUDO_FUNC,
  BPF_PSEUDO_MAP_FD,
  BPF_PSEUDO_MAP_VALUE,
  LD_IMM64,
} from '../isa/opcodes.js';
import { recordsInRange } from './btf-ext.js';
import type { BtfExt } from './btf-ext.js';
import type { CoreRelocator } from './core-relo.js';
import { STB_GLOBAL, STB_LOCAL, STB_WEAK, STT_FUNC, STT_SECTION } from './elf.js';
import { describeSection, SHN_LORESERVE, SHN_UNDEF } from './elf-sections.js';
import type { ElfFile, ElfSymbol } from './elf.js';
import { isExtern } from './externs.js';
import type { Externs } from './externs.js';
import { functionAt, relocationRange } from './functions.js';
import type { FunctionCode, ObjectCode } from './functions.js';
import type { MapPlaces } from './map-places.js';
import { printable } from './string-table.js';
import type { ErrorMaker } from './string-table.js';

const SLOT_BYTES = 8;
const CALL = BPF_JMP | BPF_CALL;

/** Why a program that contains the function cannot be made. */
export interface FunctionFailure {
  /** Slot in the function. */
  readonly slot: number;
  /** What is wrong there; one line, without the slot. */
  readonly reason: string;
}

/** A function ready to be placed in a program. */
export interface RelocatedFunction {
  readonly fn: FunctionCode;
  /** The function's own copy of its words; calls still to be aimed. */
  readonly words: Int32Array;
  /** Slots in the function of the calls and address loads of functions, ascending. */
  readonly callSlots: readonly number[];
  /** What they aim at, in the same order. */
  readonly callTargets: readonly FunctionCode[];
  readonly failure: FunctionFailure | undefined;
}

/** What the relocation at a slot aims at when that is no function: somebody else's symbol, or a map. */
const EXTERN = -1;
const MAP = -2;

/** What relocation reads of an object. */
export interface RelocatorInput {
  readonly elf: ElfFile;
  readonly code: ObjectCode;
  readonly maps: MapPlaces;
  readonly externs: Externs;
  readonly ext: BtfExt;
  /** Absent when the object has no BTF. */
  readonly core: CoreRelocator | undefined;
  readonly bad: ErrorMaker;
}

/** Relocates functions one by one; each only once. */
export class Relocator {
  private readonly done: (RelocatedFunction | undefined)[];

  constructor(private readonly object: RelocatorInput) {
    this.done = new Array<RelocatedFunction | undefined>(object.code.functions.length);
  }

  /**
   * The function, relocated.
   * @throws what the error maker makes, when a relocation names a symbol that cannot be
   */
  relocated(fn: FunctionCode): RelocatedFunction {
    const known = this.done[fn.index];
    if (known !== undefined) return known;
    const made = this.relocate(fn);
    this.done[fn.index] = made;
    return made;
  }

  private relocate(fn: FunctionCode): RelocatedFunction {
    const { code, elf } = this.object;
    const words = fn.code.words.slice(2 * fn.start, 2 * (fn.start + fn.length));
    /** Slot in `.text` that the relocated instruction at a slot of the function aims at, `EXTERN` or `MAP`. */
    const aims = new Map<number, number>();
    let failure: FunctionFailure | undefined;
    const fail = (slot: number, reason: string): void => {
      if (failure === undefined || slot < failure.slot) failure = { slot, reason };
    };

    this.applyCoreRelos(fn, words, fail);
    const { from, to } = relocationRange(fn);
    for (let i = from; i < to; i++) {
      const slot = fn.code.relocSlots[i] - fn.start;
      if (functionAt(code, fn.code.section.index, fn.start + slot) !== fn) continue;
      const symbol = elf.symbol(fn.code.relocSymbols[i]);
      const reason = this.apply(words, slot, symbol, aims);
      if (reason !== undefined) fail(slot, reason);
    }

    const callSlots: number[] = [];
    const callTargets: FunctionCode[] = [];
    for (let slot = 0; slot < fn.length; slot++) {
      const w0 = words[2 * slot];
      const opcode = codeOf(w0);
      const isCall = opcode === CALL && srcOf(w0) === BPF_PSEUDO_CALL && dstOf(w0) === 0 && offOf(w0) === 0;
      const isPseudoLoad = opcode === LD_IMM64 && srcOf(w0) !== 0;
      if (!isCall && !isPseudoLoad) continue;
      let aim = aims.get(slot);
      if (aim === EXTERN || aim === MAP) continue;
      if (isPseudoLoad && srcOf(w0) !== BPF_PSEUDO_FUNC) {
        // The number of an open file or an index of one: it means nothing outside the process that wrote it.
        if (srcOf(w0) !== BPF_PSEUDO_BTF_ID) fail(slot, 'load of a map by number, without a relocation');
        continue;
      }
      if (aim === undefined) {
        if (!isCall) {
          fail(slot, "load of a function's address without a relocation");
          continue;
        }
        // Within one section the compiler writes the distance itself.
        aim = fn.start + slot + words[2 * slot + 1] + 1;
      }
      const target = functionAt(code, code.textSection, aim);
      if (target === undefined) {
        fail(slot, `call of slot ${aim} of .text, where no function is`);
        continue;
      }
      callSlots.push(slot);
      callTargets.push(target);
    }
    return { fn, words, callSlots, callTargets, failure };
  }

  private applyCoreRelos(
    fn: FunctionCode,
    words: Int32Array,
    fail: (slot: number, reason: string) => void,
  ): void {
    const { code, ext, core } = this.object;
    const section = fn.code.section.index;
    const records = ext.coreRelos.get(section);
    if (records === undefined || core === undefined) return;
    const { from, to } = recordsInRange(records, fn.start, fn.start + fn.length);
    for (let i = from; i < to; i++) {
      if (functionAt(code, section, records.slots[i]) !== fn) continue;
      const slot = records.slots[i] - fn.start;
      const reason = core.apply(records, i, words, slot);
      if (reason !== undefined) fail(slot, reason);
    }
  }

  /** Applies one relocation to the function's words; returns what is wrong, or undefined. */
  private apply(
    words: Int32Array,
    slot: number,
    symbol: ElfSymbol,
    aims: Map<number, number>,
  ): string | undefined {
    const w0 = words[2 * slot];
    const imm = words[2 * slot + 1];
    const opcode = codeOf(w0);
    const { elf, code, maps, externs, bad } = this.object;
    const name = printable(elf.symbolName(symbol));
    if (symbol.section < SHN_LORESERVE && symbol.section >= elf.sections.length) {
      throw bad(`symbol ${symbol.index} ("${name}") is in section ${symbol.section}, which does not exist`);
    }
    const section = elf.sections.at(symbol.section);
    if (opcode !== CALL && opcode !== LD_IMM64) {
      return `relocation against "${name}" of an instruction with opcode 0x${opcode.toString(16)}`;
    }
    if (opcode === LD_IMM64 && 2 * slot + 3 >= words.length) return 'a 64-bit load is cut off';
    if (isExtern(symbol)) {
      aims.set(slot, EXTERN);
      return externs.apply(symbol.index, words, slot, maps.kconfigIndex);
    }

    if (opcode === CALL) {
      if (srcOf(w0) !== BPF_PSEUDO_CALL)
        return `relocation against "${name}" of a call that is not of a function`;
      if (symbol.section === SHN_UNDEF || symbol.section !== code.textSection) {
        return `call of "${name}" in ${section === undefined ? 'no section' : describeSection(section)}; only functions in .text can be called`;
      }
      if (symbol.value % SLOT_BYTES !== 0)
        return `call of "${name}" at offset ${symbol.value}, inside an instruction`;
      aims.set(slot, symbol.value / SLOT_BYTES + imm + 1);
      return undefined;
    }

    if (symbol.section === SHN_UNDEF || section === undefined) {
      return `"${name}" is in special section 0x${symbol.section.toString(16)}; a global variable needs an initial value`;
    }
    if (symbol.section === code.textSection && isFunctionReference(symbol)) {
      if ((symbol.value + imm) % SLOT_BYTES !== 0) {
        return `address of "${name}" at offset ${symbol.value + imm}, inside an instruction`;
      }
      words[2 * slot] = withSrc(w0, BPF_PSEUDO_FUNC);
      aims.set(slot, (symbol.value + imm) / SLOT_BYTES);
      return undefined;
    }

    const data = maps.ofDataSection(symbol.section);
    if (data !== undefined) {
      words[2 * slot] = withSrc(w0, BPF_PSEUDO_MAP_VALUE);
      words[2 * slot + 1] = data;
      words[2 * slot + 3] = imm + symbol.value;
      aims.set(slot, MAP);
      return undefined;
    }
    const map = maps.definedAt(symbol.section, symbol.value);
    if (map === undefined) {
      return `no map for "${name}" at offset ${symbol.value} of ${describeSection(section)}`;
    }
    words[2 * slot] = withSrc(w0, BPF_PSEUDO_MAP_FD);
    words[2 * slot + 1] = map;
    aims.set(slot, MAP);
    return undefined;
  }
}

/** A global function's symbol, or the section's for a static function, whose offset is then in the immediate. */
function isFunctionReference(symbol: ElfSymbol): boolean {
  if (symbol.binding === STB_LOCAL) return symbol.type === STT_SECTION;
  return (symbol.binding === STB_GLOBAL || symbol.binding === STB_WEAK) && symbol.type === STT_FUNC;
}
