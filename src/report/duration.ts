/** Times for people: three digits and a unit. */

const UNITS: readonly (readonly [string, number])[] = [
  ['s', 1e9],
  ['ms', 1e6],
  ['us', 1e3],
  ['ns', 1],
];

/** `8123456` ns as `8.12 ms`; whole numbers from 100 on. */
export function formatDuration(ns: number): string {
  const [unit, size] = UNITS.find(([, limit]) => ns >= limit) ?? UNITS[UNITS.length - 1];
  const value = ns / size;
  return `${value >= 100 ? Math.round(value) : Number(value.toPrecision(3))} ${unit}`;
}
