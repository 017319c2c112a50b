/**
 * Takes structure offsets and sizes out of a kernel's BTF and writes them as a stored table of a profile:
 *
 *     node dist/scripts/extract-profile.js BTF-FILE RELEASE > src/kernel/data/RELEASE-structs.ts
 *
 * BTF-FILE is a raw `.BTF` section, e.g. /sys/kernel/btf/vmlinux of a running kernel or what the kernel oracle brings back;
 * RELEASE names the profile, e.g. 6.12. Which members are taken says src/kernel/wanted-members.ts; one that the kernel lacks
 * is named on stderr and left out, since kernels differ in what they have.
 */
import { readFileSync } from 'node:fs';
import { WANTED_MEMBERS } from '../src/kernel/wanted-members.js';
import { BTF_KIND_STRUCT, BTF_KIND_UNION, Btf } from '../src/object/btf.js';

function fail(message: string): never {
  console.error(`extract-profile: ${message}`);
  process.exit(1);
}

const parameters = process.argv.slice(2);
if (parameters.length !== 2) fail('usage: extract-profile BTF-FILE RELEASE');
const [file = '', release = ''] = parameters;

function readBtf(): Btf {
  try {
    return new Btf(readFileSync(file), file, (message) => new Error(message));
  } catch (error) {
    return fail((error as Error).message);
  }
}

const btf = readBtf();

/** A member's place in the outermost structure, in bits, and its type. */
interface Place {
  readonly bits: number;
  readonly type: number;
  /** Width of a bit field, 0 for others. */
  readonly width: number;
}

function isComposite(type: number): boolean {
  const kind = btf.kind(type);
  return kind === BTF_KIND_STRUCT || kind === BTF_KIND_UNION;
}

/** Finds a member by name, also in anonymous structures and unions. */
function findMember(struct: number, name: string): Place | undefined {
  for (let i = 0; i < btf.vlen(struct); i++) {
    const bits = btf.memberBitOffset(struct, i);
    const type = btf.elementType(struct, i);
    const memberName = btf.elementName(struct, i);
    if (memberName === name) return { bits, type, width: btf.memberBitSize(struct, i) };
    if (memberName !== '') continue;
    const anonymous = btf.skipModifiers(type);
    const inner = isComposite(anonymous) ? findMember(anonymous, name) : undefined;
    if (inner !== undefined) return { ...inner, bits: bits + inner.bits };
  }
  return undefined;
}

/** Finds a member by a path of names joined by dots. */
function findPath(struct: number, path: string): Place | undefined {
  let place: Place = { bits: 0, type: struct, width: 0 };
  for (const name of path.split('.')) {
    const composite = btf.skipModifiers(place.type);
    const inner = isComposite(composite) ? findMember(composite, name) : undefined;
    if (inner === undefined) return undefined;
    place = { ...inner, bits: place.bits + inner.bits };
  }
  return place;
}

const lines: string[] = [];
for (const [struct, paths] of Object.entries(WANTED_MEMBERS)) {
  const type = btf.idsByName(struct).find(isComposite);
  if (type === undefined) {
    console.error(`extract-profile: ${release} has no structure ${struct}`);
    continue;
  }
  lines.push(`  ${struct}: {`, `    size: ${btf.size(type)},`, '    members: {');
  for (const path of paths.trim().split(/\s+/).filter(Boolean)) {
    const place = findPath(type, path);
    if (place === undefined) {
      console.error(`extract-profile: ${release} has no member ${path} of structure ${struct}`);
      continue;
    }
    const byte = Math.floor(place.bits / 8);
    const size = btf.resolveSize(place.type) ?? 0;
    const bitField = place.width > 0 ? `, ${place.bits % 8}, ${place.width}` : '';
    const key = /^\w+$/.test(path) ? path : `'${path}'`;
    lines.push(`      ${key}: [${byte}, ${size}${bitField}],`);
  }
  lines.push('    },', '  },');
}

const constant = `STRUCTS_${release.replaceAll(/\W/g, '_')}`;
console.log(`/** Structure sizes and members of Linux ${release}, from its BTF by scripts/extract-profile.ts. */
import type { ProfileTables } from '../profile-tables.js';

export const ${constant}: ProfileTables['structs'] = {
${lines.join('\n')}
};`);
