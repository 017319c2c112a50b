/** Names of the kernel's addresses, from `/proc/kallsyms` of a guest without address randomisation. */

/** Lowest address of the kernel's own image and modules. */
const KERNEL_TEXT = 0xffffffff80000000n;
/** No symbol reaches as far: what is beyond is a number, not an address. */
const FARTHEST = 0x100000n;

export class Kallsyms {
  /** Ascending. */
  readonly #addresses: BigUint64Array;
  /** Names of each address, the preferred one first. */
  readonly #names: string[][];
  /** The address that call immediates count from. */
  readonly callBase: bigint;

  /** @throws Error when the table is empty or masked */
  constructor(text: string) {
    const found = new Map<bigint, string[]>();
    let base = 0n;
    for (const line of text.split('\n')) {
      const match = /^([0-9a-f]+) \S (\S+)/.exec(line);
      // Padding in front of functions has names too.
      if (match === null || match[2].startsWith('__pfx_')) continue;
      const address = BigInt(`0x${match[1]}`);
      const names = found.get(address);
      if (names === undefined) found.set(address, [match[2]]);
      else if (!names.includes(match[2])) names.push(match[2]);
      if (match[2] === '__bpf_call_base') base = address;
    }
    if (base < KERNEL_TEXT) throw new Error('kallsyms: no address of __bpf_call_base');
    const addresses = [...found.keys()].sort((a, b) => (a < b ? -1 : 1));
    this.#addresses = BigUint64Array.from(addresses);
    this.#names = addresses.map((address) => found.get(address)!.sort(byPreference));
    this.callBase = base;
  }

  /** Name of the symbol of the kernel's image or modules that starts at the address. */
  exact(address: bigint): string | undefined {
    const at = this.#below(address);
    return address >= KERNEL_TEXT && this.#addresses[at] === address ? this.#names[at][0] : undefined;
  }

  /**
   * Name of an address of the kernel's image or modules, with the distance from the symbol's start when there is one:
   * `jiffies_64`, `init_task+0x10`. Undefined for every other number.
   */
  describe(address: bigint): string | undefined {
    return address < KERNEL_TEXT ? undefined : this.#describe(address);
  }

  /**
   * Name of a per-cpu variable's address as a 32-bit immediate has it. They count from 0 up to 6.12, later they are
   * addresses of the kernel's image.
   */
  describePercpu(immediate: number): string | undefined {
    return this.#describe(BigInt.asUintN(64, BigInt(immediate)));
  }

  /** The other names of those symbols that have some, e.g. of a function that is exported under two; sorted. */
  aliases(wanted: Iterable<string>): Record<string, string[]> {
    const left = new Set(wanted);
    return Object.fromEntries(
      this.#names
        .filter((names) => names.length > 1 && left.has(names[0]))
        .map((names) => [names[0], names.slice(1)] as const)
        .sort(([a], [b]) => (a < b ? -1 : 1)),
    );
  }

  /** Every name of the address, whatever it is the address of; empty when it has none. */
  namesAt(address: bigint): readonly string[] {
    const at = this.#below(address);
    return at >= 0 && this.#addresses[at] === address ? this.#names[at] : [];
  }

  /** Addresses, in hexadecimal, of symbols by the name that is shown for them; sorted by name. */
  addresses(wanted: Iterable<string>): Record<string, string> {
    const left = new Set(wanted);
    const found: [string, string][] = [];
    this.#names.forEach(([name], at) => {
      if (left.has(name)) found.push([name, this.#addresses[at].toString(16)]);
    });
    return Object.fromEntries(found.sort(([a], [b]) => (a < b ? -1 : 1)));
  }

  #describe(address: bigint): string | undefined {
    const at = this.#below(address);
    if (at < 0) return undefined;
    const distance = address - this.#addresses[at];
    if (distance > FARTHEST) return undefined;
    const name = this.#names[at][0];
    return distance === 0n ? name : `${name}+0x${distance.toString(16)}`;
  }

  /** Index of the last symbol at or below the address, -1 when there is none. */
  #below(address: bigint): number {
    let low = 0;
    let high = this.#addresses.length;
    while (low < high) {
      const middle = (low + high) >>> 1;
      if (this.#addresses[middle] <= address) low = middle + 1;
      else high = middle;
    }
    return low - 1;
  }
}

/** Of several names the shortest is shown, of equally long ones the first of the alphabet. */
function byPreference(a: string, b: string): number {
  if (a.length !== b.length) return a.length - b.length;
  return a < b ? -1 : a > b ? 1 : 0;
}
