/** What arithmetic and comparisons mean (RFC 9669, sections 4.1 to 4.3), on unsigned numbers of 32 or 64 bits. */
import {
  BPF_ADD,
  BPF_AND,
  BPF_ARSH,
  BPF_DIV,
  BPF_JEQ,
  BPF_JGE,
  BPF_JGT,
  BPF_JLE,
  BPF_JLT,
  BPF_JNE,
  BPF_JSET,
  BPF_JSGE,
  BPF_JSGT,
  BPF_JSLE,
  BPF_JSLT,
  BPF_LSH,
  BPF_MOD,
  BPF_MUL,
  BPF_OR,
  BPF_RSH,
  BPF_SUB,
  BPF_XOR,
} from '../opcodes.js';

/** Division by 0, or of the most negative number by -1: what processors trap. */
export function divisionTraps(left: bigint, right: bigint, bits: number, signed: boolean): boolean {
  if (right === 0n) return true;
  return signed && BigInt.asIntN(bits, right) === -1n && left === 1n << BigInt(bits - 1);
}

/**
 * `left op right`, modulo 2^bits. Division by 0 gives 0, the remainder then is `left`.
 * @throws Error for what is no binary operation
 */
export function arithmetic(op: number, left: bigint, right: bigint, bits: number, signed: boolean): bigint {
  const shift = right & BigInt(bits - 1);
  switch (op) {
    case BPF_ADD:
      return BigInt.asUintN(bits, left + right);
    case BPF_SUB:
      return BigInt.asUintN(bits, left - right);
    case BPF_MUL:
      return BigInt.asUintN(bits, left * right);
    case BPF_DIV:
      if (right === 0n) return 0n;
      return signed
        ? BigInt.asUintN(bits, BigInt.asIntN(bits, left) / BigInt.asIntN(bits, right))
        : left / right;
    case BPF_MOD:
      if (right === 0n) return left;
      return signed
        ? BigInt.asUintN(bits, BigInt.asIntN(bits, left) % BigInt.asIntN(bits, right))
        : left % right;
    case BPF_OR:
      return left | right;
    case BPF_AND:
      return left & right;
    case BPF_XOR:
      return left ^ right;
    case BPF_LSH:
      return BigInt.asUintN(bits, left << shift);
    case BPF_RSH:
      return left >> shift;
    case BPF_ARSH:
      return BigInt.asUintN(bits, BigInt.asIntN(bits, left) >> shift);
    default:
      throw new Error(`operation 0x${op.toString(16)} is none`);
  }
}

/** Does the jump `if left op right` take place? @throws Error for what is no comparison */
export function compares(op: number, left: bigint, right: bigint, bits: number): boolean {
  const signedLeft = BigInt.asIntN(bits, left);
  const signedRight = BigInt.asIntN(bits, right);
  switch (op) {
    case BPF_JEQ:
      return left === right;
    case BPF_JNE:
      return left !== right;
    case BPF_JGT:
      return left > right;
    case BPF_JGE:
      return left >= right;
    case BPF_JLT:
      return left < right;
    case BPF_JLE:
      return left <= right;
    case BPF_JSET:
      return (left & right) !== 0n;
    case BPF_JSGT:
      return signedLeft > signedRight;
    case BPF_JSGE:
      return signedLeft >= signedRight;
    case BPF_JSLT:
      return signedLeft < signedRight;
    case BPF_JSLE:
      return signedLeft <= signedRight;
    default:
      throw new Error(`comparison 0x${op.toString(16)} is none`);
  }
}

/** The lowest `bits` bits with their bytes in opposite order. */
export function swapBytes(value: bigint, bits: number): bigint {
  let swapped = 0n;
  for (let at = 0; at < bits; at += 8) swapped |= ((value >> BigInt(at)) & 0xffn) << BigInt(bits - 8 - at);
  return swapped;
}
