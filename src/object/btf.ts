/**
 * BTF, the type information of an object or a kernel: a table of types and a string section.
 *
 *     header | type 1 | type 2 | ... | strings
 *     type = name_off, info (kflag:1 . kind:5 . vlen:16), size or type | what the kind adds, vlen times
 *
 * Types are named by id; id 0 is `void`. Only the place of each type is noted when BTF is read (a kernel has some
 * 150,000), the fields are decoded where they are asked for. The walk over the table checks that every type lies
 * within it and names only types and strings that exist, so that readers need no checks of their own; what can still be
 * wrong is a chain of types that never ends, and `resolveSize` and `skipModifiers` bound those.
 *
 * Source: Documentation/bpf/btf.rst and include/uapi/linux/btf.h, Linux 6.12.
 */
import {
  BTF_KIND_VOID,
  BTF_KIND_INT,
  BTF_KIND_PTR,
  BTF_KIND_ARRAY,
  BTF_KIND_STRUCT,
  BTF_KIND_UNION,
  BTF_KIND_ENUM,
  BTF_KIND_TYPEDEF,
  BTF_KIND_VOLATILE,
  BTF_KIND_CONST,
  BTF_KIND_RESTRICT,
  BTF_KIND_FUNC_PROTO,
  BTF_KIND_VAR,
  BTF_KIND_DATASEC,
  BTF_KIND_FLOAT,
  BTF_KIND_DECL_TAG,
  BTF_KIND_TYPE_TAG,
  BTF_KIND_ENUM64,
  KIND_NAMES,
  extraBytes,
  refersToType,
} from './btf-kinds.js';
import { joinBtf, readBtfHeader } from './btf-header.js';
import type { ObjectBtf } from './program.js';
import { StringTable } from './string-table.js';
import type { ErrorMaker } from './string-table.js';

export * from './btf-kinds.js';

const TYPE_BYTES = 12;
/** Bytes of a pointer in BPF and on the 64-bit kernels it runs in. */
const POINTER_BYTES = 8;
/** Longest chain of types that is followed; libbpf's `MAX_RESOLVE_DEPTH`. */
const MAX_CHAIN = 32;
/** Most typedefs and qualifiers in a row; compilers write a handful, only a cycle has more. */
const MAX_MODIFIERS = 256;

/** Element type, index type and length of an ARRAY. */
export interface BtfArray {
  readonly type: number;
  readonly indexType: number;
  readonly length: number;
}

/** One variable of a DATASEC as the compiler left it. */
export interface BtfSecInfo {
  /** Type id of the VAR (in `.ksyms` also of a FUNC). */
  readonly type: number;
  readonly offset: number;
  readonly size: number;
}

export class Btf implements ObjectBtf {
  /** Number of types, `void` included: ids run from 0 to `typeCount - 1`. */
  readonly typeCount: number;
  private readonly view: DataView;
  /** Byte offset of each type in `typeBytes`, which `view` shows. */
  private readonly at: Uint32Array;
  private readonly strings: StringTable;
  /** Bytes of all types and of all strings, for BTF that extends this one. */
  private readonly typeBytes: Uint8Array;
  private readonly stringBytes: Uint8Array;
  private byName: Map<string, number[]> | undefined;

  /**
   * Reads a `.BTF` section, or the same bytes from a file.
   * @param where what to call it in errors, e.g. `section 7 (.BTF)`
   * @throws what `bad` makes, naming a byte offset or type id, when the bytes are no sound BTF
   */
  constructor(
    bytes: Uint8Array,
    private readonly where: string,
    private readonly bad: ErrorMaker,
  ) {
    const { types, strings } = readBtfHeader(bytes, where, bad);
    if (strings.length === 0 || strings[0] !== 0 || strings[strings.length - 1] !== 0) {
      throw bad(`${where}: the strings do not start and end with NUL`);
    }
    this.typeBytes = types;
    this.stringBytes = strings;
    this.view = new DataView(types.buffer, types.byteOffset, types.byteLength);
    this.strings = new StringTable(strings, where, bad);
    this.at = this.placeTypes();
    this.typeCount = this.at.length;
    for (let id = 1; id < this.typeCount; id++) this.checkType(id);
  }

  /**
   * Reads split BTF, as a kernel module has it: its types and strings continue those of the kernel. The result holds both;
   * ids from `typeCount` of this on are the module's own.
   * @throws what `bad` makes, when the bytes are no sound BTF or do not continue this one
   */
  extend(bytes: Uint8Array, where: string, bad: ErrorMaker): Btf {
    const all = joinBtf(
      { types: this.typeBytes, strings: this.stringBytes },
      readBtfHeader(bytes, where, bad),
    );
    return new Btf(all, where, bad);
  }

  private placeTypes(): Uint32Array {
    const { view } = this;
    const end = view.byteLength;
    // `void` has no bytes of its own; nothing reads its place.
    const at = new Uint32Array(1 + Math.floor(end / TYPE_BYTES));
    let count = 1;
    for (let offset = 0; offset < end;) {
      if (offset + TYPE_BYTES > end)
        throw this.bad(`${this.where}: type ${count} at offset ${offset} is cut off`);
      const info = view.getUint32(offset + 4, true);
      const kind = (info >>> 24) & 0x1f;
      if (kind === BTF_KIND_VOID || kind >= KIND_NAMES.length) {
        throw this.bad(`${this.where}: type ${count} at offset ${offset} has unknown kind ${kind}`);
      }
      const bytes = TYPE_BYTES + extraBytes(kind, info & 0xffff);
      if (offset + bytes > end) {
        throw this.bad(
          `${this.where}: type ${count} (${KIND_NAMES[kind]}) at offset ${offset} runs past the end of the types`,
        );
      }
      at[count++] = offset;
      offset += bytes;
    }
    return at.subarray(0, count);
  }

  private checkType(id: number): void {
    const { view } = this;
    const at = this.at[id];
    const kind = this.kind(id);
    this.checkString(id, view.getUint32(at, true));
    if (refersToType(kind)) this.checkReference(id, view.getUint32(at + 8, true));
    const vlen = this.vlen(id);
    const body = at + TYPE_BYTES;
    switch (kind) {
      case BTF_KIND_ARRAY:
        this.checkReference(id, view.getUint32(body, true));
        this.checkReference(id, view.getUint32(body + 4, true));
        break;
      case BTF_KIND_STRUCT:
      case BTF_KIND_UNION:
        for (let i = 0; i < vlen; i++) {
          this.checkString(id, view.getUint32(body + 12 * i, true));
          this.checkReference(id, view.getUint32(body + 12 * i + 4, true));
        }
        break;
      case BTF_KIND_ENUM:
        for (let i = 0; i < vlen; i++) this.checkString(id, view.getUint32(body + 8 * i, true));
        break;
      case BTF_KIND_ENUM64:
        for (let i = 0; i < vlen; i++) this.checkString(id, view.getUint32(body + 12 * i, true));
        break;
      case BTF_KIND_FUNC_PROTO:
        for (let i = 0; i < vlen; i++) {
          this.checkString(id, view.getUint32(body + 8 * i, true));
          this.checkReference(id, view.getUint32(body + 8 * i + 4, true));
        }
        break;
      case BTF_KIND_DATASEC:
        for (let i = 0; i < vlen; i++) this.checkReference(id, view.getUint32(body + 12 * i, true));
        break;
      default:
        break;
    }
  }

  private checkString(id: number, offset: number): void {
    if (offset >= this.strings.size) {
      throw this.bad(
        `${this.where}: type ${id} names string offset ${offset}, there are ${this.strings.size} bytes`,
      );
    }
  }

  private checkReference(id: number, type: number): void {
    if (type >= this.typeCount) {
      throw this.bad(`${this.where}: type ${id} refers to type ${type}, there are ${this.typeCount}`);
    }
  }

  string(offset: number): string {
    return offset < this.strings.size ? this.strings.at(offset) : '';
  }

  typeName(id: number): string {
    return id > 0 && id < this.typeCount ? this.string(this.view.getUint32(this.at[id], true)) : '';
  }

  /** `BTF_KIND_…` of a type; `BTF_KIND_VOID` for id 0. The id must exist, here and below. */
  kind(id: number): number {
    return id === 0 ? BTF_KIND_VOID : (this.view.getUint32(this.at[id] + 4, true) >>> 24) & 0x1f;
  }

  /** Name of the type's kind, for messages. */
  kindName(id: number): string {
    return KIND_NAMES[this.kind(id)];
  }

  /** Number of elements; for FUNC the linkage. */
  vlen(id: number): number {
    return id === 0 ? 0 : this.view.getUint32(this.at[id] + 4, true) & 0xffff;
  }

  /** The kind's flag: bit fields in a STRUCT or UNION, signed for enums, union for FWD. */
  kindFlag(id: number): boolean {
    return id !== 0 && this.view.getUint32(this.at[id] + 4, true) >>> 31 === 1;
  }

  /** Size in bytes of an INT, STRUCT, UNION, ENUM, ENUM64, FLOAT or DATASEC. */
  size(id: number): number {
    return this.view.getUint32(this.at[id] + 8, true);
  }

  /** The type that a PTR, modifier, TYPEDEF, FUNC, FUNC_PROTO (its return), VAR or tag refers to. */
  type(id: number): number {
    return this.view.getUint32(this.at[id] + 8, true);
  }

  /** Encoding bits of an INT. */
  intEncoding(id: number): number {
    return (this.view.getUint32(this.at[id] + TYPE_BYTES, true) >>> 24) & 0xf;
  }

  /** Bits of an INT. */
  intBits(id: number): number {
    return this.view.getUint32(this.at[id] + TYPE_BYTES, true) & 0xff;
  }

  /** Bit offset of an INT within its storage. */
  intOffset(id: number): number {
    return (this.view.getUint32(this.at[id] + TYPE_BYTES, true) >>> 16) & 0xff;
  }

  array(id: number): BtfArray {
    const body = this.at[id] + TYPE_BYTES;
    const { view } = this;
    return {
      type: view.getUint32(body, true),
      indexType: view.getUint32(body + 4, true),
      length: view.getUint32(body + 8, true),
    };
  }

  /** Name of the `i`-th member of a STRUCT or UNION, parameter of a FUNC_PROTO, or value of an ENUM or ENUM64. */
  elementName(id: number, i: number): string {
    return this.string(this.view.getUint32(this.elementAt(id, i), true));
  }

  private elementAt(id: number, i: number): number {
    const kind = this.kind(id);
    return this.at[id] + TYPE_BYTES + i * (kind === BTF_KIND_ENUM || kind === BTF_KIND_FUNC_PROTO ? 8 : 12);
  }

  /** Type of the `i`-th member of a STRUCT or UNION or parameter of a FUNC_PROTO (0 for `...`). */
  elementType(id: number, i: number): number {
    return this.view.getUint32(this.elementAt(id, i) + 4, true);
  }

  /** Bit offset of the `i`-th member of a STRUCT or UNION. */
  memberBitOffset(id: number, i: number): number {
    const raw = this.view.getUint32(this.at[id] + TYPE_BYTES + 12 * i + 8, true);
    return this.kindFlag(id) ? raw & 0xffffff : raw;
  }

  /** Width in bits of the `i`-th member of a STRUCT or UNION when it is a bit field, 0 otherwise. */
  memberBitSize(id: number, i: number): number {
    return this.kindFlag(id) ? this.view.getUint32(this.at[id] + TYPE_BYTES + 12 * i + 8, true) >>> 24 : 0;
  }

  /** The `i`-th value of an ENUM or ENUM64; negative only for signed ones. */
  enumValue(id: number, i: number): bigint {
    const at = this.elementAt(id, i);
    const { view } = this;
    const signed = this.kindFlag(id);
    if (this.kind(id) === BTF_KIND_ENUM) {
      return BigInt(signed ? view.getInt32(at + 4, true) : view.getUint32(at + 4, true));
    }
    const raw = (BigInt(view.getUint32(at + 8, true)) << 32n) | BigInt(view.getUint32(at + 4, true));
    return signed ? BigInt.asIntN(64, raw) : raw;
  }

  /** `BTF_LINKAGE_…` of a VAR. */
  varLinkage(id: number): number {
    return this.view.getUint32(this.at[id] + TYPE_BYTES, true);
  }

  /** The `i`-th variable of a DATASEC. */
  secInfo(id: number, i: number): BtfSecInfo {
    const at = this.at[id] + TYPE_BYTES + 12 * i;
    const { view } = this;
    return {
      type: view.getUint32(at, true),
      offset: view.getUint32(at + 4, true),
      size: view.getUint32(at + 8, true),
    };
  }

  /** Parameter or member a DECL_TAG is about, -1 when it is about the type itself. */
  declTagComponent(id: number): number {
    return this.view.getInt32(this.at[id] + TYPE_BYTES, true);
  }

  /** `typedef`, `const`, `volatile`, `restrict` or a type tag? */
  isModifierOrTypedef(id: number): boolean {
    switch (this.kind(id)) {
      case BTF_KIND_TYPEDEF:
      case BTF_KIND_VOLATILE:
      case BTF_KIND_CONST:
      case BTF_KIND_RESTRICT:
      case BTF_KIND_TYPE_TAG:
        return true;
      default:
        return false;
    }
  }

  /**
   * The type behind typedefs and qualifiers.
   * @throws when the chain does not end: a cycle
   */
  skipModifiers(id: number): number {
    let type = id;
    for (let steps = 0; this.isModifierOrTypedef(type); steps++) {
      if (steps === MAX_MODIFIERS) throw this.bad(`${this.where}: the typedefs behind type ${id} do not end`);
      type = this.type(type);
    }
    return type;
  }

  /**
   * Size of a type in bytes as `btf__resolve_size()` of libbpf tells it; undefined when it has none (functions,
   * `void`, forward declarations), is too large for 32 bits, or lies behind more than 32 references.
   */
  resolveSize(id: number): number | undefined {
    let type = id;
    let count = 1;
    for (let steps = 0; steps < MAX_CHAIN; steps++) {
      switch (this.kind(type)) {
        case BTF_KIND_INT:
        case BTF_KIND_STRUCT:
        case BTF_KIND_UNION:
        case BTF_KIND_ENUM:
        case BTF_KIND_ENUM64:
        case BTF_KIND_DATASEC:
        case BTF_KIND_FLOAT: {
          const size = this.size(type) * count;
          return size > 0xffff_ffff ? undefined : size;
        }
        case BTF_KIND_PTR: {
          const size = POINTER_BYTES * count;
          return size > 0xffff_ffff ? undefined : size;
        }
        case BTF_KIND_TYPEDEF:
        case BTF_KIND_VOLATILE:
        case BTF_KIND_CONST:
        case BTF_KIND_RESTRICT:
        case BTF_KIND_VAR:
        case BTF_KIND_DECL_TAG:
        case BTF_KIND_TYPE_TAG:
          type = this.type(type);
          break;
        case BTF_KIND_ARRAY: {
          const { type: element, length } = this.array(type);
          count *= length;
          if (count > 0xffff_ffff) return undefined;
          type = element;
          break;
        }
        default:
          return undefined;
      }
    }
    return undefined;
  }

  /** Ids of all types of that name, ascending; none for the empty name. The first call builds an index. */
  idsByName(name: string): readonly number[] {
    if (name === '') return [];
    if (this.byName === undefined) {
      const index = new Map<string, number[]>();
      for (let id = 1; id < this.typeCount; id++) {
        const typeName = this.typeName(id);
        if (typeName === '') continue;
        const ids = index.get(typeName);
        if (ids === undefined) index.set(typeName, [id]);
        else ids.push(id);
      }
      this.byName = index;
    }
    return this.byName.get(name) ?? [];
  }

  /** The first type of that name, of one kind when given; 0 when there is none. */
  findByName(name: string, kind?: number): number {
    for (const id of this.idsByName(name)) {
      if (kind === undefined || this.kind(id) === kind) return id;
    }
    return 0;
  }
}
