/**
 * The instructions a path came by where the order of slots does not tell: jump targets, stack accesses and jumps
 * that linked registers hang on (`struct bpf_insn_hist_entry`, include/linux/bpf_verifier.h, Linux 6.12). One array for
 * all states: each owns a stretch of it, and what lies behind the current state's end is free.
 */

/** Flags of an entry: frame in the low 3 bits, stack slot in the next 6. */
export const STACK_ACCESS = 1 << 9;
export const DST_REG_STACK = 1 << 10;
export const SRC_REG_STACK = 1 << 11;

/** Flags of an access to a stack slot. */
export function stackAccess(frameno: number, slot: number): number {
  return STACK_ACCESS | (slot << 3) | frameno;
}

export function frameOfAccess(flags: number): number {
  return flags & 7;
}

export function slotOfAccess(flags: number): number {
  return (flags >>> 3) & 0x3f;
}

/** Most registers and slots a set of linked ones has. */
export const LINKED_REGS_MAX = 6;

/** Registers and stack slots that hold linked numbers, each packed in 10 bits: frame, number, register or slot. */
export class LinkedRegs {
  count = 0;
  private readonly entries = new Uint16Array(LINKED_REGS_MAX);

  /** Adds one; false when the set is full. */
  push(frameno: number, number: number, isReg: boolean): boolean {
    if (this.count === LINKED_REGS_MAX) return false;
    this.entries[this.count++] = frameno | (number << 3) | (isReg ? 1 << 9 : 0);
    return true;
  }

  frameno(i: number): number {
    return this.entries[i] & 7;
  }

  /** Register or stack slot number. */
  number(i: number): number {
    return (this.entries[i] >>> 3) & 0x3f;
  }

  isReg(i: number): boolean {
    return this.entries[i] >>> 9 !== 0;
  }

  raw(i: number): number {
    return this.entries[i];
  }

  setRaw(i: number, value: number): void {
    this.entries[i] = value;
  }
}

export class History {
  private slots = new Int32Array(1024);
  private prevs = new Int32Array(1024);
  private flagsOf = new Int32Array(1024);
  /** Linked sets: `LINKED_REGS_MAX` words per entry, and how many of them count. */
  private linked = new Uint16Array(1024 * LINKED_REGS_MAX);
  private linkedCounts = new Uint8Array(1024);

  /** Writes the entry at index `at`. */
  set(at: number, slot: number, prev: number, flags: number, linked: LinkedRegs | null): void {
    if (at >= this.slots.length) this.grow();
    this.slots[at] = slot;
    this.prevs[at] = prev;
    this.flagsOf[at] = flags;
    this.setLinked(at, linked);
  }

  setLinked(at: number, linked: LinkedRegs | null): void {
    const count = linked === null ? 0 : linked.count;
    this.linkedCounts[at] = count;
    for (let i = 0; i < count; i++) this.linked[at * LINKED_REGS_MAX + i] = linked!.raw(i);
  }

  addFlags(at: number, flags: number): void {
    this.flagsOf[at] |= flags;
  }

  slot(at: number): number {
    return this.slots[at];
  }

  prev(at: number): number {
    return this.prevs[at];
  }

  flags(at: number): number {
    return this.flagsOf[at];
  }

  /** Reads the entry's linked set into `out`. */
  readLinked(at: number, out: LinkedRegs): void {
    out.count = this.linkedCounts[at]!;
    for (let i = 0; i < out.count; i++) out.setRaw(i, this.linked[at * LINKED_REGS_MAX + i]);
  }

  private grow(): void {
    const length = this.slots.length * 2;
    this.slots = enlarged(this.slots, new Int32Array(length));
    this.prevs = enlarged(this.prevs, new Int32Array(length));
    this.flagsOf = enlarged(this.flagsOf, new Int32Array(length));
    this.linked = enlarged(this.linked, new Uint16Array(length * LINKED_REGS_MAX));
    this.linkedCounts = enlarged(this.linkedCounts, new Uint8Array(length));
  }
}

function enlarged<T extends Int32Array | Uint16Array | Uint8Array>(from: T, to: T): T {
  to.set(from);
  return to;
}
