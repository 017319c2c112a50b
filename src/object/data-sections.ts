/**
 * DATASEC types: which variables an ELF data section holds. Clang leaves their sizes and offsets zero, the static linker
 * fills them in; hidden variables count as static either way. Source: `btf_fixup_datasec()`, tools/lib/bpf/libbpf.c, 6.12.
 */
import { BTF_KIND_DATASEC, BTF_KIND_VAR, BTF_LINKAGE_EXTERN, BTF_LINKAGE_STATIC } from './btf-kinds.js';
import type { Btf } from './btf.js';
import { STB_GLOBAL, STB_WEAK, STT_OBJECT, STV_HIDDEN, STV_INTERNAL } from './elf.js';
import type { ElfFile, ElfSymbol } from './elf.js';
import { printable } from './string-table.js';
import type { ErrorMaker } from './string-table.js';

/** A variable of a data section. */
export interface DataVariable {
  readonly name: string;
  /** Id of the VAR. */
  readonly id: number;
  /** Byte offset in the ELF section. */
  readonly offset: number;
  /** Bytes, as the DATASEC has it. */
  readonly size: number;
  /** `BTF_LINKAGE_…`, static for hidden variables. */
  readonly linkage: number;
}

/** Symbols of global variables by name, the first of each. */
export class VariableSymbols {
  private symbols: Map<string, ElfSymbol> | undefined;

  constructor(private readonly elf: ElfFile) {}

  find(name: string): ElfSymbol | undefined {
    if (this.symbols === undefined) {
      const symbols = new Map<string, ElfSymbol>();
      const { elf } = this;
      for (let i = 0; i < elf.symbolCount; i++) {
        const symbol = elf.symbol(i);
        if (symbol.type !== STT_OBJECT || (symbol.binding !== STB_GLOBAL && symbol.binding !== STB_WEAK))
          continue;
        const symbolName = elf.symbolName(symbol);
        if (!symbols.has(symbolName)) symbols.set(symbolName, symbol);
      }
      this.symbols = symbols;
    }
    return this.symbols.get(name);
  }
}

/** The DATASEC types of an object, each read once. */
export class DataSections {
  private readonly known = new Map<string, readonly DataVariable[] | undefined>();
  private readonly exposed = new Map<string, boolean>();

  constructor(
    private readonly btf: Btf,
    private readonly symbols: VariableSymbols,
    private readonly bad: ErrorMaker,
  ) {}

  /**
   * The variables of the first DATASEC of that name, by offset; undefined when there is none.
   * @throws when an element is no VAR, or a global variable whose place is not known has no symbol
   */
  variables(section: string): readonly DataVariable[] | undefined {
    if (this.known.has(section)) return this.known.get(section);
    const id = this.btf.findByName(section, BTF_KIND_DATASEC);
    const variables = id === 0 ? undefined : this.read(section, id);
    this.known.set(section, variables);
    return variables;
  }

  /** Does the section hold a variable that other files can name? */
  isExposed(section: string): boolean {
    const known = this.exposed.get(section);
    if (known !== undefined) return known;
    const exposed = (this.variables(section) ?? []).some(({ linkage }) => linkage !== BTF_LINKAGE_STATIC);
    this.exposed.set(section, exposed);
    return exposed;
  }

  private read(section: string, id: number): DataVariable[] {
    const { btf, bad } = this;
    const fixOffsets = btf.size(id) === 0;
    const variables: DataVariable[] = [];
    for (let i = 0; i < btf.vlen(id); i++) {
      const { type, offset, size } = btf.secInfo(id, i);
      if (btf.kind(type) !== BTF_KIND_VAR) {
        throw bad(
          `DATASEC ${printable(section)}: element ${i} is of kind ${btf.kindName(type)} instead of var`,
        );
      }
      const name = btf.typeName(type);
      const linkage = btf.varLinkage(type);
      if (linkage === BTF_LINKAGE_STATIC || linkage === BTF_LINKAGE_EXTERN) {
        variables.push({ name, id: type, offset, size, linkage });
        continue;
      }
      const symbol = this.symbols.find(name);
      if (symbol === undefined && fixOffsets) {
        throw bad(`DATASEC ${printable(section)}: variable "${printable(name)}" has no symbol`);
      }
      const hidden = symbol?.visibility === STV_HIDDEN || symbol?.visibility === STV_INTERNAL;
      variables.push({
        name,
        id: type,
        offset: fixOffsets && symbol !== undefined ? symbol.value : offset,
        size,
        linkage: hidden ? BTF_LINKAGE_STATIC : linkage,
      });
    }
    return variables.sort((a, b) => a.offset - b.offset);
  }
}
