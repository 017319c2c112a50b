/**
 * Values of the kernel's configuration: externs in `.kconfig` become a frozen map of their values, laid out by libbpf
 * (falling alignment, then rising size, then name).
 *
 *     extern int CONFIG_HZ __kconfig;                          what the configuration says
 *     extern enum libbpf_tristate CONFIG_BPF __kconfig __weak; 0 when it says nothing
 *     extern int LINUX_KERNEL_VERSION __kconfig;               known without a configuration, as three others
 *
 * Source: `bpf_object__collect_externs()`, `set_kcfg_value_*()`, tools/lib/bpf/libbpf.c, Linux 6.12.
 */
import {
  BTF_INT_BOOL,
  BTF_INT_SIGNED,
  BTF_KIND_ARRAY,
  BTF_KIND_DATASEC,
  BTF_KIND_ENUM,
  BTF_KIND_ENUM64,
  BTF_KIND_INT,
} from './btf-kinds.js';
import type { Btf } from './btf.js';
import { dataMapName } from './globals.js';
import type { KernelTarget } from './kernel-target.js';
import { BPF_F_MMAPABLE, BPF_F_RDONLY_PROG, BPF_MAP_TYPE_ARRAY } from './map-types.js';
import type { MapDef } from './program.js';

/** A declaration. */
export interface KconfigExtern {
  readonly name: string;
  readonly weak: boolean;
  /** Type id of the variable. */
  readonly type: number;
}

/** Where a value is in the map, and why it is not known, if so. */
export interface KconfigPlace {
  readonly offset: number;
  readonly problem: string | undefined;
}

type ValueKind = 'bool' | 'tristate' | 'char' | 'int' | 'chars';

interface Value {
  readonly extern: KconfigExtern;
  readonly kind: ValueKind;
  readonly signed: boolean;
  readonly size: number;
  readonly align: number;
}

/** Largest string that is laid out; configuration strings are short. */
const MAX_VALUE_BYTES = 1024 * 1024;

/** Lays out the externs and fills in what the kernel says. */
export function kconfigMap<Extern extends KconfigExtern>(
  externs: readonly Extern[],
  btf: Btf,
  target: KernelTarget | undefined,
  fileName: string,
): { map: MapDef; places: Map<Extern, KconfigPlace> } {
  const places = new Map<KconfigExtern, KconfigPlace>();
  const values: Value[] = [];
  for (const extern of externs) {
    const value = classify(extern, btf);
    if (value === undefined) places.set(extern, { offset: 0, problem: 'has a type that is not supported' });
    else values.push(value);
  }
  values.sort((a, b) => b.align - a.align || a.size - b.size || compareBytes(a.extern.name, b.extern.name));

  let end = 0;
  const offsets = values.map(({ size, align }) => {
    const offset = Math.ceil(end / align) * align;
    end = offset + size;
    return offset;
  });
  const contents = new Uint8Array(end);
  values.forEach((value, i) => {
    const view = new DataView(contents.buffer, offsets[i], value.size);
    places.set(value.extern, { offset: offsets[i], problem: fill(value, view, target) });
  });
  const typeId = btf.findByName('.kconfig', BTF_KIND_DATASEC);
  const map: MapDef = {
    name: dataMapName(fileName, '.kconfig'),
    type: BPF_MAP_TYPE_ARRAY,
    keySize: 4,
    valueSize: end,
    maxEntries: 1,
    flags: BPF_F_RDONLY_PROG | BPF_F_MMAPABLE,
    extra: 0n,
    contents,
    frozen: true,
    keyTypeId: 0,
    valueTypeId: typeId,
  };
  return { map, places: places as Map<Extern, KconfigPlace> };
}

function compareBytes(a: string, b: string): number {
  return Buffer.compare(Buffer.from(a), Buffer.from(b));
}

function classify(extern: KconfigExtern, btf: Btf): Value | undefined {
  const type = btf.skipModifiers(extern.type);
  const scalar = scalarKind(type, btf);
  if (scalar !== undefined) {
    const size = btf.size(type);
    const signed = btf.kind(type) === BTF_KIND_INT && (btf.intEncoding(type) & BTF_INT_SIGNED) !== 0;
    return { extern, kind: scalar, signed, size, align: Math.min(8, size) };
  }
  if (btf.kind(type) !== BTF_KIND_ARRAY) return undefined;
  const { type: element, length } = btf.array(type);
  if (length === 0 || length > MAX_VALUE_BYTES) return undefined;
  if (scalarKind(btf.skipModifiers(element), btf) !== 'char') return undefined;
  return { extern, kind: 'chars', signed: false, size: length, align: 1 };
}

function scalarKind(type: number, btf: Btf): Exclude<ValueKind, 'chars'> | undefined {
  switch (btf.kind(type)) {
    case BTF_KIND_INT: {
      const size = btf.size(type);
      if ((btf.intEncoding(type) & BTF_INT_BOOL) !== 0) return size === 1 ? 'bool' : undefined;
      if (size === 1) return 'char';
      return size === 2 || size === 4 || size === 8 ? 'int' : undefined;
    }
    case BTF_KIND_ENUM:
      return btf.size(type) === 4 && btf.typeName(type) === 'libbpf_tristate' ? 'tristate' : undefined;
    case BTF_KIND_ENUM64:
      return btf.size(type) === 8 && btf.typeName(type) === 'libbpf_tristate' ? 'tristate' : undefined;
    default:
      return undefined;
  }
}

/** Writes the value; returns why it is not known, or undefined. */
function fill(value: Value, view: DataView, target: KernelTarget | undefined): string | undefined {
  const { name, weak } = value.extern;
  if (!name.startsWith('CONFIG_')) return fillVirtual(value, view, target);
  if (target?.config === undefined) return "needs a kernel's configuration";
  const text = target.config.get(name);
  if (text === undefined) return weak ? undefined : "is not set in the kernel's configuration";
  if (/^[ynm]/.test(text)) return setTristate(value, view, text[0]);
  if (text.startsWith('"')) return setString(value, view, text);
  if (!/^-?(0[xX][0-9a-fA-F]+|\d+)$/.test(text))
    return `has the value ${text.slice(0, 40)}, which is no number`;
  if (value.kind !== 'int' && value.kind !== 'char') return 'is a number in the configuration';
  const negative = text.startsWith('-');
  const magnitude = parseMagnitude(negative ? text.slice(1) : text);
  return magnitude === undefined
    ? `has the value ${text.slice(0, 40)}, which is no number`
    : setNumber(value, view, BigInt.asUintN(64, negative ? -magnitude : magnitude));
}

/** As `strtoull()` with base 0: hexadecimal after `0x`, octal after `0`, decimal otherwise. */
function parseMagnitude(text: string): bigint | undefined {
  if (!/^0\d+$/.test(text)) return BigInt(text);
  return /^[0-7]+$/.test(text) ? BigInt(`0o${text.slice(1)}`) : undefined;
}

/** Values that libbpf itself provides. */
function fillVirtual(value: Value, view: DataView, target: KernelTarget | undefined): string | undefined {
  const { name, weak } = value.extern;
  switch (name) {
    case 'LINUX_KERNEL_VERSION': {
      const release = /^(\d+)\.(\d+)(?:\.(\d+))?/.exec(target?.release ?? '');
      if (release === null) return "needs a kernel's release";
      const [major, minor, patch] = release.slice(1).map((part) => Number(part) || 0);
      return setNumber(value, view, BigInt(major * 65536 + minor * 256 + Math.min(patch, 255)));
    }
    // Both hold for every kernel from 5.15 on.
    case 'LINUX_HAS_BPF_COOKIE':
    case 'LINUX_HAS_SYSCALL_WRAPPER':
      return target === undefined ? "needs a kernel's BTF" : setNumber(value, view, 1n);
    default:
      return name.startsWith('LINUX_') && weak ? undefined : 'is no value that libbpf knows';
  }
}

function setTristate(value: Value, view: DataView, text: string): string | undefined {
  switch (value.kind) {
    case 'bool':
      if (text === 'm') return 'is "m" in the configuration, no bool';
      view.setUint8(0, text === 'y' ? 1 : 0);
      return undefined;
    case 'tristate':
      view.setUint32(0, text === 'y' ? 1 : text === 'm' ? 2 : 0, true);
      return undefined;
    case 'char':
      view.setUint8(0, text.charCodeAt(0));
      return undefined;
    default:
      return `is "${text}" in the configuration`;
  }
}

function setString(value: Value, view: DataView, text: string): string | undefined {
  if (value.kind !== 'chars') return 'is a string in the configuration';
  if (text.length < 2 || !text.endsWith('"')) return 'is a string without end in the configuration';
  const bytes = Buffer.from(text.slice(1, -1)).subarray(0, view.byteLength - 1);
  bytes.forEach((byte, i) => {
    view.setUint8(i, byte);
  });
  return undefined;
}

function setNumber(value: Value, view: DataView, number: bigint): string | undefined {
  const { kind, size, signed } = value;
  if (kind !== 'int' && kind !== 'char' && kind !== 'bool') return 'is a number in the kernel';
  if (kind === 'bool' && number > 1n) return 'is a number in the kernel, no bool';
  const bits = 8 * size;
  const fits = signed
    ? BigInt.asIntN(bits, number) === BigInt.asIntN(64, number)
    : number >> BigInt(bits) === 0n;
  if (bits < 64 && !fits) return `has a value that does not fit ${size} bytes`;
  if (size === 1) view.setUint8(0, Number(number & 0xffn));
  else if (size === 2) view.setUint16(0, Number(number & 0xffffn), true);
  else if (size === 4) view.setUint32(0, Number(number & 0xffff_ffffn), true);
  else view.setBigUint64(0, number, true);
  return undefined;
}
