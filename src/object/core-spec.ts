/**
 * Access specs: how a CO-RE relocation names a field or value of a type, in the object and in the kernel.
 *
 *     struct sample { int x; struct { int a[7]; }; };
 *     &s->a[3]        access string "0:1:0:3": element 0 behind the pointer, member 1, its member 0, element 3
 *                     accessors     [0] .a [3]: members without a name are passed through
 *
 * Source: `bpf_core_parse_spec()` and `bpf_core_spec_match()`, tools/lib/bpf/relo_core.c, Linux 6.12.
 */
import { BTF_KIND_ARRAY } from './btf-kinds.js';
import type { Btf, BtfArray } from './btf.js';
import { CoreError, essentialName, isComposite, isEnum } from './core-types.js';
import type { TypeRelations } from './core-types.js';

/** `enum bpf_core_relo_kind`, include/uapi/linux/bpf.h. */
export const CoreRelo = {
  FIELD_BYTE_OFFSET: 0,
  FIELD_BYTE_SIZE: 1,
  FIELD_EXISTS: 2,
  FIELD_SIGNED: 3,
  FIELD_LSHIFT_U64: 4,
  FIELD_RSHIFT_U64: 5,
  TYPE_ID_LOCAL: 6,
  TYPE_ID_TARGET: 7,
  TYPE_EXISTS: 8,
  TYPE_SIZE: 9,
  ENUMVAL_EXISTS: 10,
  ENUMVAL_VALUE: 11,
  TYPE_MATCHES: 12,
} as const;

/** Most parts of an access string (`BPF_CORE_SPEC_MAX_LEN`). */
const MAX_PARTS = 64;

/** Is the relocation about a field of a type? */
export function isFieldRelo(kind: number): boolean {
  return kind <= CoreRelo.FIELD_RSHIFT_U64;
}

/** Is it about a type as such? */
export function isTypeRelo(kind: number): boolean {
  return (kind >= CoreRelo.TYPE_ID_LOCAL && kind <= CoreRelo.TYPE_SIZE) || kind === CoreRelo.TYPE_MATCHES;
}

/** Is it about a value of an enumeration? */
export function isEnumRelo(kind: number): boolean {
  return kind === CoreRelo.ENUMVAL_EXISTS || kind === CoreRelo.ENUMVAL_VALUE;
}

/** One step of an access: a named member, an array element, or (of an enumeration) a value. */
export interface Accessor {
  /** The STRUCT, UNION or enumeration of a member or value; for an element the element's own type. */
  readonly type: number;
  /** Member, value or element number. */
  readonly index: number;
  /** Absent for elements. */
  readonly name: string | undefined;
}

/** A field, value or type, in one BTF. */
export interface CoreSpec {
  readonly btf: Btf;
  readonly root: number;
  /** Empty for relocations of types. */
  readonly accessors: Accessor[];
  /** Parts of the access string, members without name included. */
  parts: number;
  /** Of the field from the start of the root type. */
  bitOffset: number;
}

function sizeOf(btf: Btf, id: number): number {
  const size = btf.resolveSize(id);
  if (size === undefined) throw new CoreError('a type on its way has no size');
  return size;
}

/** The last member of a struct, an array without length: any element is within it. */
function isFlexible(btf: Btf, before: Accessor | undefined, array: BtfArray): boolean {
  if (before?.name === undefined || array.length > 0) return false;
  return before.index === btf.vlen(before.type) - 1;
}

function parseAccess(text: string): number[] {
  if (!/^\d{1,9}(:\d{1,9})*$/.test(text)) throw new CoreError('its access string is malformed');
  const parts = text.split(':').map(Number);
  if (parts.length > MAX_PARTS) throw new CoreError('its access string is too long');
  return parts;
}

/**
 * What a relocation names in the object's own BTF.
 * @throws CoreError when the access string does not fit the type
 */
export function localSpec(btf: Btf, root: number, access: string, kind: number): CoreSpec {
  const spec: CoreSpec = { btf, root, accessors: [], parts: 0, bitOffset: 0 };
  if (isTypeRelo(kind)) {
    if (access !== '0') throw new CoreError('its access string is malformed');
    return spec;
  }
  const parts = parseAccess(access);
  spec.parts = parts.length;
  let id = btf.skipModifiers(root);
  if (isEnumRelo(kind)) {
    if (!isEnum(btf, id) || parts.length > 1 || parts[0] >= btf.vlen(id)) {
      throw new CoreError('it names no value of an enumeration');
    }
    spec.accessors.push({ type: id, index: parts[0], name: btf.elementName(id, parts[0]) });
    return spec;
  }
  if (!isFieldRelo(kind)) throw new CoreError(`its kind ${kind} is unknown`);

  spec.accessors.push({ type: id, index: parts[0], name: undefined });
  spec.bitOffset = parts[0] * sizeOf(btf, id) * 8;
  for (const part of parts.slice(1)) {
    id = btf.skipModifiers(id);
    if (isComposite(btf, id)) {
      if (part >= btf.vlen(id)) throw new CoreError('it names a member that does not exist');
      spec.bitOffset += btf.memberBitOffset(id, part);
      const name = btf.elementName(id, part);
      if (name !== '') spec.accessors.push({ type: id, index: part, name });
      id = btf.elementType(id, part);
    } else if (btf.kind(id) === BTF_KIND_ARRAY) {
      const array = btf.array(id);
      id = btf.skipModifiers(array.type);
      if (part >= array.length && !isFlexible(btf, spec.accessors.at(-1), array)) {
        throw new CoreError('it names an element outside its array');
      }
      spec.accessors.push({ type: id, index: part, name: undefined });
      spec.bitOffset += part * sizeOf(btf, id) * 8;
    } else {
      throw new CoreError(`it goes through a type of kind ${btf.kindName(id)}`);
    }
  }
  return spec;
}

/** Finds what a local spec names in types of the kernel. */
export class SpecMatcher {
  constructor(
    private readonly relations: TypeRelations,
    private readonly target: Btf,
  ) {}

  /**
   * The field or value in the kernel's type `root`; undefined when it is not there or not compatible.
   * @throws CoreError when the types nest too deep
   */
  match(local: CoreSpec, root: number, kind: number): CoreSpec | undefined {
    const spec: CoreSpec = { btf: this.target, root, accessors: [], parts: 0, bitOffset: 0 };
    if (isTypeRelo(kind)) {
      const same =
        kind === CoreRelo.TYPE_MATCHES
          ? this.relations.typesMatch(local.root, root)
          : this.relations.typesCompatible(local.root, root);
      return same ? spec : undefined;
    }
    if (isEnumRelo(kind)) return this.matchValue(local, spec);

    let id = root;
    for (const [i, accessor] of local.accessors.entries()) {
      id = this.target.skipModifiers(id);
      const next =
        accessor.name === undefined
          ? this.matchElement(accessor, i, id, spec)
          : this.matchMember(local.btf, accessor, id, spec);
      if (next === undefined) return undefined;
      id = next;
    }
    return spec;
  }

  private matchValue(local: CoreSpec, spec: CoreSpec): CoreSpec | undefined {
    const { target } = this;
    const id = target.skipModifiers(spec.root);
    if (!isEnum(target, id)) return undefined;
    const wanted = essentialName(local.accessors[0].name ?? '');
    for (let i = 0; i < target.vlen(id); i++) {
      this.relations.step();
      const name = target.elementName(id, i);
      if (essentialName(name) !== wanted) continue;
      spec.accessors.push({ type: id, index: i, name });
      spec.parts++;
      return spec;
    }
    return undefined;
  }

  /** Returns the element's type. The first accessor is an element of the type itself, others of an array. */
  private matchElement(accessor: Accessor, place: number, id: number, spec: CoreSpec): number | undefined {
    const { target } = this;
    let element = id;
    if (place > 0) {
      if (target.kind(id) !== BTF_KIND_ARRAY) return undefined;
      const array = target.array(id);
      if (accessor.index >= array.length && !isFlexible(target, spec.accessors.at(-1), array))
        return undefined;
      element = target.skipModifiers(array.type);
    }
    if (spec.parts === MAX_PARTS) throw new CoreError('the kernel nests its types too deep');
    spec.accessors.push({ type: element, index: accessor.index, name: undefined });
    spec.parts++;
    spec.bitOffset += accessor.index * sizeOf(target, element) * 8;
    return element;
  }

  /** Looks for a member by name, through members without one; returns the type of the member found. */
  private matchMember(localBtf: Btf, accessor: Accessor, id: number, spec: CoreSpec): number | undefined {
    const { target } = this;
    const struct = target.skipModifiers(id);
    if (!isComposite(target, struct)) return undefined;
    const localType = localBtf.elementType(accessor.type, accessor.index);
    const count = target.vlen(struct);
    for (let i = 0; i < count; i++) {
      this.relations.step();
      if (spec.parts === MAX_PARTS) throw new CoreError('the kernel nests its types too deep');
      const bitOffset = target.memberBitOffset(struct, i);
      const name = target.elementName(struct, i);
      const type = target.elementType(struct, i);
      if (name === '') {
        spec.bitOffset += bitOffset;
        spec.parts++;
        const found = this.matchMember(localBtf, accessor, type, spec);
        if (found !== undefined) return found;
        spec.bitOffset -= bitOffset;
        spec.parts--;
      } else if (name === accessor.name) {
        if (!this.relations.fieldsCompatible(localType, type)) return undefined;
        spec.accessors.push({ type: struct, index: i, name });
        spec.bitOffset += bitOffset;
        spec.parts++;
        return type;
      }
    }
    return undefined;
  }
}
