/**
 * What a generated program consists of: a tree of statements, plain data that fast-check can shrink. A statement means
 * something in every program type and release: what the one or the other lacks is left out when instructions are written
 * (write.ts), so that a failing program can be tried anywhere.
 *
 * Between statements holds, in every function: R6 to R9 are numbers (*variables* 0 to 3), the stack's *places* are written
 * numbers, R0 to R5 are free.
 */

/** Variable 0 to 3: registers R6 to R9, which keep their values over calls. */
export type Variable = 0 | 1 | 2 | 3;
/** One of the stack's places for a number of eight bytes. */
export type Place = 0 | 1 | 2 | 3;
/** Draws from a list whose length only the writing knows: the list's element at `Draw % length`. */
export type Draw = number;

/** The second operand of an operation. */
export type Operand =
  | { readonly kind: 'variable'; readonly variable: Variable }
  | { readonly kind: 'number'; readonly value: number };

/** Comparison of a conditional jump. */
export interface Comparison {
  /** `BPF_JEQ` … `BPF_JSLE`. */
  readonly op: number;
  readonly wide: boolean;
  readonly left: Variable;
  readonly right: Operand;
}

/** What is done to memory behind a pointer that is known to be good. */
export type MemoryUse =
  | {
      readonly do: 'load';
      readonly variable: Variable;
      readonly size: number;
      readonly draw: Draw;
      readonly signed: boolean;
    }
  | { readonly do: 'store'; readonly right: Operand; readonly size: number; readonly draw: Draw }
  | {
      readonly do: 'atomic';
      /** `imm` of the atomic operation. */
      readonly op: number;
      readonly wide: boolean;
      readonly variable: Variable;
      readonly draw: Draw;
    };

export type Statement =
  | {
      readonly do: 'arithmetic';
      readonly op: number;
      readonly wide: boolean;
      readonly left: Variable;
      readonly right: Operand;
      /** Signed division or remainder. */
      readonly signed: boolean;
    }
  | {
      /** Division or remainder by a number at random among -1, 0, 1 and 2. */
      readonly do: 'divide';
      readonly op: number;
      readonly wide: boolean;
      readonly left: Variable;
      readonly signed: boolean;
    }
  | {
      readonly do: 'convert';
      readonly form: 'move' | 'sign-extend' | 'negate' | 'swap' | 'little-endian' | 'big-endian';
      readonly wide: boolean;
      readonly left: Variable;
      readonly right: Variable;
      readonly draw: Draw;
    }
  | {
      readonly do: 'constant';
      readonly left: Variable;
      readonly low: number;
      /** Upper half of a 64-bit immediate; absent: a move. */
      readonly high?: number;
      readonly wide: boolean;
    }
  | { readonly do: 'stack'; readonly use: MemoryUse; readonly place: Place }
  | { readonly do: 'helper'; readonly draw: Draw; readonly left: Variable }
  | { readonly do: 'fastcall'; readonly spilled: 1 | 2; readonly draw: Draw; readonly left: Variable }
  | { readonly do: 'probe'; readonly place: Place; readonly address: Variable }
  | {
      readonly do: 'if';
      readonly comparison: Comparison;
      readonly yes: readonly Statement[];
      readonly no: readonly Statement[];
      /** The first branch returns from the function. */
      readonly returns: boolean;
      /** Jumps over the second branch by `gotol`. */
      readonly far: boolean;
    }
  | {
      readonly do: 'dead';
      /** What decides the branch: a constant, or one of `.rodata`. */
      readonly by: 'constant' | 'rodata';
      /** Is it the jump's target that is dead? */
      readonly target: boolean;
      readonly body: readonly Statement[];
    }
  | { readonly do: 'nop'; readonly far: boolean }
  | { readonly do: 'loop'; readonly turns: number; readonly body: readonly Statement[] }
  | {
      readonly do: 'may-goto';
      /** The loop ends by itself when the lowest `mask` bits of a random number are 0. */
      readonly mask: number;
      readonly body: readonly Statement[];
    }
  | { readonly do: 'repeat'; readonly times: number; readonly body: readonly Statement[] }
  | {
      readonly do: 'lookup';
      readonly map: Draw;
      readonly key: Operand;
      readonly hit: readonly MemoryUse[];
      readonly miss: readonly Statement[];
    }
  | { readonly do: 'update'; readonly map: Draw; readonly key: Operand; readonly value: Variable }
  | { readonly do: 'delete'; readonly map: Draw; readonly key: Operand }
  | { readonly do: 'queue'; readonly map: Draw; readonly operation: Draw; readonly value: Variable }
  | {
      readonly do: 'inner-lookup';
      readonly map: Draw;
      readonly key: Operand;
      readonly hit: readonly MemoryUse[];
    }
  | { readonly do: 'global'; readonly map: Draw; readonly use: MemoryUse }
  | { readonly do: 'ringbuf'; readonly reserve: boolean; readonly value: Variable }
  | { readonly do: 'tail-call'; readonly key: Operand }
  | { readonly do: 'call'; readonly callee: Draw; readonly left: Variable }
  | {
      readonly do: 'bpf-loop';
      readonly callback: Draw;
      readonly turns: Operand;
      /** The flags are the constant 0: the call can go in line. */
      readonly plain: boolean;
      readonly left: Variable;
    }
  | { readonly do: 'for-each'; readonly map: Draw; readonly callback: Draw; readonly left: Variable }
  | { readonly do: 'context-load'; readonly draw: Draw; readonly left: Variable }
  | { readonly do: 'context-store'; readonly draw: Draw; readonly value: Operand }
  | { readonly do: 'packet'; readonly bytes: number; readonly use: MemoryUse }
  | {
      readonly do: 'packet-load';
      readonly size: number;
      readonly offset: number;
      /** Adds this variable to the offset. */
      readonly index?: Variable;
      readonly left: Variable;
    };

/** A whole program. */
export interface ProgramSpec {
  readonly main: readonly Statement[];
  /** Functions that main and the first half of themselves call. */
  readonly functions: readonly (readonly Statement[])[];
  /** Callbacks of `bpf_loop()` and of `bpf_for_each_map_elem()`. */
  readonly loopCallbacks: readonly (readonly Statement[])[];
  readonly eachCallbacks: readonly (readonly Statement[])[];
}
