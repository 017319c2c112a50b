/**
 * Every context access worth asking a kernel about, each as a program of its own: one load or store at every offset, size
 * and kind of instruction, for every context there is. scripts/context-truth.ts makes objects of them for the kernel oracle and
 * digests of the kernel's answers; the test beside this folder computes the same digests from our own rules and conversions.
 */
import { createHash } from 'node:crypto';
import {
  InsnList,
  exit,
  jmpImm,
  ldxMem,
  ldxMemsx,
  mov64Imm,
  mov64Reg,
  stMem,
  stxMem,
} from '../../../isa/builders.js';
import { BPF_B, BPF_DW, BPF_H, BPF_JEQ, BPF_W } from '../../../isa/opcodes.js';
import {
  BPF_CGROUP_DEV_CTX,
  BPF_PERF_EVENT_DATA,
  BPF_SK_LOOKUP,
  BPF_SOCK,
  BPF_SOCKOPT,
  BPF_SOCK_ADDR,
  BPF_SOCK_OPS,
  BPF_SYSCTL,
  SK_BUFF,
  SK_MSG_MD,
  SK_REUSEPORT_MD,
  XDP_MD,
} from '../../../kernel/contexts/layouts.js';
import { ATTACH_TYPE, PROG_TYPE, type AttachTypeName, type ProgTypeName } from '../../../kernel/types.js';

/** A program type and attach type with a context of its own. */
export interface ContextKind {
  readonly name: string;
  /** ELF section by which libbpf knows the type. */
  readonly section: string;
  readonly type: number;
  readonly attachType: number;
  /** Bytes of the context; accesses are tried up to eight bytes behind. */
  readonly size: number;
  /** What the program must return to be taken. */
  readonly result: number;
  /** Accesses with registers that conversions borrow are tried too. */
  readonly borrows: boolean;
  /** A socket the context leads to: its context offset, and whether it is only the common part. */
  readonly socket?: { readonly offset: number; readonly common: boolean };
}

export type AccessKind = 'load' | 'signed-load' | 'store' | 'immediate-store' | 'socket-load' | 'time-stamp';

export interface AccessCase {
  /** Unique in its context kind, a C identifier. */
  readonly name: string;
  readonly kind: AccessKind;
  /** The program, two words per slot. */
  readonly insns: Int32Array;
}

function kind(
  name: string,
  section: string,
  type: ProgTypeName,
  attach: AttachTypeName | '',
  size: number,
  result: number,
  extra: Partial<ContextKind> = {},
): ContextKind {
  return {
    name,
    section,
    type: PROG_TYPE[type],
    attachType: attach === '' ? 0 : ATTACH_TYPE[attach],
    size,
    result,
    borrows: false,
    ...extra,
  };
}

const BORROWS = { borrows: true };

export const CONTEXT_KINDS: readonly ContextKind[] = [
  kind('socket_filter', 'socket', 'SOCKET_FILTER', '', SK_BUFF.size, 0),
  kind('tc', 'tc', 'SCHED_CLS', '', SK_BUFF.size, 0, { socket: { offset: SK_BUFF.at('sk'), common: true } }),
  kind('xdp', 'xdp', 'XDP', 'XDP', XDP_MD.size, 0),
  kind('xdp_devmap', 'xdp/devmap', 'XDP', 'XDP_DEVMAP', XDP_MD.size, 0),
  kind('cgroup_skb', 'cgroup_skb/egress', 'CGROUP_SKB', 'CGROUP_INET_EGRESS', SK_BUFF.size, 1),
  kind('lwt_in', 'lwt_in', 'LWT_IN', '', SK_BUFF.size, 0),
  kind('lwt_xmit', 'lwt_xmit', 'LWT_XMIT', '', SK_BUFF.size, 0),
  kind('lwt_seg6local', 'lwt_seg6local', 'LWT_SEG6LOCAL', '', SK_BUFF.size, 0),
  kind('sock_ops', 'sockops', 'SOCK_OPS', 'CGROUP_SOCK_OPS', BPF_SOCK_OPS.size, 0, {
    borrows: true,
    socket: { offset: BPF_SOCK_OPS.at('sk'), common: false },
  }),
  kind('sk_skb', 'sk_skb/stream_verdict', 'SK_SKB', 'SK_SKB_STREAM_VERDICT', SK_BUFF.size, 1, BORROWS),
  kind('sk_msg', 'sk_msg', 'SK_MSG', 'SK_MSG_VERDICT', SK_MSG_MD.size, 1),
  kind('flow_dissector', 'flow_dissector', 'FLOW_DISSECTOR', 'FLOW_DISSECTOR', SK_BUFF.size, 0),
  kind('sk_reuseport', 'sk_reuseport', 'SK_REUSEPORT', 'SK_REUSEPORT_SELECT', SK_REUSEPORT_MD.size, 1),
  kind('sk_lookup', 'sk_lookup', 'SK_LOOKUP', 'SK_LOOKUP', BPF_SK_LOOKUP.size, 1, {
    socket: { offset: BPF_SK_LOOKUP.at('sk'), common: false },
  }),
  kind('cgroup_device', 'cgroup/dev', 'CGROUP_DEVICE', 'CGROUP_DEVICE', BPF_CGROUP_DEV_CTX.size, 1),
  kind('sysctl', 'cgroup/sysctl', 'CGROUP_SYSCTL', 'CGROUP_SYSCTL', BPF_SYSCTL.size, 1, BORROWS),
  kind(
    'getsockopt',
    'cgroup/getsockopt',
    'CGROUP_SOCKOPT',
    'CGROUP_GETSOCKOPT',
    BPF_SOCKOPT.size,
    1,
    BORROWS,
  ),
  kind(
    'setsockopt',
    'cgroup/setsockopt',
    'CGROUP_SOCKOPT',
    'CGROUP_SETSOCKOPT',
    BPF_SOCKOPT.size,
    1,
    BORROWS,
  ),
  kind('perf_event', 'perf_event', 'PERF_EVENT', '', BPF_PERF_EVENT_DATA.size, 0),
  kind(
    'sock_create',
    'cgroup/sock_create',
    'CGROUP_SOCK',
    'CGROUP_INET_SOCK_CREATE',
    BPF_SOCK.size,
    1,
    BORROWS,
  ),
  kind('post_bind4', 'cgroup/post_bind4', 'CGROUP_SOCK', 'CGROUP_INET4_POST_BIND', BPF_SOCK.size, 1),
  kind('post_bind6', 'cgroup/post_bind6', 'CGROUP_SOCK', 'CGROUP_INET6_POST_BIND', BPF_SOCK.size, 1),
  kind('bind4', 'cgroup/bind4', 'CGROUP_SOCK_ADDR', 'CGROUP_INET4_BIND', BPF_SOCK_ADDR.size, 1, BORROWS),
  kind(
    'connect6',
    'cgroup/connect6',
    'CGROUP_SOCK_ADDR',
    'CGROUP_INET6_CONNECT',
    BPF_SOCK_ADDR.size,
    1,
    BORROWS,
  ),
  kind('sendmsg4', 'cgroup/sendmsg4', 'CGROUP_SOCK_ADDR', 'CGROUP_UDP4_SENDMSG', BPF_SOCK_ADDR.size, 1),
  kind(
    'sendmsg6',
    'cgroup/sendmsg6',
    'CGROUP_SOCK_ADDR',
    'CGROUP_UDP6_SENDMSG',
    BPF_SOCK_ADDR.size,
    1,
    BORROWS,
  ),
  kind('recvmsg6', 'cgroup/recvmsg6', 'CGROUP_SOCK_ADDR', 'CGROUP_UDP6_RECVMSG', BPF_SOCK_ADDR.size, 1),
  kind('kprobe', 'kprobe/do_nanosleep', 'KPROBE', '', 168, 0),
  kind('tracepoint', 'tracepoint/syscalls/sys_enter_read', 'TRACEPOINT', '', 64, 0),
  kind('raw_tp', 'raw_tp/sys_enter', 'RAW_TRACEPOINT', '', 96, 0),
  kind('syscall', 'syscall', 'SYSCALL', '', 16, 0),
];

const SIZES = [
  [1, BPF_B],
  [2, BPF_H],
  [4, BPF_W],
  [8, BPF_DW],
] as const;

/** All accesses to try on one kind of context. */
export function accessCases(context: ContextKind): AccessCase[] {
  const cases: AccessCase[] = [];
  const add = (kindOf: AccessKind, place: readonly number[], build: (out: InsnList) => void): void => {
    const out = new InsnList();
    build(out);
    mov64Imm(out, 0, context.result);
    exit(out);
    const name = [kindOf.replace('-', '_'), ...place].join('_');
    cases.push({ name, kind: kindOf, insns: out.words() });
  };

  for (const [bytes, size] of SIZES) {
    for (let offset = 0; offset < context.size + 8; offset += bytes) {
      const onWord = offset % 4 === 0;
      add('load', [offset, bytes, 2, 1], (out) => {
        ldxMem(out, size, 2, 1, offset);
      });
      if (bytes < 8 && onWord)
        add('signed-load', [offset, bytes, 2, 1], (out) => {
          ldxMemsx(out, size, 2, 1, offset);
        });
      if (onWord || context.size < 100)
        add('store', [offset, bytes, 1, 2], (out) => {
          mov64Imm(out, 2, 0);
          stxMem(out, size, 1, 2, offset);
        });
      if (bytes > 1 && onWord)
        add('immediate-store', [offset, bytes, 1, 0], (out) => {
          stMem(out, size, 1, offset, 5);
        });
      if (bytes < 4 || !onWord) continue;
      add('load', [offset, bytes, 1, 1], (out) => {
        ldxMem(out, size, 1, 1, offset);
      });
      if (!context.borrows) continue;
      for (const dst of [9, 8])
        add('load', [offset, bytes, dst, 9], (out) => {
          mov64Reg(out, 9, 1);
          ldxMem(out, size, dst, 9, offset);
        });
      for (const [dst, src] of [
        [9, 8],
        [8, 9],
      ] as const)
        add('store', [offset, bytes, dst, src], (out) => {
          mov64Reg(out, dst, 1);
          mov64Imm(out, src, 0);
          stxMem(out, size, dst, src, offset);
        });
    }
  }

  const { socket } = context;
  if (socket !== undefined) {
    for (const [bytes, size] of SIZES) {
      for (let offset = 0; offset < BPF_SOCK.size + 8; offset += bytes)
        add('socket-load', [offset, bytes, 2, 6], (out) => {
          ldxMem(out, BPF_DW, 6, 1, socket.offset);
          jmpImm(out, BPF_JEQ, 6, 0, 1);
          ldxMem(out, size, 2, 6, offset);
        });
    }
  }

  // A program that asks what kind of time stamp it is sees the stamp as it is.
  if (context.type === PROG_TYPE.SCHED_CLS) {
    add('time-stamp', [0], (out) => {
      ldxMem(out, BPF_B, 3, 1, SK_BUFF.at('tstamp_type'));
      ldxMem(out, BPF_DW, 2, 1, SK_BUFF.at('tstamp'));
    });
    add('time-stamp', [1], (out) => {
      ldxMem(out, BPF_B, 3, 1, SK_BUFF.at('tstamp_type'));
      mov64Imm(out, 2, 7);
      stxMem(out, BPF_DW, 1, 2, SK_BUFF.at('tstamp'));
    });
  }
  return cases;
}

/** Slots as hexadecimal words, the form answers are digested in. */
export function hexOf(words: ArrayLike<number>, slots: number): string {
  const digits = (word: number): string => (word >>> 0).toString(16).padStart(8, '0');
  return Array.from({ length: 2 * slots }, (_, i) => digits(words[i] ?? 0)).join(' ');
}

/** Answer to an access that is refused. */
export const REFUSED = 'refused';

/** Digest of the answers to all accesses of one context kind, in order: `name: answer` lines. */
export function digestOf(answers: readonly (readonly [name: string, answer: string])[]): string {
  const hash = createHash('sha256');
  for (const [name, answer] of answers) hash.update(`${name}: ${answer}\n`);
  return hash.digest('hex').slice(0, 16);
}
