/** A kernel profile from its stored tables (`data/RELEASE-*.ts`). */
import { helperId } from './helper-ids.js';
import { HelperTable, type HelperData } from './helper-table.js';
import type { KernelProfile, MapOps, Member } from './profile.js';
import { MAP_TYPE, progTypeName, type MapTypeName } from './types.js';

/** Member as stored: byte offset and size; for bit fields also bit offset and width. */
export type StoredMember = readonly [offset: number, size: number, bitOffset?: number, bitSize?: number];

/** Structure as stored by scripts/extract-profile.ts. */
export interface StoredStruct {
  readonly size: number;
  readonly members: Readonly<Record<string, StoredMember>>;
}

/** Operations of a map type as stored: words `helper:function`, helper names without `bpf_`. */
export interface StoredMapOps {
  readonly direct: string;
  readonly genLookup?: NonNullable<MapOps['genLookup']>;
}

export interface ProfileTables {
  readonly release: string;
  readonly source: string;
  readonly features: KernelProfile['features'];
  readonly contexts: KernelProfile['contexts'];
  readonly check: KernelProfile['check'];
  /** See `KernelProfile.cpuNumberSymbol`. */
  readonly cpuNumberSymbol: string;
  /** See `KernelProfile.storageAllocation`. */
  readonly storageAllocation?: KernelProfile['storageAllocation'];
  /** See `KernelProfile.scratchRegister`. */
  readonly scratchRegister: number;
  readonly maxLoops: number;
  readonly helpers: HelperData;
  readonly maps: Readonly<Partial<Record<MapTypeName, StoredMapOps>>>;
  readonly structs: Readonly<Record<string, StoredStruct>>;
}

function mapOpsOf(stored: StoredMapOps): MapOps {
  const direct = new Map<number, string>();
  for (const word of stored.direct.trim().split(/\s+/)) {
    const [helper = '', func = ''] = word.split(':');
    direct.set(helperId(helper), func);
  }
  return stored.genLookup === undefined ? { direct } : { direct, genLookup: stored.genLookup };
}

function memberOf([offset, size, bitOffset, bitSize]: StoredMember): Member {
  return bitOffset === undefined || bitSize === undefined
    ? { offset, size }
    : { offset, size, bitOffset, bitSize };
}

/**
 * Makes the profile.
 * @throws Error when the tables contradict themselves
 */
export function profileFromTables(tables: ProfileTables): KernelProfile {
  // Read when first asked for: of the releases a process knows it mostly works with one.
  let helperTable: HelperTable | undefined;
  const helpers = (): HelperTable => (helperTable ??= new HelperTable(tables.helpers));
  const maps = new Map(
    Object.entries(tables.maps).map(([name, stored]) => [MAP_TYPE[name as MapTypeName], mapOpsOf(stored)]),
  );
  const members = new Map<string, Member>();
  const sizes = new Map<string, number>();
  for (const [struct, stored] of Object.entries(tables.structs)) {
    sizes.set(struct, stored.size);
    for (const [path, member] of Object.entries(stored.members))
      members.set(`${struct}.${path}`, memberOf(member));
  }

  const structSize = (struct: string): number => {
    const size = sizes.get(struct);
    if (size === undefined) throw new Error(`profile ${tables.release} has no structure ${struct}`);
    return size;
  };

  return {
    release: tables.release,
    source: tables.source,
    auxBytes: structSize('bpf_insn_aux_data'),
    features: tables.features,
    contexts: tables.contexts,
    check: tables.check,
    cpuNumberSymbol: tables.cpuNumberSymbol,
    ...(tables.storageAllocation === undefined ? {} : { storageAllocation: tables.storageAllocation }),
    scratchRegister: tables.scratchRegister,
    maxLoops: tables.maxLoops,
    helper: (id) => helpers().any(id),
    helperFor: (user, id) => helpers().forProgram(user, id),
    helperAllowed: (progType, id) => helpers().anyAttachType(progType, id),
    helperFunction(progType, attachType, id) {
      const user = { type: progType, attachType, flags: 0, attachTarget: '' };
      const proto = helpers().forProgram(user, id) ?? helpers().any(id);
      if (proto === undefined)
        throw new Error(`${progTypeName(progType)}: profile ${tables.release} has no helper ${id}`);
      return proto.func;
    },
    mapOps: (mapType) => maps.get(mapType),
    member(struct, path) {
      const member = members.get(`${struct}.${path}`);
      if (member === undefined)
        throw new Error(`profile ${tables.release} has no member ${path} of structure ${struct}`);
      return member;
    },
    structSize,
  };
}
