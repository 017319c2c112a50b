/**
 * The kernel an object is relocated against: its types, configuration and symbols, as files and not as the running
 * machine has them.
 */
import { Btf } from './btf.js';
import { BTF_MAGIC } from './btf-header.js';
import { describeSection, ElfSections } from './elf-sections.js';
import { ObjectError } from './program.js';
import { withFile } from './read-file.js';
import type { ErrorMaker } from './string-table.js';

/** A loaded module of the kernel. */
export interface KernelModule {
  readonly name: string;
  /** Types of the kernel and, behind them, of the module. */
  readonly btf: Btf;
}

/** What relocation may need of a kernel; what is absent makes the programs that need it fail. */
export interface KernelTarget {
  /** Types of the kernel proper. */
  readonly btf: Btf;
  /** Modules whose types, functions and variables are looked at when the kernel proper lacks one, in that order. */
  readonly modules?: readonly KernelModule[];
  /** `uname -r`, e.g. `6.12.107+deb13-amd64`: the value of `LINUX_KERNEL_VERSION`. */
  readonly release?: string;
  /** The kernel's configuration: `CONFIG_HZ` is `250`, `CONFIG_BPF` is `y`, strings with their quotes. */
  readonly config?: ReadonlyMap<string, string>;
  /** Address of a kernel symbol; undefined when it does not exist. */
  readonly symbolAddress?: (name: string) => bigint | undefined;
}

/** Largest BTF that is read, in bytes; a kernel's has some 5 MiB. */
const MAX_BTF_BYTES = 64 * 1024 * 1024;

/**
 * Reads a kernel's BTF from a raw BTF file (`/sys/kernel/btf/vmlinux`) or an ELF file with a `.BTF` section (`vmlinux`).
 * @throws ObjectError when the file is neither or is damaged
 */
export function loadKernelBtf(path: string): Btf {
  return readBtf(path, (bytes, where, bad) => new Btf(bytes, where, bad));
}

/**
 * Reads a module's BTF from a raw BTF file (`/sys/kernel/btf/nf_conntrack`) or an ELF file (`nf_conntrack.ko`).
 * @param kernel the BTF of the kernel the module was built for
 * @throws ObjectError when the file is neither, is damaged or does not continue the kernel's BTF
 */
export function loadModuleBtf(path: string, kernel: Btf): Btf {
  return readBtf(path, (bytes, where, bad) => kernel.extend(bytes, where, bad));
}

/**
 * The bytes of the BTF in such a file.
 * @throws ObjectError when the file is neither
 */
export function rawBtf(path: string): Uint8Array {
  return readBtf(path, (bytes) => bytes.slice());
}

function readBtf<T>(path: string, parse: (bytes: Uint8Array, where: string, bad: ErrorMaker) => T): T {
  const bad: ErrorMaker = (what) => new ObjectError(path, what);
  return withFile(path, (source) => {
    const start = source.read(0, Math.min(2, source.size));
    if (start.length === 2 && (start[0] | (start[1] << 8)) === BTF_MAGIC) {
      if (source.size > MAX_BTF_BYTES) throw bad(`${source.size} bytes are more than BTF may have`);
      return parse(source.read(0, source.size), 'BTF', bad);
    }
    const elf = new ElfSections(source, bad);
    const section = elf.sectionByName('.BTF');
    if (section === undefined) throw bad('there is no .BTF section');
    if (section.size > MAX_BTF_BYTES) throw bad(`${section.size} bytes are more than BTF may have`);
    return parse(elf.contents(section), describeSection(section), bad);
  });
}

/** Reads a kernel's configuration (`/boot/config-RELEASE`); of several lines for one name the first counts. */
export function parseKernelConfig(text: string): Map<string, string> {
  const config = new Map<string, string>();
  for (const line of text.split('\n')) {
    const equals = line.indexOf('=');
    if (!line.startsWith('CONFIG_') || equals === -1) continue;
    const name = line.slice(0, equals);
    if (!config.has(name)) config.set(name, line.slice(equals + 1));
  }
  return config;
}

/**
 * Reads a kernel's symbols (`/proc/kallsyms`) for `KernelTarget.symbolAddress`. Names that stand for several addresses
 * have none here, as libbpf refuses to choose; of `name.llvm.123` variables the part before counts.
 */
export function parseKallsyms(text: string): (name: string) => bigint | undefined {
  const addresses = new Map<string, bigint | undefined>();
  for (const line of text.split('\n')) {
    const fields = /^([0-9a-f]+) (\S) (\S+)/.exec(line);
    if (fields === null) continue;
    const address = BigInt(`0x${fields[1]}`);
    const suffix = fields[2] === 'd' ? fields[3].indexOf('.llvm.') : -1;
    const name = suffix === -1 ? fields[3] : fields[3].slice(0, suffix);
    const known = addresses.has(name);
    addresses.set(name, known && addresses.get(name) !== address ? undefined : address);
  }
  return (name) => addresses.get(name);
}
