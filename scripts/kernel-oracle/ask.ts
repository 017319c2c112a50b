/** Asks one kernel about objects: fetch, unpack, boot, name. */
import { existsSync, mkdirSync, readFileSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import { fetchPackages } from './apt.js';
import { runGuest } from './guest.js';
import { unpackKernel } from './image.js';
import { Kallsyms } from './kallsyms.js';
import { ORACLE_KERNELS, type OracleKernel } from './kernels.js';
import { sha256Of, type GoldenKernel } from '../../src/bench/golden-format.js';
import type { ObjectTruth, ProgramTruth } from '../../src/bench/golden-truth.js';
import { nameObject, type RawObject } from './truth.js';

export interface AskOptions {
  /** Folder with `guest/` and `loader/`. */
  readonly sources: string;
  /** Where packages are kept between runs. */
  readonly cache: string;
  readonly seconds: number;
  readonly progress: (line: string) => void;
}

export interface Answer {
  readonly kernel: GoldenKernel;
  /** In the order asked. */
  readonly objects: readonly ObjectTruth[];
}

/** A file of each Debian package that is needed. */
const TOOLS: readonly (readonly [path: string, debian: string])[] = [
  ['/usr/bin/qemu-system-x86_64', 'qemu-system-x86'],
  ['/bin/busybox', 'busybox-static'],
  ['/usr/include/bpf/libbpf.h', 'libbpf-dev'],
  ['/usr/lib/x86_64-linux-gnu/libelf.a', 'libelf-dev'],
  ['/usr/lib/x86_64-linux-gnu/libz.a', 'zlib1g-dev'],
  ['/usr/bin/cc', 'gcc'],
  ['/usr/bin/xz', 'xz-utils'],
  ['/usr/bin/apt-get', 'apt'],
];

/** Does the ELF64 program want a dynamic linker (a program header of type PT_INTERP)? */
export function needsInterpreter(elf: Buffer): boolean {
  const [offset, size, count] = [Number(elf.readBigUInt64LE(32)), elf.readUInt16LE(54), elf.readUInt16LE(56)];
  for (let at = offset; at < offset + size * count; at += size) if (elf.readUInt32LE(at) === 3) return true;
  return false;
}

/** @throws Error that names the Debian packages to install */
function checkTools(): void {
  const missing = TOOLS.filter(([path]) => !existsSync(path)).map(([, debian]) => debian);
  // The guest has no shared libraries.
  if (missing.length === 0 && needsInterpreter(readFileSync('/bin/busybox'))) missing.push('busybox-static');
  if (missing.length > 0) throw new Error(`needs Debian packages: ${missing.join(' ')}`);
}

/** @throws Error naming the known releases */
export function oracleKernel(release: string): OracleKernel {
  const kernel = ORACLE_KERNELS.find((one) => one.release === release);
  if (kernel !== undefined) return kernel;
  throw new Error(`no kernel ${release}; there are ${ORACLE_KERNELS.map((one) => one.release).join(', ')}`);
}

/**
 * Loads every program of every object in the kernel of the release and gives what it said. Leaves the kernel's BTF and symbol
 * table in the cache folder as `btf-RELEASE` and `kallsyms-RELEASE`.
 * @throws Error when a tool or a package is missing, or the guest does not come up
 */
export async function askKernel(
  release: string,
  objects: readonly string[],
  options: AskOptions,
): Promise<Answer> {
  const kernel = oracleKernel(release);
  checkTools();
  // Before the guest takes its copies: whoever rebuilds an object meanwhile must be found out.
  const hashes = objects.map(sha256Of);
  mkdirSync(options.cache, { recursive: true });
  options.progress(`${release}: packages of ${kernel.suite}`);
  const suiteCache = join(options.cache, kernel.suite);
  mkdirSync(suiteCache, { recursive: true });
  const packages = fetchPackages(kernel, suiteCache);
  const image = unpackKernel(packages, suiteCache);
  options.progress(`${release}: ${image.uname}, ${objects.length} objects`);
  const scratch = mkdtempSync(join(suiteCache, 'guest-'));
  const guest = await runGuest(image, objects, {
    sources: options.sources,
    scratch,
    seconds: options.seconds,
    progress: options.progress,
  }).finally(() => {
    rmSync(scratch, { recursive: true, force: true });
  });
  writeFileSync(join(options.cache, `btf-${release}`), guest.btf);
  writeFileSync(join(options.cache, `kallsyms-${release}`), guest.kallsyms);
  const kallsyms = new Kallsyms(guest.kallsyms);
  const truths = guest.objects.map((result, number) => {
    const raw: RawObject =
      typeof result === 'string'
        ? (JSON.parse(result) as RawObject)
        : { verdict: 'kernel-crash', libbpf_log: result.crashed, programs: [] };
    return nameObject(basename(objects[number]), hashes[number], image.uname, raw, kallsyms);
  });
  const names = truths.flatMap(({ programs }) => programs.flatMap(kernelNames));
  return {
    kernel: {
      release,
      uname: image.uname,
      version: guest.version,
      libbpf: guest.libbpf,
      packages: packages.map(({ name, version }) => ({ name, version })),
      aliases: kallsyms.aliases(names),
      symbols: kallsyms.addresses(truths.flatMap(({ programs }) => programs.flatMap(addressNames))),
    },
    objects: truths,
  };
}

/** The kernel symbols whose addresses libbpf has put in. */
function addressNames({ loaded_addresses }: ProgramTruth): string[] {
  return Object.values(loaded_addresses ?? {});
}

/** Every kernel symbol that a record names. */
function kernelNames({ calls, addresses, loaded_symbols, loaded_addresses }: ProgramTruth): string[] {
  return [calls, addresses, loaded_symbols, loaded_addresses].flatMap((names) => Object.values(names ?? {}));
}
