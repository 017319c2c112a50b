/**
 * Layout of a whole program as `bpftool prog dump xlated` prints it: `dump_xlated_plain()` of
 * tools/bpf/bpftool/xlated_dumper.c and `btf_dump_linfo_plain()` of btf_dumper.c, Linux 6.12.
 *
 *     int count(struct __sk_buff * skb):          head of a function
 *     ; __u32 key = 0;                            source line (with linum: ` [file:… line_num:… line_col:…]` behind it)
 *        0: (b7) r1 = 0                           slot, text
 *           b7 01 00 00 00 00 00 00               bytes, with opcodes
 */
import { disassemble, type DisasmNames } from './disassembler.js';
import { codeOf } from './insn.js';
import { LD_IMM64 } from './opcodes.js';

/** A function of the program. */
export interface ListedFunction {
  readonly slot: number;
  /** What stands before the colon; an empty one is not printed. */
  readonly head: string;
}

/** Where the code from a slot on comes from. */
export interface ListedLine {
  readonly slot: number;
  readonly source: string;
  readonly file: string;
  readonly line: number;
  readonly column: number;
}

export interface ListingOptions {
  readonly names?: DisasmNames;
  /** In order of their slots. */
  readonly functions?: readonly ListedFunction[];
  /** In order of their slots. */
  readonly lines?: readonly ListedLine[];
  /** Print the bytes of every instruction. */
  readonly opcodes?: boolean;
  /** Print file, line and column behind source lines. */
  readonly linum?: boolean;
}

/** The lines of a program in words (two per slot), each without its line end, one after the other. */
export function* listing(words: Int32Array, options: ListingOptions = {}): Generator<string, void> {
  const { functions = [], lines = [], opcodes = false, linum = false } = options;
  const slots = words.length >> 1;
  let nextFunction = 0;
  let linesPrinted = 0;
  for (let slot = 0; slot < slots; slot++) {
    if (nextFunction < functions.length && functions[nextFunction].slot === slot) {
      const { head } = functions[nextFunction++];
      if (head !== '') yield `${head}:`;
    }
    // Like bpftool: of several entries that have become due the last is printed, and each print uses up one.
    let due = linesPrinted - 1;
    while (due + 1 < lines.length && lines[due + 1].slot <= slot) due++;
    if (due >= linesPrinted) {
      yield sourceText(lines[due], linum);
      linesPrinted++;
    }
    yield `${slot.toString().padStart(4)}: ${disassemble(words, slot, options.names)}`;
    const double = codeOf(words[2 * slot]) === LD_IMM64;
    if (opcodes) {
      const second = double && slot + 1 < slots ? ` ${bytesText(words, slot + 1)}` : '';
      yield `       ${bytesText(words, slot)}${second}`;
    }
    if (double) slot++;
  }
}

function sourceText(entry: ListedLine, linum: boolean): string {
  const source = entry.source.replace(/^[ \t\n\v\f\r]+/, '');
  if (!linum) return `; ${source}`;
  return `; ${source} [file:${entry.file} line_num:${entry.line} line_col:${entry.column}]`;
}

/** The eight bytes of a slot in the order they have in memory. */
function bytesText(words: Int32Array, slot: number): string {
  const bytes: string[] = [];
  for (let word = 2 * slot; word < 2 * slot + 2; word++)
    for (let shift = 0; shift < 32; shift += 8)
      bytes.push(((words[word] >>> shift) & 0xff).toString(16).padStart(2, '0'));
  return bytes.join(' ');
}
