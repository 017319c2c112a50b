/**
 * The functions of an object: the symbols of type FUNC in its executable sections. Those in `.text` are subprograms,
 * which become part of the programs that call them; all others are entry functions of programs. Source:
 * `bpf_object__add_programs()`, tools/lib/bpf/libbpf.c, Linux 6.12.
 */
import { lowerBound } from './btf-ext.js';
import { STB_LOCAL, STT_FUNC, STV_HIDDEN, STV_INTERNAL } from './elf.js';
import { describeSection, SHF_EXECINSTR, SHT_PROGBITS, SHT_REL } from './elf-sections.js';
import type { ElfFile } from './elf.js';
import type { ElfSection } from './elf-sections.js';
import { printable } from './string-table.js';
import type { ErrorMaker } from './string-table.js';

const SLOT_BYTES = 8;
/** Most functions of an object. */
const MAX_FUNCTIONS = 65_536;
/** All functions together, in slots: they may overlap, and each gets a copy of its code. */
const MAX_SLOTS = 4_000_000;

/** An executable section, its relocations sorted by slot. */
export interface CodeSection {
  readonly section: ElfSection;
  /** Two words per slot, see src/isa/insn.ts. */
  readonly words: Int32Array;
  /** Slot and symbol index of each relocation. */
  readonly relocSlots: Uint32Array;
  readonly relocSymbols: Uint32Array;
}

/** A function as the compiler left it. */
export interface FunctionCode {
  /** Place in `ObjectCode.functions`. */
  readonly index: number;
  readonly name: string;
  readonly code: CodeSection;
  /** First slot in the section, and number of slots. */
  readonly start: number;
  readonly length: number;
  /** The symbol is not local to the file. */
  readonly globalSymbol: boolean;
  /** Hidden or internal visibility: libbpf makes its BTF static, so that it is checked with its callers. */
  readonly hidden: boolean;
}

/** All functions, by section and slot. */
export interface ObjectCode {
  readonly functions: readonly FunctionCode[];
  /** Index of the section `.text`, 0 when there is no code in it. */
  readonly textSection: number;
}

/** Is the function a subprogram, never loaded on its own? */
export function isSubprogram(code: ObjectCode, fn: FunctionCode): boolean {
  return fn.code.section.index === code.textSection;
}

/**
 * Reads all executable sections, their relocations and functions.
 * @throws what `bad` makes, when a function or relocation leaves its section or is cut across an instruction
 */
export function readCode(elf: ElfFile, bad: ErrorMaker): ObjectCode {
  const sections = new Map<number, CodeSection>();
  const relocations = relocationSections(elf);
  let textSection = 0;
  let bytes = 0;
  for (const section of elf.sections) {
    if (section.type !== SHT_PROGBITS || section.size === 0 || (section.flags & SHF_EXECINSTR) === 0)
      continue;
    const parts = relocations.get(section.index) ?? [];
    for (const part of [section, ...parts]) elf.contents(part);
    bytes += parts.reduce((sum, part) => sum + part.size, section.size);
    if (bytes > elf.fileSize) throw bad(`${describeSection(section)}: overlaps another section`);
    if (section.name === '.text') textSection = section.index;
    sections.set(section.index, readSection(section, parts, elf, bad));
  }

  const found: Omit<FunctionCode, 'index'>[] = [];
  let slots = 0;
  for (let i = 0; i < elf.symbolCount; i++) {
    const symbol = elf.symbol(i);
    if (symbol.type !== STT_FUNC) continue;
    const code = sections.get(symbol.section);
    if (code === undefined) continue;
    const name = elf.symbolName(symbol);
    const where = `${describeSection(code.section)}: function "${printable(name)}"`;
    if (symbol.value + symbol.size > code.section.size) {
      throw bad(
        `${where}: ${symbol.size} bytes at offset ${symbol.value} run past the end of the section (${code.section.size} bytes)`,
      );
    }
    if (symbol.size === 0 || symbol.size % SLOT_BYTES !== 0 || symbol.value % SLOT_BYTES !== 0) {
      throw bad(`${where}: ${symbol.size} bytes at offset ${symbol.value} are no whole instructions`);
    }
    found.push({
      name,
      code,
      start: symbol.value / SLOT_BYTES,
      length: symbol.size / SLOT_BYTES,
      globalSymbol: symbol.binding !== STB_LOCAL,
      hidden: symbol.visibility === STV_HIDDEN || symbol.visibility === STV_INTERNAL,
    });
    if (found.length > MAX_FUNCTIONS) throw bad(`more than ${MAX_FUNCTIONS} functions`);
    slots += symbol.size / SLOT_BYTES;
    if (slots > MAX_SLOTS) throw bad(`${where}: the functions have more than ${MAX_SLOTS} instructions`);
  }
  found.sort((a, b) => a.code.section.index - b.code.section.index || a.start - b.start);
  return { functions: found.map((fn, index) => ({ ...fn, index })), textSection };
}

/** The relocation sections by the section they are for. */
function relocationSections(elf: ElfFile): Map<number, ElfSection[]> {
  const byTarget = new Map<number, ElfSection[]>();
  for (const section of elf.sections) {
    if (section.type !== SHT_REL) continue;
    const known = byTarget.get(section.info);
    if (known === undefined) byTarget.set(section.info, [section]);
    else known.push(section);
  }
  return byTarget;
}

function readSection(
  section: ElfSection,
  relocations: readonly ElfSection[],
  elf: ElfFile,
  bad: ErrorMaker,
): CodeSection {
  const bytes = elf.contents(section);
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const words = new Int32Array(2 * Math.floor(bytes.length / SLOT_BYTES));
  for (let i = 0; i < words.length; i++) words[i] = view.getInt32(4 * i, true);

  const parts = relocations.map((other) => ({ other, ...elf.relocations(other, section) }));
  const count = parts.reduce((sum, part) => sum + part.offsets.length, 0);
  const relocSlots = new Uint32Array(count);
  const relocSymbols = new Uint32Array(count);
  // Sorted by slot, then by place in the file: both fit one exact number.
  const order = new Float64Array(count);
  const symbols = new Uint32Array(count);
  let next = 0;
  for (const part of parts) {
    for (let i = 0; i < part.offsets.length; i++, next++) {
      const offset = part.offsets[i];
      if (offset % SLOT_BYTES !== 0) {
        throw bad(
          `${describeSection(part.other)}: relocation ${i} at offset ${offset} is inside an instruction`,
        );
      }
      order[next] = (offset / SLOT_BYTES) * count + next;
      symbols[next] = part.symbols[i]!;
    }
  }
  order.sort();
  for (let i = 0; i < count; i++) {
    const key = order[i];
    relocSlots[i] = Math.floor(key / count);
    relocSymbols[i] = symbols[key % count];
    if (i > 0 && relocSlots[i] === relocSlots[i - 1]) {
      throw bad(`${describeSection(section)}: two relocations at offset ${SLOT_BYTES * relocSlots[i]}`);
    }
  }
  return { section, words, relocSlots, relocSymbols };
}

/** The relocations of a function: a range of indices in its section's. */
export function relocationRange(fn: FunctionCode): { from: number; to: number } {
  const { relocSlots } = fn.code;
  return { from: lowerBound(relocSlots, fn.start), to: lowerBound(relocSlots, fn.start + fn.length) };
}

/**
 * The function that holds slot `slot` of section `section`, of overlapping ones the last to start; undefined when there
 * is none (`find_prog_by_sec_insn()` of libbpf).
 */
export function functionAt(code: ObjectCode, section: number, slot: number): FunctionCode | undefined {
  const { functions } = code;
  let low = 0;
  let high = functions.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    const fn = functions[middle];
    const at = fn.code.section.index;
    if (at < section || (at === section && fn.start <= slot)) low = middle + 1;
    else high = middle;
  }
  const fn = low > 0 ? functions[low - 1] : undefined;
  return fn !== undefined && fn.code.section.index === section && slot < fn.start + fn.length
    ? fn
    : undefined;
}
