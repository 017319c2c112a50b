/** What a program type and a release offer to a generated program. */
import { CONTEXT_KINDS, type ContextKind } from '../../fixups/context/testing/accesses.js';
import { contextAccess } from '../../kernel/contexts/index.js';
import { SK_BUFF, XDP_MD } from '../../kernel/contexts/layouts.js';
import type { KernelProfile } from '../../kernel/profile.js';
import { PROG_TYPE } from '../../kernel/types.js';

/** An access to the context that yields or takes a number. */
export interface ContextPlace {
  readonly offset: number;
  /** Bytes: 1, 2, 4, 8. */
  readonly bytes: number;
  readonly signed: boolean;
}

/** Where a context holds the ends of the packet. */
export interface PacketFields {
  readonly data: number;
  readonly end: number;
  readonly writable: boolean;
}

/** A kind of program on a release. */
export interface Setting {
  readonly profile: KernelProfile;
  readonly kind: ContextKind;
  readonly loads: readonly ContextPlace[];
  readonly stores: readonly ContextPlace[];
  /** Absent where programs do not see packets by pointers. */
  readonly packet: PacketFields | undefined;
  /** Loads of packets by offset are allowed. */
  readonly packetLoads: boolean;
  /** What the program may return: any number, or only this one. */
  readonly returns: 'anything' | number;
  /** Signed division, sign extension, byte swap and `gotol` exist (6.6). */
  readonly newInsns: boolean;
  /** Load-acquire and store-release exist (6.15). */
  readonly acquireRelease: boolean;
}

/** Kinds of programs that are generated; each name is one of `CONTEXT_KINDS`. */
export const KIND_NAMES = [
  'raw_tp',
  'socket_filter',
  'tc',
  'xdp',
  'cgroup_skb',
  'kprobe',
  'tracepoint',
  'perf_event',
  'lwt_xmit',
  'sk_skb',
  'sock_ops',
  'sk_lookup',
  'connect6',
  'sysctl',
  'cgroup_device',
] as const;

/** Kinds whose context accesses nothing rewrites: their programs mean the same to an interpreter before and after. */
export const PLAIN_KIND_NAMES = ['raw_tp', 'kprobe', 'tracepoint'] as const;

const ANY_RESULT = new Set<number>([
  PROG_TYPE.SOCKET_FILTER,
  PROG_TYPE.SCHED_CLS,
  PROG_TYPE.XDP,
  PROG_TYPE.KPROBE,
  PROG_TYPE.TRACEPOINT,
  PROG_TYPE.RAW_TRACEPOINT,
  PROG_TYPE.PERF_EVENT,
  PROG_TYPE.LWT_XMIT,
]);

const known = new Map<string, Setting>();

/** The setting of that kind on that release; the same object for the same names. */
export function settingOf(name: string, profile: KernelProfile): Setting {
  const key = `${name}/${profile.release}`;
  let setting = known.get(key);
  if (setting === undefined) {
    setting = makeSetting(name, profile);
    known.set(key, setting);
  }
  return setting;
}

function makeSetting(name: string, profile: KernelProfile): Setting {
  const kind = CONTEXT_KINDS.find((each) => each.name === name);
  if (kind === undefined) throw new Error(`no kind of program is called ${name}`);
  const newInsns = profile.features.signedDivisionGuards;
  return {
    profile,
    kind,
    loads: places(kind, profile, false, newInsns),
    stores: places(kind, profile, true, false),
    packet: packetOf(kind.type),
    packetLoads: kind.type === PROG_TYPE.SOCKET_FILTER || kind.type === PROG_TYPE.SCHED_CLS,
    returns: ANY_RESULT.has(kind.type) ? 'anything' : kind.result,
    newInsns,
    acquireRelease: profile.features.timedMayGoto,
  };
}

function places(
  kind: ContextKind,
  profile: KernelProfile,
  write: boolean,
  signedToo: boolean,
): ContextPlace[] {
  const found: ContextPlace[] = [];
  for (const bytes of [1, 2, 4, 8]) {
    for (let offset = 0; offset + bytes <= kind.size; offset += bytes) {
      for (const signed of signedToo && bytes < 8 ? [false, true] : [false]) {
        const { valid, loaded } = contextAccess(
          kind.type,
          kind.attachType,
          offset,
          bytes,
          write,
          signed,
          profile.contexts,
        );
        if (valid && loaded === 'SCALAR') found.push({ offset, bytes, signed });
      }
    }
  }
  return found;
}

function packetOf(type: number): PacketFields | undefined {
  switch (type) {
    case PROG_TYPE.XDP:
      return { data: XDP_MD.at('data'), end: XDP_MD.at('data_end'), writable: true };
    case PROG_TYPE.SCHED_CLS:
    case PROG_TYPE.SK_SKB:
    case PROG_TYPE.LWT_XMIT:
      return { data: SK_BUFF.at('data'), end: SK_BUFF.at('data_end'), writable: true };
    case PROG_TYPE.CGROUP_SKB:
      return { data: SK_BUFF.at('data'), end: SK_BUFF.at('data_end'), writable: false };
    default:
      return undefined;
  }
}
