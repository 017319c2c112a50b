/**
 * From the bytes of an object file to its programs, in the order libbpf works: ELF, BTF, maps, functions, relocation,
 * linking. Whatever is broken about the file is an `ObjectError`; what only one program cannot have is that program's
 * entry in `failures`, and the others are still made.
 */
import { basename } from 'node:path';
import { Btf, BTF_FUNC_EXTERN, BTF_KIND_FUNC, BTF_KIND_FUNC_PROTO } from './btf.js';
import { NO_BTF_EXT, parseBtfExt } from './btf-ext.js';
import type { BtfExt } from './btf-ext.js';
import { CoreRelocator } from './core-relo.js';
import { ElfFile } from './elf.js';
import { describeSection } from './elf-sections.js';
import type { ElfSection } from './elf-sections.js';
import { Externs } from './externs.js';
import { isSubprogram, readCode } from './functions.js';
import type { FunctionCode } from './functions.js';
import type { KernelTarget } from './kernel-target.js';
import { LinkFailure, Linker } from './link.js';
import {
  BPF_MAP_TYPE_CGROUP_STORAGE,
  BPF_MAP_TYPE_CGRP_STORAGE,
  BPF_MAP_TYPE_INODE_STORAGE,
  BPF_MAP_TYPE_PERCPU_CGROUP_STORAGE,
  BPF_MAP_TYPE_SK_STORAGE,
  BPF_MAP_TYPE_TASK_STORAGE,
} from './map-types.js';
import { MapPlaces } from './map-places.js';
import { ObjectError } from './program.js';
import type { BpfObject, BpfProgram, LineInfo, MapDef, ProgramFailure } from './program.js';
import { ProgType, sectionDef } from './programs.js';
import type { SectionDef } from './programs.js';
import { withFile } from './read-file.js';
import { StructOps } from './struct-ops.js';
import { Relocator } from './relocate.js';
import type { ErrorMaker } from './string-table.js';
import { printable } from './string-table.js';

/** What an object is loaded for. */
export interface LoadOptions {
  /**
   * The kernel to relocate against. Without one, programs that need a kernel's types, configuration or symbols fail,
   * each with the reason.
   */
  readonly kernel?: KernelTarget;
}

/** Largest file that is read, in bytes. */
const MAX_FILE_BYTES = 32 * 1024 * 1024;
/** Longest license string libbpf passes on. */
const MAX_LICENSE_CHARS = 63;

/**
 * Reads an object file.
 * @param path used as is in messages
 * @throws ObjectError when the file cannot be read, is no regular file, or is no sound BPF object
 */
export function loadObject(path: string, options: LoadOptions = {}): BpfObject {
  const bytes = withFile(path, (source) => {
    if (source.size > MAX_FILE_BYTES) {
      throw new ObjectError(
        path,
        `${source.size} bytes are more than an object may have (${MAX_FILE_BYTES})`,
      );
    }
    return source.read(0, source.size);
  });
  return parseObject(bytes, path, options);
}

/**
 * Makes the programs of an object file's bytes. The result may keep views of `bytes`: they must not change afterwards.
 * @param fileName for messages; its last part is the object's name
 * @throws ObjectError when the bytes are no sound BPF object
 */
export function parseObject(bytes: Uint8Array, fileName: string, options: LoadOptions = {}): BpfObject {
  const bad: ErrorMaker = (what) => new ObjectError(fileName, what);
  const elf = new ElfFile(bytes, bad);
  const { btf, ext } = readTypes(elf, bad);
  const code = readCode(elf, bad);
  const externs = new Externs(elf, btf, options.kernel, fileName, bad);
  const maps = new MapPlaces(elf, btf, externs.kconfig, fileName, bad);
  const core = btf && new CoreRelocator(btf, ext, options.kernel);
  const relocator = new Relocator({ elf, code, maps, externs, ext, core, bad });
  const linker = new Linker(
    code,
    relocator,
    btf !== undefined && isRefused(btf) ? withoutInfo(ext) : ext,
    btf,
  );

  const structOps = new StructOps(elf, btf, code, options.kernel, bad);
  const programs: BpfProgram[] = [];
  const failures: ProgramFailure[] = [];
  for (const fn of code.functions) {
    if (isSubprogram(code, fn)) continue;
    const section = sectionName(fn);
    const made = makeProgram(fn, section, linker, structOps);
    if (made instanceof LinkFailure) failures.push({ program: fn.name, section, reason: made.reason });
    else programs.push(made);
  }
  return {
    fileName: basename(fileName),
    license: readLicense(elf),
    maps: maps.maps.map(withRoom),
    programs,
    failures,
    ...(btf === undefined ? {} : { btf }),
    ...(options.kernel === undefined ? {} : { kernel: options.kernel }),
    ...(externs.modules.length === 0 ? {} : { kernelModules: externs.modules }),
    ...(externs.symbolsByAddress.size === 0 ? {} : { symbolsByAddress: externs.symbolsByAddress }),
  };
}

function readTypes(elf: ElfFile, bad: ErrorMaker): { btf: Btf | undefined; ext: BtfExt } {
  const section = elf.sectionByName('.BTF');
  if (section === undefined) return { btf: undefined, ext: NO_BTF_EXT };
  const btf = new Btf(elf.contents(section), describeSection(section), bad);
  const extSection = elf.sectionByName('.BTF.ext');
  if (extSection === undefined) return { btf, ext: NO_BTF_EXT };
  return { btf, ext: parseBtfExt(elf.contents(extSection), describeSection(extSection), btf, elf, bad) };
}

/**
 * Does the kernel refuse these types as a whole? It wants a name for each parameter of a function
 * (`btf_func_check()`, kernel/bpf/btf.c, Linux 6.12), which clang does not give those of naked functions. Functions that
 * are not the object's own get theirs from libbpf.
 */
function isRefused(btf: Btf): boolean {
  for (let id = 1; id < btf.typeCount; id++) {
    if (btf.kind(id) !== BTF_KIND_FUNC || btf.vlen(id) === BTF_FUNC_EXTERN) continue;
    const proto = btf.type(id);
    if (btf.kind(proto) !== BTF_KIND_FUNC_PROTO) continue;
    for (let at = 0; at < btf.vlen(proto); at++) {
      if (btf.elementName(proto, at) === '' && btf.elementType(proto, at) !== 0) return true;
    }
  }
  return false;
}

/** What libbpf still has of `.BTF.ext` when the kernel refused the types it refers to. */
function withoutInfo(ext: BtfExt): BtfExt {
  return { ...ext, funcInfo: NO_BTF_EXT.funcInfo, lineInfo: NO_BTF_EXT.lineInfo };
}

/** Map types that must have no entries when they are made. */
const WITHOUT_ENTRIES: ReadonlySet<number> = new Set([
  BPF_MAP_TYPE_CGROUP_STORAGE,
  BPF_MAP_TYPE_PERCPU_CGROUP_STORAGE,
  BPF_MAP_TYPE_SK_STORAGE,
  BPF_MAP_TYPE_INODE_STORAGE,
  BPF_MAP_TYPE_TASK_STORAGE,
  BPF_MAP_TYPE_CGRP_STORAGE,
]);

/**
 * A map whose program's own loader would set its size gets room for one entry, as veristat gives it: the kernel makes
 * no map without any.
 */
function withRoom(map: MapDef): MapDef {
  return map.maxEntries === 0 && !WITHOUT_ENTRIES.has(map.type) ? { ...map, maxEntries: 1 } : map;
}

function readLicense(elf: ElfFile): string {
  const section: ElfSection | undefined = elf.sectionByName('license');
  if (section === undefined) return '';
  const text = Buffer.from(elf.contents(section).subarray(0, MAX_LICENSE_CHARS)).toString('utf8');
  const end = text.indexOf('\0');
  return end === -1 ? text : text.slice(0, end);
}

/** The section's name without the `?` that asks user space not to load the program by itself. */
function sectionName(fn: FunctionCode): string {
  const { name } = fn.code.section;
  return name.startsWith('?') ? name.slice(1) : name;
}

function makeProgram(
  fn: FunctionCode,
  section: string,
  linker: Linker,
  structOps: StructOps,
): BpfProgram | LinkFailure {
  if (!fn.globalSymbol) return new LinkFailure('a static function cannot be a program');
  const def: SectionDef | undefined = sectionDef(section);
  if (def === undefined) {
    return new LinkFailure(`section name "${printable(section)}" tells no program type`);
  }
  const member = def.type === ProgType.STRUCT_OPS ? structOps.memberOf(fn) : undefined;
  if (typeof member === 'string') return new LinkFailure(member);
  const linked = linker.link(fn);
  if (linked instanceof LinkFailure) return linked;
  let lineInfo: LineInfo[] | undefined;
  return {
    name: fn.name,
    section,
    type: def.type,
    attachType: member?.index ?? def.attachType,
    flags: def.flags,
    attachTarget: member?.structure ?? def.attachTarget,
    insns: linked.insns,
    subprogs: linked.subprogs,
    funcInfo: linked.funcInfo,
    // Line info takes far more memory than instructions and few readers want it: made when first asked for.
    get lineInfo(): readonly LineInfo[] {
      lineInfo ??= linked.lineInfo();
      return lineInfo;
    },
  };
}

/** The object's BTF with all its types; undefined when it has none, or the object was not made by this loader. */
export function typesOfObject(object: BpfObject): Btf | undefined {
  return object.btf instanceof Btf ? object.btf : undefined;
}
