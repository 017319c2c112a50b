/**
 * One context access on its way to accesses of the kernel structure behind it, and tables of how each field is
 * converted (`convert_ctx_access` of `struct bpf_verifier_ops`, net/core/filter.c and kernel/bpf/cgroup.c, Linux 6.12).
 *
 * A table is made once per profile, its structure offsets looked up then; converting looks nothing up and allocates
 * nothing.
 */
import type { PatchBuffer } from '../../../strategies/patch-buffer.js';
import { ldxMem, rawInsn } from '../../isa/builders.js';
import { classOf } from '../../isa/insn.js';
import { BPF_B, BPF_DW, BPF_H, BPF_MEM, BPF_REG_9, BPF_W } from '../../isa/opcodes.js';
import type { Layout } from '../../kernel/contexts/layouts.js';
import type { Member } from '../../kernel/profile.js';

/**
 * The access: the fields of the load or store as the program has them, but that a narrow load is already one of the
 * whole field. Reused from access to access.
 */
export class Conversion {
  write = false;
  code = 0;
  dst = 0;
  src = 0;
  /** Byte offset in the context structure. */
  off = 0;
  imm = 0;
  /** Bytes that the converted load reads, where a narrower load is to be cut from it; 0 when the field says nothing. */
  targetSize = 0;
  /** The program reads `tstamp_type`, so it knows what kind of time stamp it sees. */
  tstampTypeAccess = false;

  /** @param out the instructions that take the access's place */
  constructor(readonly out: PatchBuffer) {}

  /** Size bits of the access's opcode. */
  get size(): number {
    return this.code & 0x18;
  }
}

/** Appends what converts the access; appends nothing when the field has no conversion. */
export type Converter = (access: Conversion) => void;

/** Size bits of an opcode for 1, 2, 4 or 8 bytes. */
export function sizeBits(bytes: number): number {
  switch (bytes) {
    case 1:
      return BPF_B;
    case 2:
      return BPF_H;
    case 4:
      return BPF_W;
    case 8:
      return BPF_DW;
    default:
      throw new RangeError(`no load or store has ${bytes} bytes`);
  }
}

/** Bytes of an access by the size bits of its opcode. */
export function bytesOf(size: number): number {
  return size === BPF_DW ? 8 : size === BPF_W ? 4 : size === BPF_H ? 2 : 1;
}

/** How each field of a context structure is converted, by the byte offset of the access. */
export class FieldTable {
  private readonly byOffset: (Converter | undefined)[] = [];

  constructor(
    private readonly layout: Layout,
    /** Takes the accesses that have no line here. */
    private readonly fallback?: FieldTable,
  ) {}

  /** Accesses at the field's first byte. */
  at(field: string, convert: Converter): this {
    this.byOffset[this.layout.at(field)] = convert;
    return this;
  }

  /** Accesses at any byte of the field. */
  anywhere(field: string, convert: Converter): this {
    for (let offset = this.layout.at(field); offset < this.layout.end(field); offset++)
      this.byOffset[offset] = convert;
    return this;
  }

  /** Accesses at a byte offset. */
  atOffset(offset: number, convert: Converter): this {
    this.byOffset[offset] = convert;
    return this;
  }

  readonly convert: Converter = (access) => {
    const convert = this.byOffset[access.off];
    if (convert !== undefined) convert(access);
    else this.fallback?.convert(access);
  };

  /** The field an access is in, as messages name it: `__sk_buff.mark`. */
  fieldName(offset: number): string {
    return `${this.layout.name}.${this.layout.nameAt(offset)}`;
  }
}

/** Loads a member of the structure that the context pointer really points to. */
export function loadMember({ offset, size }: Member): Converter {
  const bits = sizeBits(size);
  return (access) => {
    ldxMem(access.out, bits, access.dst, access.src, offset);
  };
}

/** The same, and a narrower load may be cut from it. */
export function loadField({ offset, size }: Member): Converter {
  const bits = sizeBits(size);
  return (access) => {
    access.targetSize = size;
    ldxMem(access.out, bits, access.dst, access.src, offset);
  };
}

/** Loads a pointer member, then a member of the structure it points to. */
export function loadThrough(pointer: Member, { offset, size }: Member): Converter {
  const bits = sizeBits(size);
  return (access) => {
    loadPointer(access, pointer);
    ldxMem(access.out, bits, access.dst, access.dst, offset);
  };
}

/** The same, and a narrower load may be cut from it. */
export function loadFieldThrough(pointer: Member, member: Member): Converter {
  const load = loadThrough(pointer, member);
  return (access) => {
    access.targetSize = member.size;
    load(access);
  };
}

/** Loads or stores a member, as wide as the member is. */
export function loadOrStoreMember(member: Member): Converter {
  const load = loadMember(member);
  const bits = sizeBits(member.size);
  return (access) => {
    if (access.write) emitStore(access, bits, access.dst, member.offset);
    else load(access);
  };
}

/** The same, and a narrower load may be cut from it. */
export function loadOrStoreField(member: Member): Converter {
  const convert = loadOrStoreMember(member);
  return (access) => {
    access.targetSize = member.size;
    convert(access);
  };
}

/** `dst = *(pointer member of the context)` */
export function loadPointer(access: Conversion, { offset, size }: Member): void {
  ldxMem(access.out, sizeBits(size), access.dst, access.src, offset);
}

/** The program's store with another width and place: register or immediate as it was (`BPF_EMIT_STORE`). */
export function emitStore(access: Conversion, size: number, base: number, offset: number): void {
  rawInsn(access.out, classOf(access.code) | BPF_MEM | size, base, access.src, offset, access.imm);
}

/** A register that the access does not use: what it holds must be saved first. */
export function spareRegister({ dst, src }: Conversion): number {
  let register = BPF_REG_9;
  if (src === register || dst === register) register--;
  if (src === register || dst === register) register--;
  return register;
}

/** A member as if it began `by` bytes later and had `size` bytes. */
export function shifted({ offset }: Member, by: number, size: number): Member {
  return { offset: offset + by, size };
}
