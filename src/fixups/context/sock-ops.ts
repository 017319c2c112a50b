/**
 * `struct bpf_sock_ops` to `struct bpf_sock_ops_kern` and the TCP socket behind it (`sock_ops_convert_ctx_access()`,
 * net/core/filter.c, Linux 6.12).
 */
import { alu32Imm, jmpA, jmpImm, ldxMem, mov64Imm, rawInsn, stxMem } from '../../isa/builders.js';
import { classOf } from '../../isa/insn.js';
import { BPF_DW, BPF_JEQ, BPF_LSH, BPF_MEM, BPF_W } from '../../isa/opcodes.js';
import { BPF_SOCK_OPS } from '../../kernel/contexts/layouts.js';
import type { KernelProfile, Member } from '../../kernel/profile.js';
import {
  FieldTable,
  emitStore,
  loadMember,
  loadPointer,
  loadThrough,
  shifted,
  sizeBits,
  spareRegister,
  type Conversion,
  type Converter,
} from './conversion.js';
import { addressWord, loadSharedInfo } from './sk-buff.js';

/** Fields of the context that are members of the TCP socket under the same name. */
const TCP_FIELDS = [
  'bpf_sock_ops_cb_flags',
  'snd_cwnd',
  'srtt_us',
  'snd_ssthresh',
  'rcv_nxt',
  'snd_nxt',
  'snd_una',
  'mss_cache',
  'ecn_flags',
  'rate_delivered',
  'rate_interval_us',
  'packets_out',
  'retrans_out',
  'total_retrans',
  'segs_in',
  'data_segs_in',
  'segs_out',
  'data_segs_out',
  'lost_out',
  'sacked_out',
  'bytes_received',
  'bytes_acked',
] as const;

/** The members of the context that guarded accesses use. */
interface Guard {
  /** Tells whether there is a socket to look into. */
  readonly flag: Member;
  readonly sk: Member;
  /** Place to save a register in. */
  readonly temp: number;
}

/**
 * Loads the socket, and a member of it if one is given, where there is a full socket; else 0
 * (`SOCK_OPS_GET_SK`, `SOCK_OPS_GET_FIELD`). With one register for both pointer and result the flag needs another.
 */
function guardedLoad(guard: Guard, field?: Member): Converter {
  const { flag, sk, temp } = guard;
  const skipped = field === undefined ? 1 : 2;
  return (access) => {
    const { out, dst, src } = access;
    const same = dst === src;
    const register = spareRegister(access);
    const tested = same ? register : dst;
    if (same) stxMem(out, BPF_DW, src, register, temp);
    ldxMem(out, sizeBits(flag.size), tested, src, flag.offset);
    jmpImm(out, BPF_JEQ, tested, 0, same ? skipped + 2 : skipped);
    if (same) ldxMem(out, BPF_DW, register, src, temp);
    ldxMem(out, sizeBits(sk.size), dst, src, sk.offset);
    if (field !== undefined) ldxMem(out, sizeBits(field.size), dst, dst, field.offset);
    if (same) {
      jmpA(out, 2);
      ldxMem(out, BPF_DW, register, src, temp);
      mov64Imm(out, dst, 0);
    }
  };
}

/** Stores to a member of the socket where there is a full socket (`SOCK_OPS_SET_FIELD`). */
function guardedStore({ flag, sk, temp }: Guard, field: Member): Converter {
  return (access) => {
    const { out, dst, src, imm } = access;
    const register = spareRegister(access);
    stxMem(out, BPF_DW, dst, register, temp);
    ldxMem(out, sizeBits(flag.size), register, dst, flag.offset);
    jmpImm(out, BPF_JEQ, register, 0, 2);
    ldxMem(out, sizeBits(sk.size), register, dst, sk.offset);
    rawInsn(out, classOf(access.code) | BPF_MEM | sizeBits(field.size), register, src, field.offset, imm);
    ldxMem(out, BPF_DW, register, dst, temp);
  };
}

/** The reply words, or arguments: the program's own four bytes each. */
function replyWords(start: Member): Converter {
  const shift = start.offset - BPF_SOCK_OPS.at('replylong');
  return (access) => {
    const offset = access.off + shift;
    if (access.write) emitStore(access, BPF_W, access.dst, offset);
    else ldxMem(access.out, BPF_W, access.dst, access.src, offset);
  };
}

/** `sock_ops_convert_ctx_access()` */
export function sockOpsTable(profile: KernelProfile): FieldTable {
  const context = (name: string): Member => profile.member('bpf_sock_ops_kern', name);
  const common = (name: string): Member => profile.member('sock_common', name);
  const sk = context('sk');
  const skb = context('skb');
  const guard: Guard = {
    flag: context(profile.contexts.sockOpsGuard),
    sk,
    temp: context('temp').offset,
  };
  // The socket itself can be had of any full socket, what is in it only of some.
  const socketGuard: Guard = { ...guard, flag: context('is_fullsock') };
  const remotePort = loadThrough(sk, common('skc_dport'));
  const hash = profile.member('sock', 'sk_txhash');
  const loadHash = guardedLoad(guard, hash);
  const storeHash = guardedStore(guard, hash);
  const tcpFlags = profile.member('tcp_skb_cb', 'tcp_flags');
  const loadTcpFlags = behindPacket(
    skb,
    shifted(tcpFlags, profile.member('sk_buff', 'cb').offset, tcpFlags.size),
  );

  const table = new FieldTable(BPF_SOCK_OPS)
    .at('op', loadMember(context('op')))
    .anywhere('replylong', replyWords(context('replylong')))
    .at('family', loadThrough(sk, common('skc_family')))
    .at('remote_ip4', loadThrough(sk, common('skc_daddr')))
    .at('local_ip4', loadThrough(sk, common('skc_rcv_saddr')))
    .anywhere('remote_ip6', addressWord(sk, common('skc_v6_daddr'), BPF_SOCK_OPS.at('remote_ip6')))
    .anywhere('local_ip6', addressWord(sk, common('skc_v6_rcv_saddr'), BPF_SOCK_OPS.at('local_ip6')))
    .at('remote_port', (access) => {
      remotePort(access);
      alu32Imm(access.out, BPF_LSH, access.dst, 16);
    })
    .at('local_port', loadThrough(sk, common('skc_num')))
    .at('is_fullsock', loadMember(context('is_fullsock')))
    .at('state', loadThrough(sk, common('skc_state')))
    .at('rtt_min', rttMin(profile, guard))
    .at('sk_txhash', (access) => {
      if (access.write) storeHash(access);
      else loadHash(access);
    })
    .at('sk', guardedLoad(socketGuard))
    .at('skb_data_end', loadMember(context('skb_data_end')))
    .at('skb_data', behindPacket(skb, profile.member('sk_buff', 'data')))
    .at('skb_len', behindPacket(skb, profile.member('sk_buff', 'len')))
    .at('skb_tcp_flags', (access) => {
      access.targetSize = tcpFlags.size;
      loadTcpFlags(access);
    })
    .at('skb_hwtstamp', hardwareTimeStamp(profile, skb));
  for (const field of TCP_FIELDS) table.at(field, guardedLoad(guard, profile.member('tcp_sock', field)));
  return table;
}

/** A member of the packet, 0 without a packet. */
function behindPacket(skb: Member, field: Member): Converter {
  return (access) => {
    loadPointer(access, skb);
    jmpImm(access.out, BPF_JEQ, access.dst, 0, 1);
    ldxMem(access.out, sizeBits(field.size), access.dst, access.dst, field.offset);
  };
}

/** The packet's hardware time stamp, 0 without a packet. */
function hardwareTimeStamp(profile: KernelProfile, skb: Member): Converter {
  const loadInfo = loadSharedInfo(profile);
  const stamps = profile.member('skb_shared_info', 'hwtstamps');
  return (access) => {
    access.targetSize = stamps.size;
    loadPointer(access, skb);
    jmpImm(access.out, BPF_JEQ, access.dst, 0, 4);
    loadInfo(access, access.dst);
    ldxMem(access.out, BPF_DW, access.dst, access.dst, stamps.offset);
  };
}

/** The smallest round trip time. 6.12 reads it unguarded, four bytes into the member. */
function rttMin(profile: KernelProfile, guard: Guard): Converter {
  const sample = profile.member('minmax_sample', 'v');
  const member = shifted(profile.member('tcp_sock', 'rtt_min'), sample.offset, sample.size);
  return profile.contexts.sockOpsRttMinGuarded ? guardedLoad(guard, member) : unguarded(guard.sk, member);
}

function unguarded(sk: Member, member: Member): Converter {
  return (access: Conversion) => {
    loadPointer(access, sk);
    ldxMem(access.out, BPF_W, access.dst, access.dst, member.offset);
  };
}
