/**
 * Stands in for kernel addresses: where the kernel writes an address or a distance to one, the passes write a number
 * that this table gives a name. Numbers are handed out in the order of first use, so all strategies get the same.
 */
export class SymbolTable {
  private readonly numbers = new Map<string, number>();
  private readonly names: string[] = [];

  /** The number of a kernel symbol, from 1 on; the same for the same name. */
  number(name: string): number {
    const known = this.numbers.get(name);
    if (known !== undefined) return known;
    this.names.push(name);
    this.numbers.set(name, this.names.length);
    return this.names.length;
  }

  /** The name behind a number; undefined when it was never handed out. */
  name(number: number): string | undefined {
    return this.names[number - 1];
  }
}
