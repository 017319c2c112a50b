/**
 * Takes structure offsets and sizes out of a kernel's BTF and writes them as a stored table of a profile:
 *
 *     node dist/scripts/extract-profile.js BTF-FILE RELEASE > src/kernel/data/RELEASE-structs.ts
 *
 * BTF-FILE is a raw `.BTF` section, e.g. /sys/kernel/btf/vmlinux of a running kernel; RELEASE names the profile, e.g.
 * 6.12. Needs bpftool. Which members are taken says src/kernel/wanted-members.ts; one that the kernel lacks is named on
 * stderr and left out, since kernels differ in what they have.
 */
import { spawnSync } from 'node:child_process';
import { WANTED_MEMBERS } from '../src/kernel/wanted-members.js';

interface BtfMember {
  readonly name: string;
  readonly type_id: number;
  readonly bits_offset: number;
  readonly bitfield_size?: number;
}

interface BtfType {
  readonly id: number;
  readonly kind: string;
  readonly name: string;
  readonly size?: number;
  readonly type_id?: number;
  readonly nr_elems?: number;
  readonly members?: readonly BtfMember[];
}

/** A member's place in the outermost structure, in bits, and its type. */
interface Place {
  readonly bits: number;
  readonly typeId: number;
  /** Width of a bit field, 0 for others. */
  readonly width: number;
}

function fail(message: string): never {
  console.error(`extract-profile: ${message}`);
  process.exit(1);
}

function readTypes(file: string): readonly BtfType[] {
  const run = spawnSync('bpftool', ['-j', 'btf', 'dump', 'file', file, 'format', 'raw'], {
    encoding: 'utf8',
    maxBuffer: 2 ** 30,
  });
  if (run.error !== undefined) fail(`bpftool: ${run.error.message}`);
  if (run.status !== 0) fail(`bpftool refused ${file}: ${run.stderr.trim()}`);
  return (JSON.parse(run.stdout) as { types: readonly BtfType[] }).types;
}

const parameters = process.argv.slice(2);
if (parameters.length !== 2) fail('usage: extract-profile BTF-FILE RELEASE');
const [file = '', release = ''] = parameters;

const types = new Map(readTypes(file).map((type) => [type.id, type]));
const structs = new Map<string, BtfType>();
for (const type of types.values()) {
  if ((type.kind === 'STRUCT' || type.kind === 'UNION') && type.name !== '(anon)' && !structs.has(type.name))
    structs.set(type.name, type);
}

/** The type behind typedefs and qualifiers. */
function resolve(id: number): BtfType {
  let type = types.get(id);
  while (type?.type_id !== undefined && /^(TYPEDEF|CONST|VOLATILE|RESTRICT|TYPE_TAG)$/.test(type.kind))
    type = types.get(type.type_id);
  return type ?? fail(`type ${id} is missing`);
}

/** Bytes of a type. */
function sizeOf(id: number): number {
  const type = resolve(id);
  if (type.kind === 'PTR') return 8;
  if (type.kind === 'ARRAY') return (type.nr_elems ?? 0) * sizeOf(type.type_id ?? 0);
  return type.size ?? 0;
}

/** Finds a member by name, also in anonymous structures and unions. */
function findMember(struct: BtfType, name: string): Place | undefined {
  for (const member of struct.members ?? []) {
    if (member.name === name)
      return { bits: member.bits_offset, typeId: member.type_id, width: member.bitfield_size ?? 0 };
    if (member.name !== '(anon)') continue;
    const inner = findMember(resolve(member.type_id), name);
    if (inner !== undefined) return { ...inner, bits: inner.bits + member.bits_offset };
  }
  return undefined;
}

/** Finds a member by a path of names joined by dots. */
function findPath(struct: BtfType, path: string): Place | undefined {
  let place: Place = { bits: 0, typeId: struct.id, width: 0 };
  for (const name of path.split('.')) {
    const inner = findMember(resolve(place.typeId), name);
    if (inner === undefined) return undefined;
    place = { ...inner, bits: place.bits + inner.bits };
  }
  return place;
}

const lines: string[] = [];
for (const [struct, paths] of Object.entries(WANTED_MEMBERS)) {
  const type = structs.get(struct);
  if (type === undefined) {
    console.error(`extract-profile: ${release} has no structure ${struct}`);
    continue;
  }
  lines.push(`  ${struct}: {`, `    size: ${sizeOf(type.id)},`, '    members: {');
  for (const path of paths.trim().split(/\s+/).filter(Boolean)) {
    const place = findPath(type, path);
    if (place === undefined) {
      console.error(`extract-profile: ${release} has no member ${path} of structure ${struct}`);
      continue;
    }
    const byte = Math.floor(place.bits / 8);
    const bitField = place.width > 0 ? `, ${place.bits % 8}, ${place.width}` : '';
    const key = /^\w+$/.test(path) ? path : `'${path}'`;
    lines.push(`      ${key}: [${byte}, ${sizeOf(place.typeId)}${bitField}],`);
  }
  lines.push('    },', '  },');
}

const constant = `STRUCTS_${release.replaceAll(/\W/g, '_')}`;
console.log(`/** Structure sizes and members of Linux ${release}, from its BTF by scripts/extract-profile.ts. */
import type { ProfileTables } from '../profile-tables.js';

export const ${constant}: ProfileTables['structs'] = {
${lines.join('\n')}
};`);
