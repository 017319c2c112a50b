/**
 * As much of a kernel as generated programs need to run: maps, helpers, and numbers that come from a seed. The same program
 * makes the same calls, whether it calls helpers by number (as loaded) or kernel functions by symbol (as rewritten).
 */
import {
  KEEPS_REGISTERS,
  LEAVES_FUNCTION,
  Memory,
  MemoryFault,
  type CallResult,
  type Host,
  type Machine,
} from '../../isa/interpreter/index.js';
import { BPF_PSEUDO_MAP_FD, BPF_PSEUDO_MAP_VALUE } from '../../isa/opcodes.js';
import type { SymbolTable } from '../../fixups/symbols.js';
import { helperId } from '../../kernel/helper-ids.js';
import type { KernelProfile } from '../../kernel/profile.js';
import { MAP_TYPE } from '../../kernel/types.js';
import type { BpfObject, BpfProgram, MapDef } from '../../object/program.js';
import {
  ArrayModel,
  E2BIG,
  EFAULT,
  EINVAL,
  failure,
  HashModel,
  hex,
  QueueModel,
  type MapModel,
} from './map-models.js';

/** Bytes of a context, of which nothing is converted. */
const CONTEXT_BYTES = 256;
/** Symbols an interpreted program may refer to by address. */
const MOST_SYMBOLS = 256;
/** Keys that keyed maps hold at the start. */
const FIRST_KEYS = 6;

/** Results of helpers that go in line in some release: they are constants of the machine, whose CPU is the only one. */
const CPU = 0n;
const JIFFIES = 0x1_0000_2345n;
const TASK = 0xffff_8881_0123_4000n;

type HelperModel = (kernel: TestKernel, machine: Machine) => CallResult;

/** An endless list of numbers, some of them ones near which arithmetic goes wrong. */
function numbersFrom(seed: bigint): () => bigint {
  let state = BigInt.asUintN(64, seed);
  return () => {
    state = BigInt.asUintN(64, state + 0x9e37_79b9_7f4a_7c15n);
    let mixed = BigInt.asUintN(64, (state ^ (state >> 30n)) * 0xbf58_476d_1ce4_e5b9n);
    mixed = BigInt.asUintN(64, (mixed ^ (mixed >> 27n)) * 0x94d0_49bb_1331_11ebn);
    mixed ^= mixed >> 31n;
    const special = Number(mixed >> 59n);
    return special < SPECIAL.length ? SPECIAL[special] : mixed;
  };
}

const SPECIAL = [0n, 1n, -1n, -(2n ** 63n), -(2n ** 31n), 2n ** 31n, 2n ** 32n - 1n].map((value) =>
  BigInt.asUintN(64, value),
);

export class TestKernel implements Host {
  readonly memory = new Memory(8 * MOST_SYMBOLS);
  readonly context: bigint;
  /** Every call that does something outside of the program, with what it was given. */
  readonly log: string[] = [];
  readonly maps: readonly MapModel[];
  private readonly byAddress = new Map<bigint, MapModel>();
  private readonly models = new Map<string, HelperModel>();
  readonly random: () => bigint;

  /**
   * @param seed of all numbers: the context's bytes, the maps' contents, results of helpers
   * @param symbols names behind the calls of a rewritten program; absent for a program as loaded
   */
  constructor(
    readonly profile: KernelProfile,
    object: BpfObject,
    program: BpfProgram,
    seed: bigint,
    private readonly symbols?: SymbolTable,
  ) {
    this.random = numbersFrom(seed);
    const { memory } = this;
    this.context = memory.allocate(CONTEXT_BYTES);
    for (let at = 0; at < CONTEXT_BYTES; at += 8) memory.store(this.context + BigInt(at), 8, this.random());
    const maps: MapModel[] = [];
    for (const def of object.maps) maps.push(this.makeMap(def, maps));
    this.maps = maps;
    for (const map of maps) this.byAddress.set(map.address, map);
    this.nameFunctions(program);
  }

  private makeMap(def: MapDef, before: readonly MapModel[]): MapModel {
    const { memory, profile } = this;
    switch (def.type) {
      case MAP_TYPE.ARRAY:
      case MAP_TYPE.PERCPU_ARRAY:
        return this.filled(new ArrayModel(memory, profile, def));
      case MAP_TYPE.ARRAY_OF_MAPS:
        return new ArrayModel(memory, profile, def, before[def.inner ?? 0].address);
      case MAP_TYPE.HASH_OF_MAPS:
        return this.filled(new HashModel(memory, profile, def, before[def.inner ?? 0].address));
      case MAP_TYPE.HASH:
      case MAP_TYPE.LRU_HASH:
      case MAP_TYPE.PERCPU_HASH:
      case MAP_TYPE.LPM_TRIE:
        return this.filled(new HashModel(memory, profile, def));
      default:
        return new QueueModel(memory, def);
    }
  }

  /** Values for the first keys; global data has its own. */
  private filled(map: MapModel): MapModel {
    const { def } = map;
    if (def.contents !== undefined) return map;
    for (let key = 0; key < Math.min(FIRST_KEYS, def.maxEntries); key++) {
      const keyBytes = new Uint8Array(def.keySize);
      keyBytes[0] = key;
      const value = new Uint8Array(def.valueSize);
      for (let at = 0; at + 8 <= value.length; at += 8)
        new DataView(value.buffer).setBigUint64(at, this.random(), true);
      map.update(keyBytes, value);
    }
    return map;
  }

  /** Which kernel functions stand for which helpers. */
  private nameFunctions(program: BpfProgram): void {
    for (const [id, model] of MODELS) {
      const proto = this.profile.helperFor(program, id);
      if (proto !== undefined) this.models.set(proto.func, model);
    }
    for (const { def } of this.maps) {
      for (const [id, func] of this.profile.mapOps(def.type)?.direct ?? []) {
        const model = MODELS.get(id);
        if (model !== undefined) this.models.set(func, model);
      }
    }
    this.models.set('__htab_map_lookup_elem', lookupElement);
    this.models.set('arch_bpf_timed_may_goto', endTimedLoop);
  }

  /** Address of the variable behind a symbol: eight bytes. */
  symbolAddress(number: number): bigint {
    const address = this.memory.fixed + BigInt(8 * number);
    const name = this.symbols?.name(number) ?? '';
    const value = VARIABLES.get(name === this.profile.cpuNumberSymbol ? 'cpu number' : name);
    if (value === undefined) throw new Error(`no value for the symbol ${name}`);
    this.memory.store(address, 8, value);
    return address;
  }

  /** What a 64-bit load with a pseudo source stands for. */
  pseudoImmediate(source: number, low: number, high: number): bigint {
    const map = this.maps[low];
    if (source === BPF_PSEUDO_MAP_FD) return map.address;
    if (source === BPF_PSEUDO_MAP_VALUE && map instanceof ArrayModel) return map.data + BigInt(high);
    throw new Error(`64-bit load with source ${source}`);
  }

  call(machine: Machine, number: number): CallResult {
    const name = this.symbols?.name(number);
    const model = this.symbols === undefined ? MODELS.get(number) : this.models.get(name ?? '');
    if (model === undefined) throw new Error(`nothing is known of the call of ${name ?? number}`);
    return model(this, machine);
  }

  tailCall(machine: Machine): CallResult {
    return tailCall(this, machine);
  }

  percpu(address: bigint): bigint {
    return address;
  }

  /** The map that a register points to. */
  map(machine: Machine, register: number): MapModel {
    const address = machine.registers[register];
    const map = this.byAddress.get(address);
    if (map === undefined) throw new MemoryFault(`R${register} = 0x${address.toString(16)} is no map`);
    return map;
  }

  /** The bytes that a register points to. */
  bytes(machine: Machine, register: number, length: number): Uint8Array {
    return this.memory.bytes(machine.registers[register], length);
  }

  note(what: string, ...details: readonly (string | bigint | Uint8Array)[]): void {
    const texts = details.map((detail) => (detail instanceof Uint8Array ? hex(detail) : String(detail)));
    this.log.push([what, ...texts].join(' '));
  }

  /** Everything the program has changed. */
  dump(): readonly string[] {
    return this.maps.map((map) => `${map.def.name}: ${map.dump()}`);
  }
}

const VARIABLES: ReadonlyMap<string, bigint> = new Map([
  ['cpu number', CPU],
  ['jiffies', JIFFIES],
  ['current_task', TASK],
]);

const lookupElement: HelperModel = (kernel, machine) => {
  const map = kernel.map(machine, 1);
  if (!(map instanceof HashModel)) throw new Error(`${map.def.name} is no hash table`);
  return map.element(kernel.bytes(machine, 2, map.def.keySize));
};

/** The scratch register holds where the counter lies, and is the result: no further turns. */
const endTimedLoop: HelperModel = (kernel, machine) => {
  machine.registers[kernel.profile.scratchRegister] = 0n;
  return KEEPS_REGISTERS;
};

/** Half of the programs are there; the function returns then what the other program returned. */
const tailCall: HelperModel = (kernel, machine) => {
  const map = kernel.map(machine, 2);
  const index = BigInt.asUintN(32, machine.registers[3]);
  kernel.note('tail call', map.def.name, index);
  if (index >= BigInt(map.def.maxEntries) || index % 2n === 0n) return failure(EINVAL);
  machine.registers[0] = 1000n + index;
  return LEAVES_FUNCTION;
};

const loop: HelperModel = (kernel, machine) => {
  const [turns, callback, context, flags] = machine.registers.slice(1, 5);
  if (flags !== 0n) return failure(EINVAL);
  // Linux' own helper gives -E2BIG in 64 bits, its in-line form in 32, on all releases: here it is always the latter.
  if (turns > BigInt(kernel.profile.maxLoops)) return BigInt.asUintN(32, failure(E2BIG));
  for (let turn = 0n; turn < turns; turn++)
    if (machine.invoke(callback, [turn, context]) !== 0n) return turn + 1n;
  return turns;
};

const forEach: HelperModel = (kernel, machine) => {
  const map = kernel.map(machine, 1);
  const [, callback, context, flags] = machine.registers.slice(1, 5);
  if (flags !== 0n) return failure(EINVAL);
  let seen = 0n;
  for (const [key, value] of map.entries()) {
    seen++;
    if (machine.invoke(callback, [map.address, key, value, context]) !== 0n) break;
  }
  return seen;
};

function queueOf(map: MapModel): QueueModel {
  if (map instanceof QueueModel) return map;
  throw new Error(`${map.def.name} is no queue`);
}

function nextOf(take: boolean): HelperModel {
  return (kernel, machine) => {
    const map = queueOf(kernel.map(machine, 1));
    return map.next(kernel.bytes(machine, 2, map.def.valueSize), take);
  };
}

const nextNumber: HelperModel = (kernel) => kernel.random();
const RECORD_BYTES = 16;

/** Helpers by number. Those that others can see are logged. */
const MODELS: ReadonlyMap<number, HelperModel> = new Map<number, HelperModel>(
  Object.entries<HelperModel>({
    map_lookup_elem: (kernel, machine) => {
      const map = kernel.map(machine, 1);
      return map.lookup(kernel.bytes(machine, 2, map.def.keySize));
    },
    map_update_elem: (kernel, machine) => {
      const map = kernel.map(machine, 1);
      const key = kernel.bytes(machine, 2, map.def.keySize);
      const value = kernel.bytes(machine, 3, map.def.valueSize);
      kernel.note('update', map.def.name, key, value, machine.registers[4]);
      return map.update(key, value);
    },
    map_delete_elem: (kernel, machine) => {
      const map = kernel.map(machine, 1);
      const key = kernel.bytes(machine, 2, map.def.keySize);
      kernel.note('delete', map.def.name, key);
      return map.remove(key);
    },
    map_push_elem: (kernel, machine) => {
      const map = queueOf(kernel.map(machine, 1));
      const value = kernel.bytes(machine, 2, map.def.valueSize);
      kernel.note('push', map.def.name, value);
      return map.push(value);
    },
    map_pop_elem: nextOf(true),
    map_peek_elem: nextOf(false),
    for_each_map_elem: forEach,
    loop,
    tail_call: tailCall,
    ringbuf_output: (kernel, machine) => {
      const data = kernel.bytes(machine, 2, Number(machine.registers[3]));
      kernel.note('output', data);
      return queueOf(kernel.map(machine, 1)).push(data);
    },
    ringbuf_reserve: (kernel, machine) => {
      if (machine.registers[2] !== BigInt(RECORD_BYTES)) throw new Error('a record of another size');
      kernel.note('reserve', kernel.map(machine, 1).def.name);
      return kernel.random() % 4n === 0n ? 0n : kernel.memory.allocate(RECORD_BYTES);
    },
    ringbuf_submit: (kernel, machine) => {
      kernel.note('submit', kernel.bytes(machine, 1, RECORD_BYTES));
      return 0n;
    },
    probe_read_kernel: (kernel, machine) => {
      kernel.note('probe', machine.registers[2], machine.registers[3]);
      kernel.bytes(machine, 1, Number(machine.registers[2])).fill(0);
      return failure(EFAULT);
    },
    get_smp_processor_id: () => CPU,
    jiffies64: () => JIFFIES,
    get_current_task: () => TASK,
    get_prandom_u32: nextNumber,
    ktime_get_ns: nextNumber,
    get_current_pid_tgid: nextNumber,
    get_current_uid_gid: nextNumber,
    get_numa_node_id: nextNumber,
  }).map(([name, model]) => [helperId(name), model]),
);
