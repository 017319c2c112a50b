/** Names of the kernel's addresses, from `/proc/kallsyms` of a guest without address randomisation. */

/** Lowest address of the kernel's own image and modules. */
const KERNEL_TEXT = 0xffffffff80000000n;

export class Kallsyms {
  /** Ascending. */
  readonly #addresses: BigUint64Array;
  readonly #names: string[];
  readonly #byName = new Map<string, bigint>();
  /** The address that call immediates count from. */
  readonly callBase: bigint;

  /** @throws Error when the table is empty or masked */
  constructor(text: string) {
    const found = new Map<bigint, string>();
    for (const line of text.split('\n')) {
      const match = /^([0-9a-f]+) (\S) (\S+)/.exec(line);
      if (match === null) continue;
      const address = BigInt(`0x${match[1]!}`);
      const name = match[3]!;
      if (name.startsWith('__pfx_')) continue;
      if (!this.#byName.has(name)) this.#byName.set(name, address);
      const known = found.get(address);
      if (known === undefined || preferred(name, known)) found.set(address, name);
    }
    const addresses = [...found.keys()].sort((a, b) => (a < b ? -1 : 1));
    this.#addresses = BigUint64Array.from(addresses);
    this.#names = addresses.map((address) => found.get(address)!);
    const base = this.#byName.get('__bpf_call_base');
    if (base === undefined || base < KERNEL_TEXT) throw new Error('kallsyms: no address of __bpf_call_base');
    this.callBase = base;
  }

  /** Address of a symbol; undefined when there is none of that name. */
  address(name: string): bigint | undefined {
    return this.#byName.get(name);
  }

  /** Name of the symbol that starts at the address. */
  exact(address: bigint): string | undefined {
    const at = this.#below(address);
    return at >= 0 && this.#addresses[at] === address ? this.#names[at] : undefined;
  }

  /**
   * Name of an address of the kernel's image or modules, with the distance from the symbol's start when there is one:
   * `jiffies_64`, `init_task+0x10`. Undefined for every other number.
   */
  describe(address: bigint): string | undefined {
    if (address < KERNEL_TEXT) return undefined;
    const at = this.#below(address);
    if (at < 0 || this.#addresses[at]! < KERNEL_TEXT) return undefined;
    const distance = address - this.#addresses[at]!;
    // Farther than any symbol reaches: a number, not an address.
    if (distance > 0x100000n) return undefined;
    return distance === 0n ? this.#names[at]! : `${this.#names[at]!}+0x${distance.toString(16)}`;
  }

  /** Index of the last symbol at or below the address, -1 when there is none. */
  #below(address: bigint): number {
    let low = 0;
    let high = this.#addresses.length;
    while (low < high) {
      const middle = (low + high) >>> 1;
      if (this.#addresses[middle]! <= address) low = middle + 1;
      else high = middle;
    }
    return low - 1;
  }
}

/** Of several names of one address the shorter is shown, of equally long ones the first of the alphabet. */
function preferred(name: string, known: string): boolean {
  if (name.length !== known.length) return name.length < known.length;
  return name < known;
}
