import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { decodeInsn, encodeInsn, slotsOf, type Decoded } from './decode.js';
import type { AccessSize } from './insn.js';
import { word0 } from './insn.js';
import { LD_IMM64 } from './opcodes.js';
import { INTERNAL, INVALID, isLdImm64Half, LOADABLE, validityOf } from './validity.js';

const reg = fc.integer({ min: 0, max: 10 });
const off = fc.integer({ min: -32768, max: 32767 });
const imm = fc.integer({ min: -0x8000_0000, max: 0x7fff_ffff });
const bits = fc.constantFrom<32 | 64>(32, 64);
const anySize = fc.constantFrom<AccessSize>(1, 2, 4, 8);
const narrowSize = fc.constantFrom<AccessSize>(1, 2, 4);
const wordSize = fc.constantFrom<AccessSize>(4, 8);
const operand = fc.oneof(fc.record({ imm }), fc.record({ reg }));

/** Every form the current set has, loadable and internal, with fields in range. */
const decoded: fc.Arbitrary<Decoded> = fc.oneof<fc.Arbitrary<Decoded>[]>(
  fc.record({
    form: fc.constant('alu' as const),
    op: fc.constantFrom(...(['add', 'sub', 'mul', 'or', 'and', 'lsh', 'rsh', 'xor', 'mov', 'arsh'] as const)),
    bits,
    signed: fc.constant(false),
    dst: reg,
    operand,
  }),
  fc.record({
    form: fc.constant('alu' as const),
    op: fc.constantFrom('div' as const, 'mod' as const),
    bits,
    signed: fc.boolean(),
    dst: reg,
    operand,
  }),
  fc.record({ form: fc.constant('neg' as const), bits, dst: reg }),
  fc
    .record({
      form: fc.constant('movsx' as const),
      bits,
      from: fc.constantFrom<8 | 16 | 32>(8, 16, 32),
      dst: reg,
      src: reg,
    })
    .filter((insn) => insn.bits === 64 || insn.from !== 32),
  fc.record({ form: fc.constant('zext' as const), dst: reg, src: reg }),
  fc
    .record({ form: fc.constant('addr-space-cast' as const), dst: reg, src: reg, to: fc.constantFrom(0, 1) })
    .map((insn) => ({ ...insn, from: 1 - insn.to })),
  fc.record({ form: fc.constant('mov-percpu' as const), dst: reg, src: reg }),
  fc.record({
    form: fc.constant('end' as const),
    order: fc.constantFrom('le' as const, 'be' as const, 'swap' as const),
    width: fc.constantFrom<16 | 32 | 64>(16, 32, 64),
    dst: reg,
  }),
  fc.record({
    form: fc.constant('ldx' as const),
    mode: fc.constantFrom('mem' as const, 'probe-mem' as const, 'probe-mem32' as const),
    size: anySize,
    dst: reg,
    src: reg,
    off,
  }),
  fc.record({
    form: fc.constant('ldx' as const),
    mode: fc.constantFrom('memsx' as const, 'probe-memsx' as const, 'probe-mem32sx' as const),
    size: narrowSize,
    dst: reg,
    src: reg,
    off,
  }),
  fc.record({
    form: fc.constant('stx' as const),
    mode: fc.constantFrom('mem' as const, 'probe-mem32' as const),
    size: anySize,
    dst: reg,
    src: reg,
    off,
  }),
  fc.record({
    form: fc.constant('st' as const),
    mode: fc.constantFrom('mem' as const, 'probe-mem32' as const),
    size: anySize,
    dst: reg,
    off,
    imm,
  }),
  fc.record({
    form: fc.constant('atomic' as const),
    mode: fc.constantFrom('atomic' as const, 'probe-atomic' as const),
    op: fc.constantFrom(
      ...(['add', 'and', 'or', 'xor', 'xchg', 'cmpxchg'] as const),
      ...(['fetch-add', 'fetch-and', 'fetch-or', 'fetch-xor'] as const),
    ),
    size: wordSize,
    dst: reg,
    src: reg,
    off,
  }),
  fc.record({
    form: fc.constant('atomic' as const),
    mode: fc.constantFrom('atomic' as const, 'probe-atomic' as const),
    op: fc.constantFrom('load-acquire' as const, 'store-release' as const),
    size: anySize,
    dst: reg,
    src: reg,
    off,
  }),
  fc.constant<Decoded>({ form: 'nospec' }),
  fc.record({ form: fc.constant('ld-abs' as const), size: narrowSize, imm }),
  fc.record({ form: fc.constant('ld-ind' as const), size: narrowSize, src: reg, imm }),
  fc.record({
    form: fc.constant('ld-imm64' as const),
    source: fc.constantFrom(...(['value', 'map-value', 'btf-id', 'func', 'map-idx-value'] as const)),
    dst: reg,
    imm,
    imm2: imm,
  }),
  fc.record({
    form: fc.constant('ld-imm64' as const),
    source: fc.constantFrom('map-fd' as const, 'map-idx' as const),
    dst: reg,
    imm,
    imm2: fc.constant(0),
  }),
  fc.record({
    form: fc.constant('jmp' as const),
    op: fc.constantFrom(
      ...(['jeq', 'jgt', 'jge', 'jset', 'jne', 'jsgt', 'jsge', 'jlt', 'jle', 'jslt', 'jsle'] as const),
    ),
    bits,
    dst: reg,
    operand,
    off,
  }),
  fc.record({ form: fc.constant('goto' as const), off }),
  fc.record({ form: fc.constant('gotol' as const), imm }),
  fc.record({ form: fc.constant('gotox' as const), dst: reg }),
  fc.record({ form: fc.constant('may-goto' as const), off }),
  fc.record({
    form: fc.constant('call' as const),
    callee: fc.constantFrom('helper' as const, 'subprog' as const),
    imm,
    off: fc.constant(0),
  }),
  fc.record({ form: fc.constant('call' as const), callee: fc.constant('kfunc' as const), imm, off }),
  fc.record({ form: fc.constant('tail-call' as const), imm }),
  fc.record({ form: fc.constant('exit' as const), off }),
);

/** Word pairs that are instructions more often than random ones would be. */
const words = fc
  .record({
    code: fc.integer({ min: 0, max: 255 }),
    dst: fc.oneof(fc.constant(0), fc.integer({ min: 0, max: 15 })),
    src: fc.oneof(fc.constant(0), fc.integer({ min: 0, max: 15 })),
    off: fc.oneof(fc.constant(0), fc.constantFrom(0, 1, -1, 8, 16, 32), off),
    imm: fc.oneof(fc.constant(0), fc.constantFrom(0, 1, 16, 32, 64, 0x41, 0xe1, 0x100, 0x110, 1 << 16), imm),
    half0: fc.oneof({ weight: 4, arbitrary: fc.constant(0) }, { weight: 1, arbitrary: imm }),
    half1: fc.oneof(fc.constant(0), imm),
  })
  .map((w) => Int32Array.of(word0(w.code, w.dst, w.src, w.off), w.imm, w.half0, w.half1));

describe('instructions as records', () => {
  it('survive encoding and decoding, and are instructions', () => {
    fc.assert(
      fc.property(decoded, (insn) => {
        const encoded = encodeInsn(insn);
        expect(encoded.length).toBe(2 * slotsOf(insn));
        expect(validityOf(encoded[0], encoded[1])).not.toBe(INVALID);
        expect(decodeInsn(encoded, 0)).toEqual(insn);
      }),
      { numRuns: 2000 },
    );
  });

  it('decode exactly from what is an instruction, and encode back to the same words', () => {
    fc.assert(
      fc.property(words, (pair) => {
        const [w0, w1, half0, half1] = pair as unknown as [number, number, number, number];
        const whole = (w0 & 0xff) !== LD_IMM64 || isLdImm64Half(w0, half0, half1);
        const insn = decodeInsn(pair, 0);
        expect(insn !== undefined).toBe(validityOf(w0, w1) !== INVALID && whole);
        if (insn !== undefined)
          expect([...encodeInsn(insn)]).toEqual([...pair.subarray(0, 2 * slotsOf(insn))]);
      }),
      { numRuns: 5000 },
    );
  });

  it('do not decode past the end', () => {
    const load = encodeInsn({ form: 'ld-imm64', source: 'value', dst: 1, imm: 5, imm2: 0 });
    expect(decodeInsn(load, 0)).toBeDefined();
    expect(decodeInsn(load, 1)).toBeUndefined();
    expect(decodeInsn(load, 2)).toBeUndefined();
    expect(decodeInsn(load, -1)).toBeUndefined();
    expect(decodeInsn(load.subarray(0, 2), 0)).toBeUndefined();
  });
});

describe('validity', () => {
  /** Opcodes that are instructions for some operands: those of RFC 9669 and Linux, counted per class by hand. */
  const opcodes = (validity: number): number[] => {
    const found: number[] = [];
    const fields = [0, 1, -1, 8];
    const imms = [0, 1, 16, 0x100];
    for (let code = 0; code < 256; code++) {
      const hit = fields.some((field) =>
        imms.some((value) => validityOf(word0(code, 0, 0, field), value) === validity),
      );
      if (hit) found.push(code);
    }
    return found;
  };

  it('knows every loadable opcode and no other', () => {
    const perClass = [0, 1, 2, 3, 4, 5, 6, 7].map(
      (cls) => opcodes(LOADABLE).filter((code) => (code & 7) === cls).length,
    );
    // LD: ldimm64, 3 abs, 3 ind. LDX: 4 mem, 3 memsx. ST: 4. STX: 4 mem, 4 atomic. ALU: 12 x 2, neg, le, be.
    // JMP: 11 x 2, goto, gotox, call, exit, may_goto. JMP32: 11 x 2, gotol. ALU64: 12 x 2, neg, bswap.
    expect(perClass).toEqual([7, 7, 4, 8, 27, 27, 23, 26]);
  });

  it('knows every internal opcode', () => {
    const inner = opcodes(INTERNAL);
    expect(inner).toEqual(
      [
        ...[0x20, 0x28, 0x30, 0x38].map((code) => code | 1),
        ...[0x40, 0x48, 0x50].map((code) => code | 1),
        ...[0xa0, 0xa8, 0xb0, 0xb8].map((code) => code | 1),
        ...[0xc0, 0xc8, 0xd0].map((code) => code | 1),
        ...[0xa0, 0xa8, 0xb0, 0xb8, 0xc0].map((code) => code | 2),
        ...[0xa0, 0xa8, 0xb0, 0xb8, 0xe0, 0xe8, 0xf0, 0xf8].map((code) => code | 3),
        0xbc,
        0xf5,
        0xbf,
      ].sort((a, b) => a - b),
    );
  });

  it('refuses unused fields that are not zero', () => {
    for (const [w0, w1] of [
      [word0(0x07, 1, 2, 0), 5], // r1 += 5 with a source register
      [word0(0x0f, 1, 2, 0), 5], // r1 += r2 with an immediate
      [word0(0x07, 1, 0, 1), 5], // an addition with an offset
      [word0(0xb7, 1, 0, 8), 5], // a sign-extending move of an immediate
      [word0(0xbc, 1, 2, 32), 0], // 32 bits extended to 32
      [word0(0x87, 1, 0, 0), 1], // neg with an immediate
      [word0(0x8f, 1, 0, 0), 0], // neg from a register
      [word0(0xdf, 1, 0, 0), 16], // bswap with the other order bit
      [word0(0xd4, 1, 0, 0), 8], // byte order of 8 bits
      [word0(0x61, 1, 2, 0), 1], // load with an immediate
      [word0(0x99, 1, 2, 0), 0], // sign-extending load of 64 bits
      [word0(0x62, 1, 2, 0), 0], // store of an immediate with a source register
      [word0(0x63, 1, 2, 0), 1], // store of a register with an immediate
      [word0(0xd3, 1, 2, 0), 0], // atomic addition of a byte
      [word0(0xdb, 1, 2, 0), 0x20], // atomic multiplication
      [word0(0x18, 1, 7, 0), 0], // 64-bit load of an unknown source
      [word0(0x18, 1, 0, 1), 0], // 64-bit load with an offset
      [word0(0x38, 0, 0, 0), 0], // packet load of 64 bits
      [word0(0x20, 0, 1, 0), 0], // absolute packet load with a register
      [word0(0x05, 0, 0, 1), 1], // goto with an immediate
      [word0(0x06, 0, 0, 1), 1], // gotol with an offset
      [word0(0x0d, 1, 0, 1), 0], // gotox with an offset
      [word0(0x0e, 1, 0, 0), 0], // 32-bit gotox
      [word0(0x15, 1, 2, 3), 0], // comparison with an immediate and a register
      [word0(0x1d, 1, 2, 3), 1],
      [word0(0x85, 1, 0, 0), 1], // call with a destination
      [word0(0x85, 0, 0, 1), 1], // helper call with an offset
      [word0(0x85, 0, 3, 0), 1], // call of an unknown kind
      [word0(0x86, 0, 0, 0), 1], // 32-bit call
      [word0(0x8d, 0, 0, 0), 1], // call through a register
      [word0(0x95, 0, 0, 0), 1], // exit with an immediate
      [word0(0x96, 0, 0, 0), 0], // 32-bit exit
      [word0(0xe5, 0, 1, 0), 0], // conditional pseudo jump other than may_goto
      [word0(0xc2, 0, 0, 1), 0], // nospec with an offset
      [0, 0], // second half of a 64-bit load
      [word0(0xb7, 13, 0, 0), 0], // R13
    ] as const)
      expect([w0, validityOf(w0, w1)]).toEqual([w0, INVALID]);
  });

  it('takes the scratch register for internal and the stack argument register for loadable', () => {
    expect(validityOf(word0(0xb7, 11, 0, 0), 5)).toBe(INTERNAL);
    expect(validityOf(word0(0xaf, 1, 12, 0), 0)).toBe(INTERNAL);
    expect(validityOf(word0(0x79, 1, 11, 8), 0)).toBe(LOADABLE);
    expect(validityOf(word0(0x79, 1, 11, -8), 0)).toBe(INTERNAL);
    expect(validityOf(word0(0x7b, 11, 1, -16), 0)).toBe(LOADABLE);
    expect(validityOf(word0(0x7a, 11, 0, -16), 7)).toBe(LOADABLE);
    expect(validityOf(word0(0x7a, 11, 0, -12), 7)).toBe(INTERNAL);
  });

  it('lets a call of a subprogram have an offset only inside the kernel', () => {
    expect(validityOf(word0(0x85, 0, 1, 0), 7)).toBe(LOADABLE);
    expect(validityOf(word0(0x85, 0, 1, 2), 7)).toBe(INTERNAL);
    expect(validityOf(word0(0x85, 0, 2, 2), 7)).toBe(LOADABLE);
  });
});
