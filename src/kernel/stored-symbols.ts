/**
 * The symbols of a kernel as they are stored beside its types: names and addresses without address randomisation, as
 * `/proc/kallsyms` of a kernel booted with `nokaslr` lists them.
 *
 *     count, then the distance of each address from the one before, as LEB128 numbers; the names, one a line
 *
 * Addresses count as signed numbers, so that those of the kernel's image come before per-cpu variables, which are small
 * up to 6.12. The first distance is doubled, plus one when the address is negative.
 */

/** Names that C can give an extern; the rest are the compiler's and the linker's own. */
const C_NAME = /^[A-Za-z_]\w*$/;
/** Padding in front of functions, exports, notes: nothing that a program could mean. */
const MADE_BY_THE_BUILD =
  /^(?:__pfx_|__ksymtab_|__kstrtab|__UNIQUE_ID|__initcall_|__crc_|__func__|__export_)/;

const ADDRESS_BITS = 64;

/**
 * Packs the kernel's own symbols from the text of `/proc/kallsyms`. Left out: symbols of modules, which lie somewhere
 * else each time, and names of several addresses, between which libbpf refuses to choose.
 * @throws Error when the table is empty or masked
 */
export function packSymbols(kallsyms: string): Uint8Array {
  const found = new Map<string, number | undefined>();
  for (const line of kallsyms.split('\n')) {
    const fields = /^([0-9a-f]+) \S (\S+)$/.exec(line);
    if (fields === null) continue;
    const [, address, name] = fields;
    if (!C_NAME.test(name) || MADE_BY_THE_BUILD.test(name)) continue;
    const value = Number(BigInt.asIntN(ADDRESS_BITS, BigInt(`0x${address}`)));
    found.set(name, found.has(name) && found.get(name) !== value ? undefined : value);
  }
  const symbols = [...found].filter((entry): entry is [string, number] => entry[1] !== undefined);
  if (symbols.length === 0 || symbols.every(([, address]) => address === 0))
    throw new Error('kallsyms: no addresses');
  symbols.sort(([a, x], [b, y]) => x - y || (a < b ? -1 : 1));

  const bytes: number[] = [];
  putNumber(bytes, symbols.length);
  let previous = symbols[0][1];
  putNumber(bytes, 2 * Math.abs(previous) + (previous < 0 ? 1 : 0));
  for (const [, address] of symbols.slice(1)) {
    putNumber(bytes, address - previous);
    previous = address;
  }
  return Buffer.concat([Buffer.from(bytes), Buffer.from(symbols.map(([name]) => name).join('\n'), 'latin1')]);
}

/** Addresses by name, out of what `packSymbols()` made. */
export function unpackSymbols(packed: Uint8Array): ReadonlyMap<string, bigint> {
  const reader = { bytes: packed, at: 0 };
  const count = takeNumber(reader);
  const addresses = new Float64Array(count);
  for (let index = 0; index < count; index++) {
    const number = takeNumber(reader);
    if (index > 0) addresses[index] = addresses[index - 1] + number;
    else addresses[0] = number % 2 === 1 ? -(number - 1) / 2 : number / 2;
  }
  const names = Buffer.from(packed.subarray(reader.at)).toString('latin1').split('\n');
  return new Map(names.map((name, index) => [name, BigInt.asUintN(ADDRESS_BITS, BigInt(addresses[index]))]));
}

/** Appends a number of up to 53 bits, lowest seven first. */
function putNumber(bytes: number[], value: number): void {
  let rest = value;
  while (rest >= 0x80) {
    bytes.push((rest % 0x80) | 0x80);
    rest = Math.floor(rest / 0x80);
  }
  bytes.push(rest);
}

function takeNumber(reader: { readonly bytes: Uint8Array; at: number }): number {
  let value = 0;
  let scale = 1;
  for (;;) {
    const byte = reader.bytes[reader.at++];
    value += (byte & 0x7f) * scale;
    if (byte < 0x80) return value;
    scale *= 0x80;
  }
}
