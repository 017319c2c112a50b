/**
 * Which helper functions a release has, and which kernel function a helper call ends in for a given program: the
 * stored form of the kernel's `get_func_proto` callbacks (net/core/filter.c, kernel/trace/bpf_trace.c,
 * kernel/bpf/helpers.c, kernel/bpf/cgroup.c …) and of the `struct bpf_func_proto` they return.
 *
 * A *prototype* is one line: what the function returns, its kernel name, its arguments, its flags.
 *
 *     PTR_TO_MAP_VALUE_OR_NULL bpf_map_lookup_elem(CONST_MAP_PTR, PTR_TO_MAP_KEY) pkt_access
 *
 * An argument or result is `enum bpf_arg_type`/`bpf_return_type` in the kernel's own spelling without `ARG_`/`RET_`, flags
 * joined by `|`; behind a colon stand the size in bytes of fixed-size memory, or the structure of a BTF pointer (`*`: any).
 * Flags: `gpl`, `pkt_access`, `might_sleep`, `fastcall`. The name `-` means that no function is ever called.
 *
 * A *layer* is what one callback decides itself, a *chain* the layers a program type asks in turn. A layer is a list of
 * words: `redirect` alone stands for the prototype `bpf_redirect`; `redirect:bpf_xdp_redirect` names another one. Several
 * candidates are separated by `|`, the first whose condition in brackets holds counts, and `-` ends the search: not
 * available. Conditions: `sleepable`; `trampoline` (attached by a trampoline); `recur` (guarded against recursion);
 * `attach=A,B` and `attach!=A,B` (expected attach type); `target=f,g` (attach target).
 */
import { helperId } from './helper-ids.js';
import type { HelperProto, HelperUser } from './profile.js';
import {
  ATTACH_TYPE,
  BPF_F_SLEEPABLE,
  PROG_TYPE,
  effectiveAttachType,
  type AttachTypeName,
  type ProgTypeName,
} from './types.js';

/** The stored form; the head of this file explains the strings. */
export interface HelperData {
  readonly protos: Readonly<Record<string, string>>;
  readonly layers: Readonly<Record<string, string>>;
  /** The layers a program type asks, first to last; absent: programs of the type get no helper. */
  readonly chains: Readonly<Partial<Record<ProgTypeName, readonly string[]>>>;
  /** Names of helpers that can change packet data (`bpf_helper_changes_pkt_data()`), blank-separated. */
  readonly changesPacket: string;
}

/** A prototype without what belongs to the helper that ends in it. */
interface ParsedProto {
  readonly func: string;
  readonly ret: string;
  readonly retBtf: string;
  readonly args: readonly string[];
  readonly argBtf: readonly string[];
  readonly argSizes: readonly number[];
  readonly flags: ReadonlySet<string>;
}

type Condition = (user: HelperUser) => boolean;

interface Candidate {
  readonly holds: Condition;
  /** Null: not available. */
  readonly proto: HelperProto | null;
}

type Layer = ReadonlyMap<number, readonly Candidate[]>;

const PROTO_LINE = /^(\S+) ([\w-]+)\(([^)]*)\)((?: \w+)*)$/;

function parseProto(line: string): ParsedProto {
  const match = PROTO_LINE.exec(line);
  if (match === null) throw new Error(`not a helper prototype: ${line}`);
  const [, ret = '', func = '', argList = '', flags = ''] = match;
  const [retType = '', retBtf = ''] = ret.split(':');
  const args = argList === '' ? [] : argList.split(', ').map((arg) => arg.split(':'));
  return {
    func,
    ret: retType,
    retBtf,
    args: args.map(([type = '']) => type),
    argBtf: args.map(([, extra = '']) => (/^\d+$/.test(extra) ? '' : extra)),
    argSizes: args.map(([, extra = '']) => (/^\d+$/.test(extra) ? Number(extra) : 0)),
    flags: new Set(flags.trim().split(' ')),
  };
}

/** Attached through a trampoline (`bpf_prog_has_trampoline()`, kernel/bpf/trampoline.c, 6.12)? */
function hasTrampoline({ type, attachType }: HelperUser): boolean {
  if (type === PROG_TYPE.LSM) return attachType === ATTACH_TYPE.LSM_MAC;
  if (type !== PROG_TYPE.TRACING) return false;
  return (
    attachType === ATTACH_TYPE.TRACE_FENTRY ||
    attachType === ATTACH_TYPE.TRACE_FEXIT ||
    attachType === ATTACH_TYPE.MODIFY_RETURN ||
    attachType === ATTACH_TYPE.TRACE_FSESSION
  );
}

/** Runs with a guard against recursion (`bpf_prog_check_recur()`, include/linux/bpf_verifier.h, 6.12)? */
function checksRecursion({ type, attachType }: HelperUser): boolean {
  if (type === PROG_TYPE.TRACING) return attachType !== ATTACH_TYPE.TRACE_ITER;
  return type !== PROG_TYPE.STRUCT_OPS && type !== PROG_TYPE.LSM;
}

function parseCondition(text: string): Condition {
  if (text === '') return () => true;
  if (text === 'sleepable') return ({ flags }) => (flags & BPF_F_SLEEPABLE) !== 0;
  if (text === 'trampoline') return hasTrampoline;
  if (text === 'recur') return checksRecursion;
  const match = /^(attach!?|target)=(.*)$/.exec(text);
  if (match === null) throw new Error(`not a condition of a helper: ${text}`);
  const [, key = '', values = ''] = match;
  const names = values.split(',');
  if (key === 'target') return ({ attachTarget }) => names.includes(attachTarget);
  const numbers = names.map((name) => {
    if (!(name in ATTACH_TYPE)) throw new Error(`unknown attach type ${name} in ${text}`);
    return ATTACH_TYPE[name as AttachTypeName];
  });
  const wanted = key === 'attach';
  return ({ type, attachType }) => numbers.includes(effectiveAttachType(type, attachType)) === wanted;
}

/** The helpers of one release. */
export class HelperTable {
  private readonly chains = new Map<number, readonly Layer[]>();
  /** Per helper id: the prototype most program types get. */
  private readonly generic = new Map<number, HelperProto>();

  /** @throws Error when the stored form is not what the head of this file describes */
  constructor(data: HelperData) {
    const parsed = new Map(Object.entries(data.protos).map(([name, line]) => [name, parseProto(line)]));
    const changesPacket = new Set(data.changesPacket.trim().split(/\s+/).map(helperId));
    const layers = new Map<string, Layer>();

    const protoOf = (name: string, helper: string): HelperProto => {
      const proto = parsed.get(name);
      if (proto === undefined) throw new Error(`no prototype is called ${name}`);
      const id = helperId(helper);
      const made: HelperProto = {
        id,
        name: `bpf_${helper}`,
        func: proto.func,
        args: proto.args,
        argSizes: proto.argSizes,
        argBtf: proto.argBtf,
        ret: proto.ret,
        retBtf: proto.retBtf,
        changesPacket: changesPacket.has(id),
        fastcall: proto.flags.has('fastcall'),
        mightSleep: proto.flags.has('might_sleep'),
        packetAccess: proto.flags.has('pkt_access'),
        gplOnly: proto.flags.has('gpl'),
      };
      if (!this.generic.has(id) || name === made.name) this.generic.set(id, made);
      return made;
    };

    for (const [layerName, words] of Object.entries(data.layers)) {
      const layer = new Map<number, readonly Candidate[]>();
      for (const word of words.trim().split(/\s+/)) {
        const [helper = '', choices = `bpf_${word}`] = word.split(':');
        layer.set(
          helperId(helper),
          choices.split('|').map((choice) => {
            const [, condition = '', proto = ''] = /^(?:\[(.*)\])?(.*)$/.exec(choice) ?? [];
            return {
              holds: parseCondition(condition),
              proto: proto === '-' ? null : protoOf(proto, helper),
            };
          }),
        );
      }
      layers.set(layerName, layer);
    }

    for (const [typeName, names] of Object.entries(data.chains)) {
      this.chains.set(
        PROG_TYPE[typeName as ProgTypeName],
        names.map((name) => {
          const layer = layers.get(name);
          if (layer === undefined) throw new Error(`${typeName} names a layer that is not there: ${name}`);
          return layer;
        }),
      );
    }
  }

  /** The helper as most program types get it; undefined when no program of this release can call it. */
  any(id: number): HelperProto | undefined {
    return this.generic.get(id);
  }

  /** The helper as this program gets it; undefined when it is not available to it. */
  forProgram(user: HelperUser, id: number): HelperProto | undefined {
    for (const layer of this.chains.get(user.type) ?? []) {
      const candidate = layer.get(id)?.find(({ holds }) => holds(user));
      if (candidate !== undefined) return candidate.proto ?? undefined;
    }
    return undefined;
  }

  /** Is the helper available to programs of this type under some attach type, load flag or target? */
  anyAttachType(progType: number, id: number): boolean {
    for (const layer of this.chains.get(progType) ?? []) {
      const candidates = layer.get(id);
      if (candidates !== undefined) return candidates.some(({ proto }) => proto !== null);
    }
    return false;
  }
}
