/**
 * Linking: an entry function and every subprogram it reaches become one program. The order is libbpf's: going through
 * the calls of a function in the order of its instructions, a subprogram met for the first time is appended and its own
 * calls are followed before the next call is looked at.
 *
 *     main calls a, b;  a calls c, b       main | a | c | b
 *
 * Source: `bpf_object__reloc_code()` and `adjust_prog_btf_ext_info()`, tools/lib/bpf/libbpf.c, Linux 6.12.
 */
import { BTF_KIND_DECL_TAG, BTF_KIND_FUNC, BTF_LINKAGE_GLOBAL } from './btf-kinds.js';
import type { Btf } from './btf.js';
import { recordsInRange } from './btf-ext.js';
import type { BtfExt, ExtRecords } from './btf-ext.js';
import { isSubprogram } from './functions.js';
import type { FunctionCode, ObjectCode } from './functions.js';
import type { FuncInfo, LineInfo, Subprog } from './program.js';
import type { RelocatedFunction, Relocator } from './relocate.js';
import { printable } from './string-table.js';

/** The kernel's limit for one program (`BPF_COMPLEXITY_LIMIT_INSNS`). */
const MAX_PROGRAM_SLOTS = 1_000_000;
/** All programs of an object together: subprograms are copied into each program that uses them. */
const MAX_OBJECT_SLOTS = 4_000_000;

/** A program but for what its section's name says. */
export interface LinkedProgram {
  readonly insns: Int32Array;
  readonly subprogs: readonly Subprog[];
  readonly funcInfo: readonly FuncInfo[];
  /** Makes the line info anew at every call. */
  readonly lineInfo: () => LineInfo[];
}

/** Why an entry function cannot become a program: one line. */
export class LinkFailure {
  constructor(readonly reason: string) {}
}

/** A function and where it starts in the program. */
interface Placed {
  readonly relocated: RelocatedFunction;
  readonly start: number;
}

/** Records `from` to `to` of one section's, moved by `shift` slots. */
interface RecordPart {
  readonly records: ExtRecords;
  readonly from: number;
  readonly to: number;
  readonly shift: number;
}

export class Linker {
  private readonly exceptionCallbacks: Map<string, string[]>;
  private subprogramNames: Map<string, FunctionCode> | undefined;
  private slotsLeft = MAX_OBJECT_SLOTS;

  constructor(
    private readonly code: ObjectCode,
    private readonly relocator: Relocator,
    private readonly ext: BtfExt,
    private readonly btf: Btf | undefined,
  ) {
    this.exceptionCallbacks = exceptionCallbacks(btf);
  }

  /** Makes the program of an entry function. */
  link(main: FunctionCode): LinkedProgram | LinkFailure {
    const placed = this.place(main);
    if (placed instanceof LinkFailure) return placed;
    const functions = [...placed.values()];
    for (const { relocated, start } of functions) {
      const { failure } = relocated;
      if (failure !== undefined) return new LinkFailure(`insn ${start + failure.slot}: ${failure.reason}`);
    }

    const funcParts = gatherRecords(functions, this.ext.funcInfo);
    const lineParts = gatherRecords(functions, this.ext.lineInfo);
    if (funcParts instanceof LinkFailure) return funcParts;
    if (lineParts instanceof LinkFailure) return lineParts;

    const last = functions[functions.length - 1];
    const insns = new Int32Array(2 * (last.start + last.relocated.fn.length));
    for (const { relocated, start } of functions) {
      insns.set(relocated.words, 2 * start);
      relocated.callSlots.forEach((slot, i) => {
        const target = placed.get(relocated.callTargets[i])!;
        insns[2 * (start + slot) + 1] = target.start - (start + slot) - 1;
      });
    }
    const funcInfo = makeFuncInfo(funcParts);
    const types = new Map(funcInfo.map(({ slot, typeId }) => [slot, typeId]));
    return {
      insns,
      funcInfo,
      subprogs: functions.map(({ relocated, start }) => this.subprog(relocated.fn, start, types.get(start))),
      lineInfo: () => makeLineInfo(lineParts),
    };
  }

  /** Decides which functions the program holds and where each starts, in that order. */
  private place(main: FunctionCode): Map<FunctionCode, Placed> | LinkFailure {
    const placed = new Map<FunctionCode, Placed>();
    const stack: { readonly calls: readonly FunctionCode[]; next: number }[] = [];
    let length = 0;
    const append = (fn: FunctionCode): void => {
      const relocated = this.relocator.relocated(fn);
      placed.set(fn, { relocated, start: length });
      length += fn.length;
      stack.push({ calls: relocated.callTargets, next: 0 });
    };
    const appendReached = (fn: FunctionCode): void => {
      append(fn);
      for (let frame = stack.at(-1); frame !== undefined; frame = stack.at(-1)) {
        const target = frame.calls.at(frame.next++);
        if (target === undefined) stack.pop();
        else if (!placed.has(target)) append(target);
        if (length > Math.min(MAX_PROGRAM_SLOTS, this.slotsLeft)) return;
      }
    };

    const callback = this.exceptionCallback(main);
    if (callback instanceof LinkFailure) return callback;
    appendReached(main);
    if (callback !== undefined && !placed.has(callback)) appendReached(callback);
    if (length > MAX_PROGRAM_SLOTS) return new LinkFailure(`more than ${MAX_PROGRAM_SLOTS} instructions`);
    this.slotsLeft -= length;
    if (this.slotsLeft < 0) {
      return new LinkFailure(`the programs of the object have more than ${MAX_OBJECT_SLOTS} instructions`);
    }
    return placed;
  }

  /** The subprogram that the program's `exception_callback:` tag names, which no call leads to. */
  private exceptionCallback(main: FunctionCode): FunctionCode | LinkFailure | undefined {
    const names = this.exceptionCallbacks.get(main.name);
    // With several the kernel refuses the program; libbpf appends none.
    if (names?.length !== 1) return undefined;
    const name = names[0];
    const callback = this.subprogramByName(name);
    if (callback === undefined) return new LinkFailure(`there is no exception callback "${printable(name)}"`);
    if (!callback.globalSymbol || callback.hidden) {
      return new LinkFailure(`exception callback "${printable(name)}" is no global function`);
    }
    return callback;
  }

  private subprogramByName(name: string): FunctionCode | undefined {
    if (this.subprogramNames === undefined) {
      const subprograms = this.code.functions.filter((fn) => isSubprogram(this.code, fn));
      // Of several with one name the first counts: it is entered last.
      this.subprogramNames = new Map(subprograms.reverse().map((fn) => [fn.name, fn]));
    }
    return this.subprogramNames.get(name);
  }

  /** @param typeId what func info says at `start` */
  private subprog(fn: FunctionCode, start: number, typeId: number | undefined): Subprog {
    const { btf } = this;
    const global =
      btf !== undefined &&
      typeId !== undefined &&
      typeId < btf.typeCount &&
      btf.kind(typeId) === BTF_KIND_FUNC &&
      btf.vlen(typeId) === BTF_LINKAGE_GLOBAL;
    const madeStatic = fn.hidden && fn.globalSymbol && isSubprogram(this.code, fn);
    return { name: fn.name, start, global: global && !madeStatic };
  }
}

/** Names of the callbacks that `exception_callback:NAME` tags give a main function, by the function's name. */
function exceptionCallbacks(btf: Btf | undefined): Map<string, string[]> {
  const prefix = 'exception_callback:';
  const callbacks = new Map<string, string[]>();
  for (let id = 1; id < (btf?.typeCount ?? 0); id++) {
    if (btf!.kind(id) !== BTF_KIND_DECL_TAG || btf!.declTagComponent(id) !== -1) continue;
    const tag = btf!.typeName(id);
    if (!tag.startsWith(prefix)) continue;
    const main = btf!.typeName(btf!.type(id));
    const known = callbacks.get(main);
    if (known === undefined) callbacks.set(main, [tag.slice(prefix.length)]);
    else known.push(tag.slice(prefix.length));
  }
  return callbacks;
}

/**
 * The records of each function, in the order of the program. None at all when the entry function has none; a subprogram
 * without any is a failure then.
 */
function gatherRecords(
  functions: readonly Placed[],
  bySection: ReadonlyMap<number, ExtRecords>,
): RecordPart[] | LinkFailure {
  const parts: RecordPart[] = [];
  for (const { relocated, start } of functions) {
    const { fn } = relocated;
    const records = bySection.get(fn.code.section.index);
    const range = records && recordsInRange(records, fn.start, fn.start + fn.length);
    if (records === undefined || range === undefined || range.from === range.to) {
      if (parts.length === 0) return [];
      return new LinkFailure(`function "${printable(fn.name)}" has no func info or line info, others have`);
    }
    parts.push({ records, ...range, shift: start - fn.start });
  }
  return parts;
}

function makeFuncInfo(parts: readonly RecordPart[]): FuncInfo[] {
  const funcInfo: FuncInfo[] = [];
  for (const { records, from, to, shift } of parts) {
    for (let i = from; i < to; i++)
      funcInfo.push({ slot: records.slots[i] + shift, typeId: records.words[i] });
  }
  return funcInfo;
}

function makeLineInfo(parts: readonly RecordPart[]): LineInfo[] {
  const lineInfo: LineInfo[] = [];
  for (const { records, from, to, shift } of parts) {
    const { slots, words, width } = records;
    for (let i = from; i < to; i++) {
      const position = words[i * width + 2];
      lineInfo.push({
        slot: slots[i] + shift,
        fileNameOff: words[i * width],
        lineOff: words[i * width + 1],
        line: position >>> 10,
        column: position & 0x3ff,
      });
    }
  }
  return lineInfo;
}
