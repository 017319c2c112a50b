/**
 * 64-bit integers as pairs of 32-bit words, the check's numbers: `H` is the high word, `L` the low one, both as signed
 * 32-bit bit patterns (so that V8 keeps them as small integers). A BigInt an operation would cost the check more than
 * all the rest of it.
 *
 * Functions with a 64-bit result leave it in `r.h` and `r.l`; read it before the next call.
 */

/** Result of the last operation. */
export const r = { h: 0, l: 0 };

/** a < b, unsigned. */
export function ult(ah: number, al: number, bh: number, bl: number): boolean {
  return ah === bh ? al >>> 0 < bl >>> 0 : ah >>> 0 < bh >>> 0;
}

/** a <= b, unsigned. */
export function ule(ah: number, al: number, bh: number, bl: number): boolean {
  return ah === bh ? al >>> 0 <= bl >>> 0 : ah >>> 0 < bh >>> 0;
}

/** a < b, signed. */
export function slt(ah: number, al: number, bh: number, bl: number): boolean {
  return ah === bh ? al >>> 0 < bl >>> 0 : ah < bh;
}

/** a <= b, signed. */
export function sle(ah: number, al: number, bh: number, bl: number): boolean {
  return ah === bh ? al >>> 0 <= bl >>> 0 : ah < bh;
}

/** a + b, modulo 2^64. */
export function add(ah: number, al: number, bh: number, bl: number): void {
  const l = (al + bl) | 0;
  r.h = (ah + bh + (l >>> 0 < al >>> 0 ? 1 : 0)) | 0;
  r.l = l;
}

/** a - b, modulo 2^64. */
export function sub(ah: number, al: number, bh: number, bl: number): void {
  r.h = (ah - bh - (al >>> 0 < bl >>> 0 ? 1 : 0)) | 0;
  r.l = (al - bl) | 0;
}

/** a + b as signed numbers; true when the sum does not fit. */
export function saddOverflows(ah: number, al: number, bh: number, bl: number): boolean {
  add(ah, al, bh, bl);
  return ((ah ^ r.h) & (bh ^ r.h)) < 0;
}

/** a + b as unsigned numbers; true when the sum does not fit. */
export function uaddOverflows(ah: number, al: number, bh: number, bl: number): boolean {
  add(ah, al, bh, bl);
  return ult(r.h, r.l, ah, al);
}

/** a - b as signed numbers; true when the difference does not fit. */
export function ssubOverflows(ah: number, al: number, bh: number, bl: number): boolean {
  sub(ah, al, bh, bl);
  return ((ah ^ bh) & (ah ^ r.h)) < 0;
}

/** Product of two unsigned 32-bit numbers. */
export function mul32(a: number, b: number): void {
  const a0 = a & 0xffff;
  const a1 = a >>> 16;
  const b0 = b & 0xffff;
  const b1 = b >>> 16;
  const low = a0 * b0;
  const mid = a1 * b0 + (low >>> 16);
  const mid2 = a0 * b1 + (mid & 0xffff);
  r.h = (a1 * b1 + (mid >>> 16) + (mid2 >>> 16)) | 0;
  r.l = Math.imul(a, b);
}

/** a * b, modulo 2^64. */
export function mul(ah: number, al: number, bh: number, bl: number): void {
  mul32(al, bl);
  r.h = (r.h + Math.imul(ah, bl) + Math.imul(al, bh)) | 0;
}

/** a << n for 0 <= n < 64. */
export function shl(ah: number, al: number, n: number): void {
  if (n === 0) {
    r.h = ah;
    r.l = al;
  } else if (n < 32) {
    r.h = (ah << n) | (al >>> (32 - n));
    r.l = al << n;
  } else {
    r.h = al << (n - 32);
    r.l = 0;
  }
}

/** a >> n, unsigned, for 0 <= n < 64. */
export function shr(ah: number, al: number, n: number): void {
  if (n === 0) {
    r.h = ah;
    r.l = al;
  } else if (n < 32) {
    r.h = (ah >>> n) | 0;
    r.l = (al >>> n) | (ah << (32 - n));
  } else {
    r.h = 0;
    r.l = (ah >>> (n - 32)) | 0;
  }
}

/** a >> n, signed, for 0 <= n < 64. */
export function sar(ah: number, al: number, n: number): void {
  if (n === 0) {
    r.h = ah;
    r.l = al;
  } else if (n < 32) {
    r.h = ah >> n;
    r.l = (al >>> n) | (ah << (32 - n));
  } else {
    r.h = ah >> 31;
    r.l = ah >> (n - 32);
  }
}

/** Number of significant bits of an unsigned number, 0 to 64 (`fls64`). */
export function bitLength(h: number, l: number): number {
  return h !== 0 ? 64 - Math.clz32(h) : 32 - Math.clz32(l);
}

/** The number as a double when it is a safe integer as a signed number, NaN otherwise. */
export function toNumber(h: number, l: number): number {
  return h >= -0x20_0000 && h < 0x20_0000 ? h * 0x1_0000_0000 + (l >>> 0) : Number.NaN;
}
