/** Finds the structures a profile needs in a kernel's BTF: sizes, and members by path. */
import { BTF_KIND_STRUCT, BTF_KIND_UNION, type Btf } from '../object/btf.js';
import type { StoredMember, StoredStruct } from './profile-tables.js';

/** What was found, and one line for everything that was not. */
export interface ExtractedStructs {
  readonly structs: Readonly<Record<string, StoredStruct>>;
  readonly missing: readonly string[];
}

/** A member's place in the outermost structure, in bits, and its type. */
interface Place {
  readonly bits: number;
  readonly type: number;
  /** Width of a bit field, 0 for others. */
  readonly width: number;
}

function isComposite(btf: Btf, type: number): boolean {
  const kind = btf.kind(type);
  return kind === BTF_KIND_STRUCT || kind === BTF_KIND_UNION;
}

/** Finds a member by name, also in anonymous structures and unions. */
function findMember(btf: Btf, struct: number, name: string): Place | undefined {
  for (let i = 0; i < btf.vlen(struct); i++) {
    const bits = btf.memberBitOffset(struct, i);
    const type = btf.elementType(struct, i);
    const memberName = btf.elementName(struct, i);
    if (memberName === name) return { bits, type, width: btf.memberBitSize(struct, i) };
    if (memberName !== '') continue;
    const anonymous = btf.skipModifiers(type);
    const inner = isComposite(btf, anonymous) ? findMember(btf, anonymous, name) : undefined;
    if (inner !== undefined) return { ...inner, bits: bits + inner.bits };
  }
  return undefined;
}

/** Finds a member by a path of names joined by dots. */
function findPath(btf: Btf, struct: number, path: string): Place | undefined {
  let place: Place = { bits: 0, type: struct, width: 0 };
  for (const name of path.split('.')) {
    const composite = btf.skipModifiers(place.type);
    const inner = isComposite(btf, composite) ? findMember(btf, composite, name) : undefined;
    if (inner === undefined) return undefined;
    place = { ...inner, bits: place.bits + inner.bits };
  }
  return place;
}

/**
 * Takes the members in `wanted` (per structure blank-separated paths, see wanted-members.ts) out of a kernel's BTF. A structure
 * that exists twice under one name is taken as it comes first.
 */
export function extractStructs(btf: Btf, wanted: Readonly<Record<string, string>>): ExtractedStructs {
  const structs: Record<string, StoredStruct> = {};
  const missing: string[] = [];
  for (const [struct, paths] of Object.entries(wanted)) {
    const type = btf.idsByName(struct).find((id) => isComposite(btf, id));
    if (type === undefined) {
      missing.push(`no structure ${struct}`);
      continue;
    }
    const members: Record<string, StoredMember> = {};
    for (const path of paths.trim().split(/\s+/).filter(Boolean)) {
      const place = findPath(btf, type, path);
      if (place === undefined) {
        missing.push(`no member ${path} of structure ${struct}`);
        continue;
      }
      const byte = Math.floor(place.bits / 8);
      const size = btf.resolveSize(place.type) ?? 0;
      members[path] = place.width > 0 ? [byte, size, place.bits % 8, place.width] : [byte, size];
    }
    structs[struct] = { size: btf.size(type), members };
  }
  return { structs, missing };
}
