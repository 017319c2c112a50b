/** The stack frame of every generated function: offsets from R10. */
import type { Place } from './model.js';

/** The context pointer; 0 where the function was given none. */
export const CONTEXT = -8;
/** Turns of the enclosing loops, outermost first. */
export const COUNTERS: readonly number[] = [-48, -56];
/** Key of a map operation, eight bytes. */
export const KEY = -64;
/** Value of a map operation, forty bytes as the largest value has. */
export const VALUE = -104;
export const VALUE_BYTES = 40;
/** Spill slots around fastcall helpers, below all else. */
export const FASTCALL: readonly number[] = [-112, -120];

/** A place for a number of eight bytes. */
export function placeOffset(place: Place): number {
  return -16 - 8 * place;
}

/** All places. */
export const PLACES: readonly Place[] = [0, 1, 2, 3];
/** The place whose address callbacks are given. */
export const SHARED_PLACE: Place = 1;
