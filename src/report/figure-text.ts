/** Figures in tables and derived CSV: three digits, written the same everywhere, so that one can be found from the other. */

/** A number to three digits, whole from 100 on, never in exponent form: `36.2`, `0.0123`, `5100`. */
export function threeDigits(value: number): number {
  if (value === 0 || !Number.isFinite(value)) return value;
  return Math.abs(value) >= 100 ? Math.round(value) : Number(value.toPrecision(3));
}

/** Nanoseconds as milliseconds to three digits. */
export function milliseconds(ns: number): number {
  return threeDigits(ns / 1e6);
}

/** A rounded number or nothing. */
export function orNull<T>(value: T | null | undefined, figure: (value: T) => number): number | null {
  return value === null || value === undefined ? null : figure(value);
}
