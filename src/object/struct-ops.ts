/**
 * What the programs of `struct_ops` sections implement. A variable in `.struct_ops` is the object's copy of a structure of
 * function pointers that the kernel has too, and relocations fill its members with programs:
 *
 *     SEC(".struct_ops") struct tcp_congestion_ops mine = { .init = (void *)my_init, … };
 *
 * A program is loaded for the member of the kernel's structure that has the name of the one it is assigned to. Source:
 * `bpf_object__collect_st_ops_relos()` and `bpf_map__init_kern_struct_ops()`, tools/lib/bpf/libbpf.c, Linux 6.12.
 */
import { BTF_KIND_FUNC_PROTO, BTF_KIND_PTR, BTF_KIND_STRUCT } from './btf-kinds.js';
import type { Btf } from './btf.js';
import { essentialName } from './core-types.js';
import { DataSections, VariableSymbols } from './data-sections.js';
import type { DataVariable } from './data-sections.js';
import { SHT_REL } from './elf-sections.js';
import type { ElfSection } from './elf-sections.js';
import type { ElfFile } from './elf.js';
import { functionAt } from './functions.js';
import type { FunctionCode, ObjectCode } from './functions.js';
import type { KernelTarget } from './kernel-target.js';
import { printable } from './string-table.js';
import type { ErrorMaker } from './string-table.js';

/** Sections of such variables; those with a `?` are not registered by themselves. */
const SECTIONS: ReadonlySet<string> = new Set([
  '.struct_ops',
  '.struct_ops.link',
  '?.struct_ops',
  '?.struct_ops.link',
]);
/** What the structure that the kernel registers is called: the prefix and the structure's own name. */
const REGISTERED_PREFIX = 'bpf_struct_ops_';

const SLOT_BYTES = 8;

/** The member that a program implements. */
export interface OpsMember {
  /** Structure in the kernel. */
  readonly structure: string;
  /** Place of the member in it. */
  readonly index: number;
}

/** Structures of operations in an object, resolved against a kernel. */
export class StructOps {
  private readonly members = new Map<FunctionCode, OpsMember | string>();

  /**
   * @throws what `bad` makes for relocations that cannot be, and variables without a place
   */
  constructor(
    private readonly elf: ElfFile,
    btf: Btf | undefined,
    private readonly code: ObjectCode,
    private readonly target: KernelTarget | undefined,
    bad: ErrorMaker,
  ) {
    if (btf === undefined) return;
    let variables: DataSections | undefined;
    for (const section of elf.sections) {
      if (!SECTIONS.has(section.name)) continue;
      variables ??= new DataSections(btf, new VariableSymbols(elf), bad);
      const defined = variables.variables(section.name);
      if (defined !== undefined) this.collect(section, defined, btf);
    }
  }

  /** The member that a function is assigned to, or what is wrong about that: one line. */
  memberOf(fn: FunctionCode): OpsMember | string {
    return this.members.get(fn) ?? 'no variable in section ".struct_ops" refers to the program';
  }

  private collect(section: ElfSection, variables: readonly DataVariable[], btf: Btf): void {
    const { elf, code } = this;
    for (const part of elf.sections) {
      if (part.type !== SHT_REL || part.info !== section.index) continue;
      const { offsets, symbols } = elf.relocations(part, section);
      for (let i = 0; i < offsets.length; i++) {
        const variable = variables.find(
          ({ offset, size }) => offsets[i] >= offset && offsets[i] < offset + size,
        );
        const symbol = elf.symbol(symbols[i]);
        const fn = functionAt(code, symbol.section, Math.floor(symbol.value / SLOT_BYTES));
        if (variable === undefined || fn === undefined || this.members.has(fn)) continue;
        this.members.set(fn, this.resolve(btf, btf.type(variable.id), offsets[i] - variable.offset));
      }
    }
  }

  /** @param offset bytes into the object's structure */
  private resolve(btf: Btf, typeId: number, offset: number): OpsMember | string {
    const local = btf.skipModifiers(typeId);
    if (btf.kind(local) !== BTF_KIND_STRUCT) return 'the struct_ops variable is no structure';
    const structure = essentialName(btf.typeName(local));
    const member = memberAt(btf, local, 8 * offset);
    const where = `struct_ops structure "${printable(structure)}"`;
    if (member === '') return `${where} has no member at offset ${offset}`;
    if (this.target === undefined) return `${where} needs a kernel's BTF`;
    const kernel = this.target.btf;
    const id = kernel.findByName(structure, BTF_KIND_STRUCT);
    if (id === 0 || kernel.findByName(REGISTERED_PREFIX + structure, BTF_KIND_STRUCT) === 0)
      return `${where} is none of the kernel's`;
    for (let index = 0; index < kernel.vlen(id); index++) {
      if (kernel.elementName(id, index) !== member) continue;
      return operationOf(kernel, id, index) === 0
        ? `${where}: "${printable(member)}" is no function in the kernel`
        : { structure, index };
    }
    return `${where} has no member "${printable(member)}" in the kernel`;
  }
}

/** Name of the member that starts at a bit offset; empty when none does. */
function memberAt(btf: Btf, id: number, bits: number): string {
  for (let i = 0; i < btf.vlen(id); i++) {
    if (btf.memberBitOffset(id, i) === bits) return btf.elementName(id, i);
  }
  return '';
}

/** Prototype of the function that a member points to; 0 when it points to none. */
export function operationOf(btf: Btf, structure: number, member: number): number {
  if (member < 0 || member >= btf.vlen(structure)) return 0;
  const pointer = btf.skipModifiers(btf.elementType(structure, member));
  if (btf.kind(pointer) !== BTF_KIND_PTR) return 0;
  const proto = btf.skipModifiers(btf.type(pointer));
  return btf.kind(proto) === BTF_KIND_FUNC_PROTO ? proto : 0;
}
