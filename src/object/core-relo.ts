/**
 * CO-RE relocations: field offsets, sizes, existence of types and fields, type ids and enumeration values, as one kernel
 * has them instead of the kernel the object was compiled against. What cannot be had becomes an instruction that no
 * kernel accepts (a call of an unknown helper), which is fine in code that never runs.
 *
 * Source: tools/lib/bpf/relo_core.c and `bpf_object__relocate_core()` in libbpf.c, Linux 6.12.
 */
import { BTF_INT_SIGNED, BTF_KIND_ENUM, BTF_KIND_ENUM64, BTF_KIND_INT, BTF_KIND_PTR } from './btf-kinds.js';
import type { Btf } from './btf.js';
import { CORE_RELO_WORDS } from './btf-ext.js';
import type { BtfExt, ExtRecords } from './btf-ext.js';
import { patch } from './core-patch.js';
import type { Resolution } from './core-patch.js';
import { CoreRelo, isEnumRelo, isFieldRelo, localSpec, SpecMatcher } from './core-spec.js';
import type { CoreSpec } from './core-spec.js';
import { CoreError, essentialLength, essentialName, kindsCompatible, TypeRelations } from './core-types.js';
import type { KernelTarget } from './kernel-target.js';
import { printable } from './string-table.js';

/** What one spec has to say about a relocation. */
interface Value {
  readonly value: bigint;
  readonly validate: boolean;
  readonly size: number;
  readonly type: number;
}

/** The value is not there and nothing can stand for it. */
const POISON = Symbol('poison');

/** The types of a kernel or module as candidates for those of the object. */
interface TargetTypes {
  readonly btf: Btf;
  /** Ids below are somebody else's. */
  readonly firstId: number;
  readonly matcher: SpecMatcher;
}

interface Candidate {
  readonly types: TargetTypes;
  readonly id: number;
}

/** Resolves an object's CO-RE relocations against one kernel, all at once in the order of the file. */
export class CoreRelocator {
  /** Absent without a kernel: only what needs none is resolved then. */
  private readonly kernel: TargetTypes | undefined;
  /** Read when the kernel itself lacks a type. */
  private moduleTypes: readonly TargetTypes[] | undefined;
  private readonly candidates = new Map<number, readonly Candidate[]>();
  private readonly resolved = new Map<ExtRecords, (Resolution | CoreError)[]>();

  constructor(
    private readonly local: Btf,
    ext: BtfExt,
    private readonly target: KernelTarget | undefined,
  ) {
    this.kernel = target && this.typesOf(target.btf, 1);
    // A relocation narrows the candidates of later ones of the same type: the order of the file matters.
    for (const records of ext.coreRelos.values()) {
      const all: (Resolution | CoreError)[] = [];
      for (let i = 0; i < records.slots.length; i++) all.push(this.tryResolve(records, i));
      this.resolved.set(records, all);
    }
  }

  private typesOf(btf: Btf, firstId: number): TargetTypes {
    return { btf, firstId, matcher: new SpecMatcher(new TypeRelations(this.local, btf), btf) };
  }

  private get modules(): readonly TargetTypes[] {
    this.moduleTypes ??= (this.target?.modules ?? []).map(({ btf }) =>
      this.typesOf(btf, this.target!.btf.typeCount),
    );
    return this.moduleTypes;
  }

  /**
   * Applies record `i` to the instruction at `slot` of a function's words.
   * @returns what is wrong, or undefined
   */
  apply(records: ExtRecords, i: number, words: Int32Array, slot: number): string | undefined {
    const resolution = this.resolved.get(records)![i];
    const problem = resolution instanceof CoreError ? resolution.message : patch(words, slot, resolution);
    return problem === undefined
      ? undefined
      : `CO-RE relocation of "${this.describe(records, i)}": ${problem}`;
  }

  private describe(records: ExtRecords, i: number): string {
    const type = records.words[i * CORE_RELO_WORDS];
    const access = this.local.string(records.words[i * CORE_RELO_WORDS + 1]);
    return printable(`${this.local.typeName(type) || 'anonymous type'} ${access}`);
  }

  private tryResolve(records: ExtRecords, i: number): Resolution | CoreError {
    try {
      return this.resolve(records, i);
    } catch (error) {
      if (error instanceof CoreError) return error;
      throw error;
    }
  }

  private resolve(records: ExtRecords, i: number): Resolution {
    const { local } = this;
    const [root, access, kind] = records.words.subarray(i * CORE_RELO_WORDS, (i + 1) * CORE_RELO_WORDS);
    if (root >= local.typeCount) throw new CoreError(`there is no type ${root}`);
    const spec = localSpec(local, root, local.string(access), kind);
    if (kind === CoreRelo.TYPE_ID_LOCAL) {
      const id = BigInt(root);
      return { ...NOTHING, before: id, after: id, validate: false };
    }
    if (this.kernel === undefined) throw new CoreError("needs a kernel's BTF");
    if (local.typeName(root) === '') throw new CoreError('its type has no name');

    let first: { spec: CoreSpec; resolution: Resolution } | undefined;
    const matching: Candidate[] = [];
    for (const candidate of this.candidatesOf(root, this.kernel)) {
      const found = candidate.types.matcher.match(spec, candidate.id, kind);
      if (found === undefined) continue;
      const resolution = compare(kind, spec, found);
      if (first === undefined) first = { spec: found, resolution };
      else if (found.bitOffset !== first.spec.bitOffset) {
        throw new CoreError('the kernel has several such types with the field at different offsets');
      } else if (
        resolution.poison !== first.resolution.poison ||
        resolution.after !== first.resolution.after
      ) {
        throw new CoreError('the kernel has several such types with different outcomes');
      }
      matching.push(candidate);
    }
    if (first === undefined) return compare(kind, spec, undefined);
    this.candidates.set(root, matching);
    return first.resolution;
  }

  /** Types with the local type's name and kind: the kernel's, or its modules' when it has none itself. */
  private candidatesOf(root: number, kernel: TargetTypes): readonly Candidate[] {
    const known = this.candidates.get(root);
    if (known !== undefined) return known;
    const { local } = this;
    const name = essentialName(local.typeName(root));
    const inTypes = (types: TargetTypes): Candidate[] =>
      (idsByEssentialName(types.btf).get(name) ?? [])
        .filter((id) => id >= types.firstId && kindsCompatible(local, root, types.btf, id))
        .map((id) => ({ types, id }));
    const inKernel = inTypes(kernel);
    const found = inKernel.length > 0 ? inKernel : this.modules.flatMap(inTypes);
    this.candidates.set(root, found);
    return found;
  }
}

function compare(kind: number, spec: CoreSpec, found: CoreSpec | undefined): Resolution {
  const before = valueOf(kind, spec);
  const after = before === POISON ? POISON : valueOf(kind, found);
  if (before === POISON || after === POISON) return { ...NOTHING, poison: true };
  const resizable =
    before.size === after.size ||
    (found !== undefined && canResize(spec.btf, before.type, found.btf, after.type));
  return {
    before: before.value,
    after: after.value,
    poison: false,
    validate: before.validate,
    sizeBefore: before.size,
    sizeAfter: after.size,
    badSize: !resizable,
  };
}

/** Pointers and unsigned integers keep their value when loaded with another width. */
function canResize(local: Btf, before: number, target: Btf, after: number): boolean {
  if (local.kind(before) === BTF_KIND_PTR && target.kind(after) === BTF_KIND_PTR) return true;
  return (
    local.kind(before) === BTF_KIND_INT &&
    target.kind(after) === BTF_KIND_INT &&
    local.intEncoding(before) !== BTF_INT_SIGNED &&
    target.intEncoding(after) !== BTF_INT_SIGNED
  );
}

const NOTHING: Resolution = {
  before: 0n,
  after: 0n,
  poison: false,
  validate: true,
  sizeBefore: 0,
  sizeAfter: 0,
  badSize: false,
};

const essentialIndices = new WeakMap<Btf, ReadonlyMap<string, readonly number[]>>();

/** Ids of all named types of a kernel by their name without flavor; made once per BTF. */
function idsByEssentialName(btf: Btf): ReadonlyMap<string, readonly number[]> {
  const known = essentialIndices.get(btf);
  if (known !== undefined) return known;
  const index = new Map<string, number[]>();
  for (let id = 1; id < btf.typeCount; id++) {
    const name = btf.typeName(id);
    if (name === '') continue;
    const essential = name.slice(0, essentialLength(name));
    const ids = index.get(essential);
    if (ids === undefined) index.set(essential, [id]);
    else ids.push(id);
  }
  essentialIndices.set(btf, index);
  return index;
}

function plain(value: number | bigint, validate = true): Value {
  return { value: BigInt(value), validate, size: 0, type: 0 };
}

function sizeOfType(btf: Btf, id: number): number {
  const size = btf.resolveSize(id);
  if (size === undefined) throw new CoreError('its type has no size');
  return size;
}

/** What a spec gives for a relocation of that kind; `POISON` when it is absent and has to be there. */
function valueOf(kind: number, spec: CoreSpec | undefined): Value | typeof POISON {
  if (isFieldRelo(kind)) return fieldValue(kind, spec);
  if (isEnumRelo(kind)) {
    if (kind === CoreRelo.ENUMVAL_EXISTS) return plain(spec === undefined ? 0 : 1);
    if (spec === undefined) return POISON;
    const { type, index } = spec.accessors[0];
    const value = spec.btf.enumValue(type, index);
    // libbpf takes a value of 32 bits for a signed one.
    return plain(
      BigInt.asUintN(64, spec.btf.kind(type) === BTF_KIND_ENUM ? BigInt.asIntN(32, value) : value),
    );
  }
  if (spec === undefined) return plain(0);
  switch (kind) {
    case CoreRelo.TYPE_ID_TARGET:
      return plain(spec.root, false);
    case CoreRelo.TYPE_SIZE:
      return plain(sizeOfType(spec.btf, spec.root));
    default:
      return plain(1);
  }
}

function fieldValue(kind: number, spec: CoreSpec | undefined): Value | typeof POISON {
  if (kind === CoreRelo.FIELD_EXISTS) return plain(spec === undefined ? 0 : 1);
  if (spec === undefined) return POISON;
  const { btf, bitOffset } = spec;
  const last = spec.accessors[spec.accessors.length - 1];
  if (last.name === undefined) {
    const size = sizeOfType(btf, last.type);
    if (kind === CoreRelo.FIELD_BYTE_OFFSET) {
      return { value: BigInt(Math.floor(bitOffset / 8)), validate: true, size, type: last.type };
    }
    if (kind === CoreRelo.FIELD_BYTE_SIZE) return plain(size);
    throw new CoreError('it asks of an array element what only members have');
  }

  const type = btf.skipModifiers(btf.elementType(last.type, last.index));
  const bitSize = btf.memberBitSize(last.type, last.index);
  const isBitField = bitSize > 0;
  const storage = isBitField ? bitFieldStorage(btf.size(type), bitOffset, bitSize) : undefined;
  const byteSize = storage?.size ?? sizeOfType(btf, type);
  const byteOffset = storage?.offset ?? Math.floor(bitOffset / 8);
  const width = isBitField ? bitSize : 8 * byteSize;
  // The compiler may pick another storage unit for a bit field: what it wrote proves nothing.
  const validate = !isBitField;
  switch (kind) {
    case CoreRelo.FIELD_BYTE_OFFSET:
      return isBitField
        ? plain(byteOffset, validate)
        : { value: BigInt(byteOffset), validate, size: byteSize, type };
    case CoreRelo.FIELD_BYTE_SIZE:
      return plain(byteSize, validate);
    case CoreRelo.FIELD_SIGNED:
      return plain(isSigned(btf, type) ? 1 : 0);
    case CoreRelo.FIELD_LSHIFT_U64:
      return plain((64 - (bitOffset + width - 8 * byteOffset)) >>> 0, validate);
    default:
      return plain((64 - width) >>> 0);
  }
}

/** The smallest naturally aligned unit of at least the declared size that holds the whole bit field. */
function bitFieldStorage(
  declared: number,
  bitOffset: number,
  bitSize: number,
): { offset: number; size: number } {
  let size = declared;
  if (size === 0) throw new CoreError('it is a bit field of a type without size');
  const offsetFor = (bytes: number): number => Math.floor(Math.floor(bitOffset / 8) / bytes) * bytes;
  while (bitOffset + bitSize - 8 * offsetFor(size) > 8 * size) {
    if (size >= 8) throw new CoreError('it is a bit field that no 64-bit load holds');
    size *= 2;
  }
  return { offset: offsetFor(size), size };
}

function isSigned(btf: Btf, type: number): boolean {
  switch (btf.kind(type)) {
    case BTF_KIND_ENUM:
    case BTF_KIND_ENUM64:
      return btf.kindFlag(type);
    case BTF_KIND_INT:
      return (btf.intEncoding(type) & BTF_INT_SIGNED) !== 0;
    default:
      return false;
  }
}
