/**
 * Maps as interpreted programs meet them, laid out in memory where in-line lookups look (`struct bpf_array`,
 * `struct htab_elem`, kernel/bpf/arraymap.c and hashtab.c): what these compute is then compared with what the model says.
 */
import type { Memory } from '../../isa/interpreter/index.js';
import type { KernelProfile } from '../../kernel/profile.js';
import { MAP_TYPE } from '../../kernel/types.js';
import type { MapDef } from '../../object/program.js';

export const ENOENT = 2n;
export const E2BIG = 7n;
export const EINVAL = 22n;
export const EFAULT = 14n;

/** A negative error number as a register holds it. */
export function failure(errno: bigint): bigint {
  return BigInt.asUintN(64, -errno);
}

/** A map in memory. */
export interface MapModel {
  readonly def: MapDef;
  /** What a 64-bit load of the map gives, and helpers take. */
  readonly address: bigint;
  /** Address of a key's value, 0 when there is none. */
  lookup(key: Uint8Array): bigint;
  /** Returns 0 or a negative error number. */
  update(key: Uint8Array, value: Uint8Array): bigint;
  remove(key: Uint8Array): bigint;
  /** Addresses of all keys and values, in an order that depends on what was done to the map only. */
  entries(): readonly (readonly [key: bigint, value: bigint])[];
  /** All that can be read from it, for comparison. */
  dump(): string;
}

/** A map whose elements an in-line lookup finds by a call. */
export interface ElementMap extends MapModel {
  /** Address of `struct htab_elem`, 0 when there is none. */
  element(key: Uint8Array): bigint;
}

export function hex(bytes: Uint8Array): string {
  return Buffer.from(bytes).toString('hex');
}

function roundUp8(bytes: number): number {
  return (bytes + 7) & ~7;
}

/** Array, per-CPU array, array of maps and global data. */
export class ArrayModel implements MapModel {
  readonly address: bigint;
  private readonly values: bigint[] = [];

  constructor(
    private readonly memory: Memory,
    profile: KernelProfile,
    readonly def: MapDef,
    /** Address of the map in every element, for arrays of maps. */
    inner?: bigint,
  ) {
    const perCpu = def.type === MAP_TYPE.PERCPU_ARRAY;
    const start = profile.member('bpf_array', perCpu ? 'pptrs' : 'value').offset;
    const stride = perCpu ? 8 : inner === undefined ? roundUp8(def.valueSize) : 8;
    this.address = memory.allocate(start + stride * def.maxEntries);
    for (let index = 0; index < def.maxEntries; index++) {
      const place = this.address + BigInt(start + stride * index);
      if (inner !== undefined) memory.store(place, 8, inner);
      if (perCpu) memory.store(place, 8, memory.allocate(roundUp8(def.valueSize)));
      this.values.push(perCpu ? memory.load(place, 8) : inner === undefined ? place : inner);
    }
    if (def.contents !== undefined) memory.bytes(this.values[0], def.valueSize).set(def.contents);
  }

  /** Address of the first value: what a load of global data counts from. */
  get data(): bigint {
    return this.values[0];
  }

  lookup(key: Uint8Array): bigint {
    return this.values[indexOf(key)] ?? 0n;
  }

  update(key: Uint8Array, value: Uint8Array): bigint {
    const place = this.lookup(key);
    if (place === 0n) return failure(E2BIG);
    this.memory.bytes(place, this.def.valueSize).set(value);
    return 0n;
  }

  remove(): bigint {
    return failure(EINVAL);
  }

  entries(): readonly (readonly [bigint, bigint])[] {
    return this.values.map((value, index) => {
      const key = this.memory.allocate(4);
      this.memory.store(key, 4, BigInt(index));
      return [key, value] as const;
    });
  }

  dump(): string {
    return this.values.map((value) => hex(this.memory.bytes(value, this.def.valueSize))).join();
  }
}

function indexOf(key: Uint8Array): number {
  return new DataView(key.buffer, key.byteOffset).getUint32(0, true);
}

/** Hash tables of all kinds, and prefix tries as if only whole keys matched. */
export class HashModel implements ElementMap {
  readonly address: bigint;
  private readonly elements = new Map<string, bigint>();
  private readonly keyOffset: number;
  private readonly valueOffset: number;
  private readonly perCpu: boolean;

  constructor(
    private readonly memory: Memory,
    profile: KernelProfile,
    readonly def: MapDef,
    private readonly inner?: bigint,
  ) {
    this.address = memory.allocate(8);
    this.keyOffset = profile.member('htab_elem', 'key').offset;
    this.valueOffset = this.keyOffset + roundUp8(def.keySize);
    this.perCpu = def.type === MAP_TYPE.PERCPU_HASH;
  }

  element(key: Uint8Array): bigint {
    return this.elements.get(hex(key)) ?? 0n;
  }

  lookup(key: Uint8Array): bigint {
    const element = this.element(key);
    return element === 0n ? 0n : this.valueOf(element);
  }

  /** Through the pointer, for per-CPU values and inner maps. */
  private valueOf(element: bigint): bigint {
    const place = element + BigInt(this.valueOffset);
    return this.perCpu || this.inner !== undefined ? this.memory.load(place, 8) : place;
  }

  update(key: Uint8Array, value: Uint8Array): bigint {
    let element = this.element(key);
    if (element === 0n) {
      if (this.elements.size === this.def.maxEntries) return failure(E2BIG);
      element = this.memory.allocate(this.valueOffset + roundUp8(Math.max(8, this.def.valueSize)));
      this.memory.bytes(element + BigInt(this.keyOffset), key.length).set(key);
      const place = element + BigInt(this.valueOffset);
      if (this.inner !== undefined) this.memory.store(place, 8, this.inner);
      if (this.perCpu) this.memory.store(place, 8, this.memory.allocate(roundUp8(this.def.valueSize)));
      this.elements.set(hex(key), element);
    }
    if (this.inner === undefined) this.memory.bytes(this.valueOf(element), value.length).set(value);
    return 0n;
  }

  remove(key: Uint8Array): bigint {
    return this.elements.delete(hex(key)) ? 0n : failure(ENOENT);
  }

  entries(): readonly (readonly [bigint, bigint])[] {
    return [...this.elements.values()].map((element) => [
      element + BigInt(this.keyOffset),
      this.valueOf(element),
    ]);
  }

  dump(): string {
    return [...this.elements]
      .map(([key, element]) => `${key}=${this.inner === undefined ? hex(this.valueBytes(element)) : 'map'}`)
      .sort()
      .join();
  }

  private valueBytes(element: bigint): Uint8Array {
    return this.memory.bytes(this.valueOf(element), this.def.valueSize);
  }
}

/** Queue, stack and ring buffer; and maps that only have an address. */
export class QueueModel implements MapModel {
  readonly address: bigint;
  private readonly values: Uint8Array[] = [];

  constructor(
    memory: Memory,
    readonly def: MapDef,
  ) {
    this.address = memory.allocate(8);
  }

  push(value: Uint8Array): bigint {
    if (this.def.type !== MAP_TYPE.RINGBUF && this.values.length === this.def.maxEntries)
      return failure(E2BIG);
    this.values.push(Uint8Array.from(value));
    return 0n;
  }

  /** Takes or looks at the value that is next; `into` is cleared when there is none. */
  next(into: Uint8Array, take: boolean): bigint {
    const at = this.def.type === MAP_TYPE.STACK ? this.values.length - 1 : 0;
    const value = this.values.at(at);
    if (value === undefined) {
      into.fill(0);
      return failure(ENOENT);
    }
    into.set(value);
    if (take) this.values.splice(at, 1);
    return 0n;
  }

  lookup(): bigint {
    return 0n;
  }

  update(): bigint {
    return failure(EINVAL);
  }

  remove(): bigint {
    return failure(EINVAL);
  }

  entries(): readonly (readonly [bigint, bigint])[] {
    return [];
  }

  dump(): string {
    return this.values.map(hex).join();
  }
}
