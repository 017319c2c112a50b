/**
 * Everything one check works with: the program, what was found out about each instruction, and the exploration's own
 * state (`struct bpf_verifier_env`, include/linux/bpf_verifier.h, Linux 6.12).
 */
import { AUX_ORIG, AUX_SEEN, AUX_ZEXT } from '../../strategies/store.js';
import { dstOf, srcOf } from '../isa/insn.js';
import type { KernelProfile } from '../kernel/profile.js';
import { BPF_F_SLEEPABLE } from '../kernel/types.js';
import { Btf } from '../object/btf.js';
import type { BpfObject, BpfProgram } from '../object/program.js';
import { attachTargetOf } from './attach-target.js';
import { numberRules } from './numbers.js';
import type { NumberRules } from './numbers.js';
import type { AttachTarget } from './attach-target.js';
import { VerifierError } from './facts.js';
import type { FuncState, VerifierState } from './frames.js';
import { History } from './history.js';
import type { LinkedRegs } from './history.js';
import { mapsOf } from './maps.js';
import type { Kfunc } from './kfunc-meta.js';
import type { MapInfo } from './maps.js';
import { Reg } from './register.js';
import type { SubprogInfo } from './subprogs.js';

/** Steps after which the check gives up (`BPF_COMPLEXITY_LIMIT_INSNS`). */
const MAX_STEPS = 1_000_000;
/** Paths waiting to be explored (`BPF_COMPLEXITY_LIMIT_JMP_SEQ`). */
const MAX_WAITING = 8192;
/** Lines of `Facts.unknowns` before the rest is only counted. */
const MAX_UNKNOWNS = 40;

/** Bits of `VerifierEnv.marks`: what the control flow says about an instruction. */
export const PRUNE_POINT = 1;
export const JMP_POINT = 2;
export const FORCE_CHECKPOINT = 4;
export const CALLS_CALLBACK = 8;
/** Spill or fill around a fastcall helper call. */
export const FASTCALL_PATTERN = 16;
export const ITER_NEXT = 32;

/** What of the machine and the load the kernel's check depends on. */
export interface CheckOptions {
  /** Possible CPUs of the machine: the range of `bpf_get_smp_processor_id()`. 1, as in the oracle's guest, when absent. */
  readonly cpus?: number;
  /** Steps after which the check gives up; 1,000,000, as the kernel's, when absent. */
  readonly maxSteps?: number;
  /**
   * Types of the kernel the program is for; those of `BpfObject.kernel` when absent. Without either, pointers into the
   * kernel are not modelled.
   */
  readonly kernelBtf?: Btf | undefined;
}

/** A path that waits. */
interface Waiting {
  readonly state: VerifierState;
  readonly slot: number;
  readonly prevSlot: number;
}

/** A checkpoint among those of the same bucket. */
export interface Explored {
  readonly state: VerifierState;
  next: Explored | null;
  misses: number;
  hits: number;
}

export class VerifierEnv {
  /** As the check sees them: see `Facts.insns`. */
  insns: Int32Array;
  /** Number of slots. */
  readonly length: number;
  readonly maps: readonly (MapInfo | undefined)[];
  /** The object's BTF; undefined when it has none. */
  readonly btf: Btf | undefined;
  /** Kernel functions called, by BTF id; null for those nothing is known of. */
  readonly kfuncs = new Map<number, Kfunc | null>();
  /** What the release checks differently. */
  readonly rules: KernelProfile['check'];
  /** What the release knows of numbers. */
  readonly numbers: NumberRules;
  readonly cpus: number;
  readonly maxSteps: number;
  readonly sleepable: boolean;
  subprogs: readonly SubprogInfo[] = [];

  /** `PRUNE_POINT` and others, per slot. */
  readonly marks: Uint8Array;
  /** The records facts are made of; see `Facts.aux`. */
  readonly aux: Uint32Array;
  readonly auxWords: number;
  /** Register type of the base of each load, store and atomic seen (0: none yet). */
  readonly ptrTypes: Int32Array;
  /** Map id that reached each helper call, and whether others did too. */
  readonly mapPtrs: Int32Array;
  readonly mapPoisoned: Uint8Array;
  /** Of `bpf_loop` calls: 0 not seen, 1 fit for inlining, 2 not; and the callback. */
  readonly loopStates: Uint8Array;
  readonly loopCallbacks: Int32Array;
  seenDirectWrite = false;
  seenException = false;

  /** The path being explored. */
  cur!: VerifierState;
  /** Slot being checked and the one before it on this path. */
  slot = 0;
  prevSlot = -1;
  readonly history = new History();
  /** Index of this step's history entry, -1 for none. */
  histEntry = -1;
  idGen = 0;
  steps = 0;
  stepsAtCheckpoint = 0;
  jumps = 0;
  jumpsAtCheckpoint = 0;
  /** Buckets of checkpoints. */
  explored: (Explored | null)[] = [];
  /** Checkpoints made, and those that were not dropped again. */
  totalStates = 0;
  liveStates = 0;
  maxStatesPerInsn = 0;
  /** Stand-ins for immediate operands. */
  readonly fakeReg = new Reg();
  readonly fakeReg2 = new Reg();
  /** Scratch for collectRegs. */
  readonly scratchRegs: Reg[] = [];

  private readonly givenKernelBtf: Btf | undefined;
  private target: AttachTarget | null | undefined;
  private readonly waiting: Waiting[] = [];
  private readonly unknownLines = new Set<string>();
  private unknownsDropped = 0;

  constructor(
    readonly object: BpfObject,
    readonly program: BpfProgram,
    readonly profile: KernelProfile,
    options: CheckOptions,
  ) {
    this.insns = program.insns;
    const length = program.insns.length / 2;
    this.length = length;
    this.maps = mapsOf(object);
    this.btf = object.btf instanceof Btf ? object.btf : undefined;
    this.givenKernelBtf = options.kernelBtf;
    this.rules = profile.check;
    this.numbers = numberRules(profile);
    this.cpus = options.cpus ?? 1;
    this.maxSteps = options.maxSteps ?? MAX_STEPS;
    this.sleepable = (program.flags & BPF_F_SLEEPABLE) !== 0;
    this.marks = new Uint8Array(length);
    this.auxWords = profile.auxBytes / 4;
    this.aux = new Uint32Array(length * this.auxWords);
    for (let i = 0; i < length; i++) this.aux[i * this.auxWords + AUX_ORIG] = i + 1;
    this.ptrTypes = new Int32Array(length);
    this.mapPtrs = new Int32Array(length);
    this.mapPoisoned = new Uint8Array(length);
    this.loopStates = new Uint8Array(length);
    this.loopCallbacks = new Int32Array(length);
  }

  /**
   * The kernel's types: large, and not read before something asks for them. Those of a module come behind the kernel's
   * own, so with one module in use its types are all that is needed.
   */
  get kernelBtf(): Btf | undefined {
    if (this.givenKernelBtf !== undefined) return this.givenKernelBtf;
    const { kernel, kernelModules } = this.object;
    return kernelModules?.length === 1 ? kernelModules[0].btf : kernel?.btf;
  }

  /** What the program is attached to, where the kernel's BTF tells. */
  get attachTarget(): AttachTarget | null {
    if (this.target === undefined) {
      const btf = this.kernelBtf;
      this.target = btf === undefined ? null : attachTargetOf(btf, this.program);
    }
    return this.target;
  }

  word0(slot: number): number {
    return this.insns[2 * slot];
  }

  imm(slot: number): number {
    return this.insns[2 * slot + 1];
  }

  /** Frame and registers of the function being executed. */
  get frame(): FuncState {
    return this.cur.cur;
  }

  get regs(): Reg[] {
    return this.cur.cur.regs;
  }

  dst(): Reg {
    return this.regs[dstOf(this.word0(this.slot))];
  }

  src(): Reg {
    return this.regs[srcOf(this.word0(this.slot))];
  }

  map(id: number): MapInfo {
    const map = this.maps[id];
    if (map === undefined) throw new VerifierError(this.slot, `map ${id} does not exist`);
    return map;
  }

  /** Frame a stack pointer points into. */
  frameOf(reg: Reg): FuncState {
    const frame = this.cur.frames.at(reg.frameno);
    if (frame === undefined) throw new VerifierError(this.slot, `stack pointer into frame ${reg.frameno}`);
    return frame;
  }

  get inSleepable(): boolean {
    return this.cur.inSleepable || (this.sleepable && !this.rules.sleepsByPath);
  }

  get inRcuCriticalSection(): boolean {
    return this.cur.activeRcuLocks !== 0 || this.cur.lockPtr !== 0 || !this.inSleepable;
  }

  /** May code sleep here: is neither the path such that it may not, nor a section open in which it may not? */
  get maySleep(): boolean {
    const { activeRcuLocks, activePreemptLock, lockPtr } = this.cur;
    return activeRcuLocks === 0 && activePreemptLock === 0 && lockPtr === 0 && this.inSleepable;
  }

  aux32(slot: number, word: number): number {
    return this.aux[slot * this.auxWords + word];
  }

  setAux(slot: number, word: number, value: number): void {
    this.aux[slot * this.auxWords + word] = value;
  }

  orAux(slot: number, word: number, bits: number): void {
    this.aux[slot * this.auxWords + word] |= bits;
  }

  markSeen(slot: number): void {
    this.aux[slot * this.auxWords + AUX_SEEN] = 1;
  }

  markZext(slot: number): void {
    this.aux[slot * this.auxWords + AUX_ZEXT] = 1;
  }

  /** Something could not be derived: `cause`, at the current slot. */
  unknown(cause: string): void {
    const line = `insn ${this.slot}: ${cause}`;
    if (this.unknownLines.has(line)) return;
    if (this.unknownLines.size < MAX_UNKNOWNS) this.unknownLines.add(line);
    else this.unknownsDropped++;
  }

  /** Linux would refuse the program here; the analysis goes on with less knowledge. */
  refuse(cause: string): void {
    this.unknown(`${cause} (Linux refuses this)`);
  }

  /** @throws VerifierError the program cannot be explored further */
  fail(cause: string): never {
    throw new VerifierError(this.slot, cause);
  }

  get unknowns(): string[] {
    const lines = [...this.unknownLines];
    if (this.unknownsDropped > 0) lines.push(`${this.unknownsDropped} more of the kind`);
    return lines;
  }

  newId(): number {
    this.idGen = (this.idGen + 1) & 0x7fff_ffff;
    return this.idGen;
  }

  /** Sets a copy of the current path aside, to be explored from `slot` later, and returns it (`push_stack`). */
  pushState(slot: number, prevSlot: number): VerifierState {
    const state = this.cur.copy();
    this.wait(state, slot, prevSlot);
    if (state.parent !== null) state.parent.branches++;
    return state;
  }

  /** Sets a path aside that is no copy of the current one. */
  wait(state: VerifierState, slot: number, prevSlot: number): void {
    this.waiting.push({ state, slot, prevSlot });
    if (this.waiting.length > MAX_WAITING)
      this.fail(`the sequence of ${MAX_WAITING + 1} jumps is too complex`);
  }

  /** Takes up the path set aside last; false when there is none (`pop_stack`). Sets `slot`; the previous slot is returned in `prevSlot`. */
  popState(): boolean {
    const next = this.waiting.pop();
    if (next === undefined) return false;
    this.cur = next.state;
    this.slot = next.slot;
    this.prevSlot = next.prevSlot;
    return true;
  }

  /** Notes the current step in the path's history (`push_insn_history`). */
  pushHistory(flags: number, linked: LinkedRegs | null): void {
    const { history, cur } = this;
    if (this.histEntry >= 0) {
      history.addFlags(this.histEntry, flags);
      history.setLinked(this.histEntry, linked);
      return;
    }
    this.histEntry = cur.histEnd++;
    history.set(this.histEntry, this.slot, this.prevSlot, flags, linked);
  }
}
