/** What an interpreter needs of the world outside of the program, and how exactly it behaves like a processor. */
import type { Machine } from './interpreter.js';

/** The call changed no register but those the host wrote itself. */
export const KEEPS_REGISTERS = 'keeps registers';
/** A tail call succeeded: the function is left, R0 is what the host wrote. */
export const LEAVES_FUNCTION = 'leaves the function';

/** Result of a call: the new R0 (then R1 to R5 are lost), or one of the two above. */
export type CallResult = bigint | typeof KEEPS_REGISTERS | typeof LEAVES_FUNCTION;

export interface Host {
  /** Value of a 64-bit immediate load whose source says that it stands for something; functions apart. */
  pseudoImmediate(source: number, low: number, high: number): bigint;
  /** A call with source 0: its number. Arguments are in the machine's R1 to R5. */
  call(machine: Machine, number: number): CallResult;
  /** The tail call instruction: R1 context, R2 program array, R3 index. */
  tailCall(machine: Machine): CallResult;
  /** Address of this CPU's copy. */
  percpu(address: bigint): bigint;
}

/** How instructions behave where the program as loaded and the code of a JIT compiler differ. */
export interface Behaviour {
  /** Divisions trap, as processors do; otherwise they follow RFC 9669. */
  readonly divisionTraps: boolean;
  /**
   * A successful compare-and-exchange of 32 bits leaves R0 alone, as x86-64 does; otherwise its upper half is cleared.
   */
  readonly exchangeKeepsR0: boolean;
  /**
   * Does the instruction at a slot clear the upper half of the 32-bit register it defines? Where it does not, garbage is
   * left there, as on processors without that.
   */
  readonly clearsUpperHalf: (slot: number) => boolean;
  /** Turns that the `may_goto` instructions of one function call allow. */
  readonly mayGotoTurns: number;
  /** Steps after which the program counts as endless. */
  readonly mostSteps: number;
}

/** As RFC 9669 has it. */
export const AS_SPECIFIED: Behaviour = {
  divisionTraps: false,
  exchangeKeepsR0: false,
  clearsUpperHalf: () => true,
  mayGotoTurns: 8 * 1024 * 1024,
  mostSteps: 1_000_000,
};

/** What the x86-64 JIT compiler makes of rewritten programs. */
export const AS_COMPILED: Behaviour = { ...AS_SPECIFIED, divisionTraps: true, exchangeKeepsR0: true };
