/**
 * Externs: symbols that the object uses and somebody else has. BTF tells which section a declaration is in: `.kconfig`
 * for values of the kernel's configuration, `.ksyms` for the kernel's variables and functions (kfuncs).
 */
import { BTF_KIND_DATASEC, BTF_KIND_FUNC } from './btf.js';
import type { Btf } from './btf.js';
import { SHN_UNDEF, STB_GLOBAL, STB_WEAK, STT_NOTYPE } from './elf.js';
import type { ElfSymbol } from './elf.js';
import { printable } from './string-table.js';

/** Is the symbol one that another file or the kernel has to provide? */
export function isExtern(symbol: ElfSymbol): boolean {
  return (
    symbol.section === SHN_UNDEF &&
    symbol.type === STT_NOTYPE &&
    (symbol.binding === STB_GLOBAL || symbol.binding === STB_WEAK)
  );
}

/** Why a program that uses the extern cannot be made: one line. */
export function explainExtern(name: string, btf: Btf | undefined): string {
  const shown = printable(name);
  for (const id of btf?.idsByName(name) ?? []) {
    const section = sectionOf(id, btf!);
    if (section === undefined) continue;
    if (btf!.kind(id) === BTF_KIND_FUNC)
      return `kernel function "${shown}" (${section}) needs a kernel's BTF`;
    return `extern "${shown}" (${section}) is not supported yet`;
  }
  return `extern "${shown}" has no BTF declaration`;
}

function sectionOf(variable: number, btf: Btf): string | undefined {
  for (let id = 1; id < btf.typeCount; id++) {
    if (btf.kind(id) !== BTF_KIND_DATASEC) continue;
    for (let i = 0; i < btf.vlen(id); i++) {
      if (btf.secInfo(id, i).type === variable) return btf.typeName(id);
    }
  }
  return undefined;
}
