/**
 * Fields of structures that are more than data: spin locks, timers, work queues, kernel pointers, lists and trees with
 * their nodes, reference counts (`struct btf_record`, `btf_parse_fields()`, kernel/bpf/btf.c, Linux 6.12).
 */
import { BTF_KIND_ARRAY, BTF_KIND_PTR, BTF_KIND_STRUCT, BTF_KIND_TYPE_TAG } from '../object/btf.js';
import type { Btf } from '../object/btf.js';
import type { DataVariable } from '../object/data-sections.js';
import { graphRootOf } from './graph-fields.js';
import type { GraphRoot } from './graph-fields.js';

/** What a field is. */
export type FieldKind =
  | 'spin-lock'
  | 'timer'
  | 'wq'
  | 'kptr-unref'
  | 'kptr-ref'
  | 'kptr-percpu'
  | 'list-head'
  | 'list-node'
  | 'rb-root'
  | 'rb-node'
  | 'refcount';

export interface SpecialField {
  readonly kind: FieldKind;
  /** Byte offset. */
  readonly offset: number;
  readonly size: number;
  /** Type id, in the same BTF, of what a kernel pointer points to; 0 for others. */
  readonly pointee: number;
  /** What a list head or tree root contains. */
  readonly root?: GraphRoot | undefined;
}

/** Special fields by ascending offset. */
export type Record = readonly SpecialField[];

const STRUCT_KINDS: ReadonlyMap<string, FieldKind> = new Map([
  ['bpf_spin_lock', 'spin-lock'],
  ['bpf_timer', 'timer'],
  ['bpf_wq', 'wq'],
  ['bpf_list_head', 'list-head'],
  ['bpf_list_node', 'list-node'],
  ['bpf_rb_root', 'rb-root'],
  ['bpf_rb_node', 'rb-node'],
  ['bpf_refcount', 'refcount'],
]);
const TAG_KINDS: ReadonlyMap<string, FieldKind> = new Map([
  ['kptr_untrusted', 'kptr-unref'],
  ['kptr', 'kptr-ref'],
  ['percpu_kptr', 'kptr-percpu'],
]);

/** Fields in structures within structures are found down to this depth (`MAX_RESOLVE_DEPTH`). */
const MAX_DEPTH = 32;
/** Most special fields a structure has (`BTF_FIELDS_MAX`). */
const MAX_FIELDS = 11;

/** Collects the fields of one type. */
class Search {
  readonly found: SpecialField[] = [];

  constructor(private readonly btf: Btf) {}

  private get isFull(): boolean {
    return this.found.length >= MAX_FIELDS;
  }

  /** Fields of the variables of a data section. */
  variables(variables: readonly DataVariable[]): void {
    for (const { id, offset } of variables) this.field(this.btf.type(id), offset, 1, id, -1);
  }

  /** Fields of the structure `typeId`, which begins at byte `at`. */
  members(typeId: number, at: number, depth: number): void {
    const { btf } = this;
    if (depth > MAX_DEPTH || this.isFull) return;
    const type = btf.skipModifiers(typeId);
    if (btf.kind(type) !== BTF_KIND_STRUCT) return;
    for (let i = 0; i < btf.vlen(type); i++) {
      const bits = btf.memberBitOffset(type, i);
      if (bits % 8 === 0) this.field(btf.elementType(type, i), at + bits / 8, depth + 1, type, i);
    }
  }

  /** A field of type `typeId` at byte `at`, member `component` of `owner`. */
  private field(typeId: number, at: number, depth: number, owner: number, component: number): void {
    const { btf } = this;
    if (this.isFull || depth > MAX_DEPTH) return;
    const type = btf.skipModifiers(typeId);
    switch (btf.kind(type)) {
      case BTF_KIND_ARRAY:
        this.elements(type, at, depth, owner, component);
        return;
      case BTF_KIND_STRUCT: {
        const kind = STRUCT_KINDS.get(btf.typeName(type));
        if (kind === undefined) {
          this.members(type, at, depth);
          return;
        }
        const root =
          kind === 'list-head' || kind === 'rb-root' ? graphRootOf(btf, owner, component) : undefined;
        this.found.push({ kind, offset: at, size: btf.size(type), pointee: 0, root });
        return;
      }
      case BTF_KIND_PTR: {
        const tag = btf.type(type);
        if (btf.kind(tag) !== BTF_KIND_TYPE_TAG) return;
        const kind = TAG_KINDS.get(btf.typeName(tag));
        if (kind === undefined) return;
        this.found.push({ kind, offset: at, size: 8, pointee: btf.skipModifiers(btf.type(tag)) });
        return;
      }
      default:
    }
  }

  private elements(array: number, at: number, depth: number, owner: number, component: number): void {
    const { btf, found } = this;
    const { type: element, length } = btf.array(array);
    const size = btf.resolveSize(element);
    if (size === undefined || size === 0) return;
    for (let i = 0; i < length && !this.isFull; i++) {
      const before = found.length;
      this.field(element, at + i * size, depth + 1, owner, component);
      // Elements without special fields have none anywhere.
      if (found.length === before) return;
    }
  }
}

const records = new WeakMap<Btf, Map<number, Record>>();

/**
 * Special fields of a type; empty when it has none.
 * @param variables of a data section: the type itself may not know where they are
 */
export function recordOf(btf: Btf | undefined, typeId: number, variables?: readonly DataVariable[]): Record {
  if (btf === undefined || typeId <= 0 || typeId >= btf.typeCount) return [];
  let known = records.get(btf);
  if (known === undefined) {
    known = new Map();
    records.set(btf, known);
  }
  let record = known.get(typeId);
  if (record === undefined) {
    const search = new Search(btf);
    if (variables === undefined) search.members(typeId, 0, 0);
    else search.variables(variables);
    record = search.found.sort((a, b) => a.offset - b.offset);
    known.set(typeId, record);
  }
  return record;
}

/** Has the record a field of that kind? */
export function hasField(record: Record, kind: FieldKind): boolean {
  return record.some((field) => field.kind === kind);
}

/** The field of one of the kinds that begins at byte `offset`. */
export function fieldAt(
  record: Record,
  offset: number,
  ...kinds: readonly FieldKind[]
): SpecialField | undefined {
  return record.find((field) => field.offset === offset && kinds.includes(field.kind));
}

const META_KINDS: ReadonlySet<FieldKind> = new Set([
  'spin-lock',
  'kptr-unref',
  'kptr-ref',
  'kptr-percpu',
  'list-head',
  'list-node',
  'rb-root',
  'rb-node',
  'refcount',
]);

/** Does the kernel keep a description of the structure's fields (`btf_find_struct_meta`)? */
export function hasStructMeta(btf: Btf | undefined, typeId: number): boolean {
  return recordOf(btf, typeId).some(({ kind }) => META_KINDS.has(kind));
}
