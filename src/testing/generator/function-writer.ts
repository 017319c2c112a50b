/** What the writing of every statement needs of the function that the statement stands in. */
import {
  alu64Imm,
  alu64Reg,
  atomicAdd,
  callHelper,
  exit,
  ldxMem,
  mov64Imm,
  mov64Reg,
  stMem,
  stxMem,
} from '../../isa/builders.js';
import { BPF_ADD, BPF_AND, BPF_DW, BPF_REG_FP, BPF_RSH, BPF_SUB, BPF_W, BPF_XOR } from '../../isa/opcodes.js';
import { helperId } from '../../kernel/helper-ids.js';
import { Code } from './code.js';
import { CONTEXT, KEY, placeOffset, PLACES, VALUE, VALUE_BYTES } from './frame.js';
import type { Setting } from './kind.js';
import type { Operand, Place, Variable } from './model.js';

/** How a function is entered: what its arguments are and what it returns. */
export type FunctionRole = 'main' | 'function' | 'leaf' | 'loop-callback' | 'each-callback';

/** How many functions of each role there are to refer to. */
export interface Callees {
  readonly functions: number;
  readonly leaves: number;
  readonly loopCallbacks: number;
  /** How many of the last loop callbacks are for loops without turns only, so that the check never gets to them. */
  readonly unreachedCallbacks: number;
  readonly eachCallbacks: number;
}

/** The register of a variable. */
export function reg(variable: Variable): number {
  return 6 + variable;
}

export const get_prandom_u32 = helperId('get_prandom_u32');

export class FunctionWriter {
  readonly code = new Code();
  /** Loops around the statement being written. */
  loopDepth = 0;

  constructor(
    readonly setting: Setting,
    readonly role: FunctionRole,
    readonly callees: Callees,
    /** Slots after which nothing but the end of the function is written. */
    readonly mostSlots: number,
  ) {}

  get full(): boolean {
    return this.code.length >= this.mostSlots;
  }

  get isCallback(): boolean {
    return this.role === 'loop-callback' || this.role === 'each-callback';
  }

  /** Does the function hold the context? */
  get hasContext(): boolean {
    return !this.isCallback;
  }

  /** Can programs of this kind call the helper? */
  offers(helper: number): boolean {
    return (
      this.setting.profile.helperFor({ ...this.setting.kind, flags: 0, attachTarget: '' }, helper) !==
      undefined
    );
  }

  /** Puts a number or variable into a register. */
  put(register: number, operand: Operand): void {
    if (operand.kind === 'variable') mov64Reg(this.code, register, reg(operand.variable));
    else mov64Imm(this.code, register, operand.value);
  }

  /** Register = the address `offset` bytes from the frame pointer. */
  putAddress(register: number, offset: number): void {
    mov64Reg(this.code, register, BPF_REG_FP);
    alu64Imm(this.code, BPF_ADD, register, offset);
  }

  /** Register = the context pointer. */
  putContext(register: number): void {
    ldxMem(this.code, BPF_DW, register, BPF_REG_FP, CONTEXT);
  }

  /** Writes the key of a map operation to the stack. */
  putKey(operand: Operand): void {
    if (operand.kind === 'variable') {
      stxMem(this.code, BPF_DW, BPF_REG_FP, reg(operand.variable), KEY);
      return;
    }
    stMem(this.code, BPF_DW, BPF_REG_FP, KEY, operand.value);
  }

  /** Writes the value of a map operation to the stack. */
  putValue(variable: Variable): void {
    for (let at = 0; at < VALUE_BYTES; at += 8) {
      if (at === 0) stxMem(this.code, BPF_DW, BPF_REG_FP, reg(variable), VALUE);
      else stMem(this.code, BPF_DW, BPF_REG_FP, VALUE + at, at);
    }
  }

  /** Takes the arguments: variables and places get numbers. */
  enter(): void {
    const { code } = this;
    code.line();
    switch (this.role) {
      case 'main':
        stxMem(code, BPF_DW, BPF_REG_FP, 1, CONTEXT);
        callHelper(code, get_prandom_u32);
        mov64Reg(code, 6, 0);
        mov64Imm(code, 7, 1);
        mov64Imm(code, 8, -3);
        mov64Imm(code, 9, 0);
        break;
      case 'function':
      case 'leaf':
        stxMem(code, BPF_DW, BPF_REG_FP, 1, CONTEXT);
        mov64Reg(code, 6, 2);
        mov64Reg(code, 7, 3);
        mov64Imm(code, 8, 5);
        mov64Reg(code, 9, 2);
        break;
      case 'loop-callback':
        // The turn, and the address of a place of the caller's.
        mov64Reg(code, 6, 1);
        ldxMem(code, BPF_DW, 7, 2, 0);
        alu64Imm(code, BPF_XOR, 7, 0x55);
        stxMem(code, BPF_DW, 2, 7, 0);
        mov64Imm(code, 8, 2);
        mov64Imm(code, 9, -1);
        break;
      case 'each-callback':
        // Map, key, value, and the address of a place of the caller's.
        ldxMem(code, BPF_W, 6, 2, 0);
        ldxMem(code, BPF_DW, 7, 3, 0);
        ldxMem(code, BPF_DW, 8, 4, 0);
        alu64Reg(code, BPF_ADD, 8, 6);
        stxMem(code, BPF_DW, 4, 8, 0);
        mov64Imm(code, 9, 4);
        break;
    }
    for (const place of PLACES) {
      if (place < 2) stxMem(code, BPF_DW, BPF_REG_FP, 6 + place, placeOffset(place));
      else stMem(code, BPF_DW, BPF_REG_FP, placeOffset(place), 3 * place - 7);
    }
  }

  /**
   * Adds a random number to the given variables and places, of which nothing is known then. What a loop without a bound
   * changes must be unknown from the first turn on: where a later branch depends on it, the check widens it only then, and
   * goes round a million times otherwise.
   */
  blur(variables: readonly Variable[], places: readonly Place[]): void {
    const { code } = this;
    callHelper(code, get_prandom_u32);
    for (const variable of variables) alu64Reg(code, BPF_ADD, reg(variable), 0);
    for (const place of places) atomicAdd(code, BPF_DW, BPF_REG_FP, 0, placeOffset(place));
  }

  /** Returns from the function. */
  leave(): void {
    const { code } = this;
    code.line();
    const { returns } = this.setting;
    if (this.isCallback) {
      // 0 goes on, 1 ends the iteration: one time in sixteen.
      callHelper(code, get_prandom_u32);
      alu64Imm(code, BPF_AND, 0, 15);
      alu64Imm(code, BPF_SUB, 0, 1);
      alu64Imm(code, BPF_RSH, 0, 63);
    } else if (this.role === 'main' && returns !== 'anything') {
      mov64Imm(code, 0, returns);
    } else {
      mov64Reg(code, 0, 6);
      for (const register of [7, 8, 9]) alu64Reg(code, BPF_XOR, 0, register);
    }
    exit(code);
  }
}
