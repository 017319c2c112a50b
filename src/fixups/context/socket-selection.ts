/**
 * Contexts of the programs that pick or filter for sockets: `struct sk_msg_md`, `struct sk_reuseport_md`,
 * `struct bpf_sk_lookup` (`sk_msg_…`, `sk_reuseport_…`, `sk_lookup_convert_ctx_access()`, net/core/filter.c, Linux 6.12).
 */
import { alu32Imm, jmpImm, ldxMem, mov32Imm } from '../../isa/builders.js';
import { BPF_DW, BPF_JEQ, BPF_LSH, BPF_W } from '../../isa/opcodes.js';
import { BPF_SK_LOOKUP, SK_MSG_MD, SK_REUSEPORT_MD } from '../../kernel/contexts/layouts.js';
import type { KernelProfile, Member } from '../../kernel/profile.js';
import {
  FieldTable,
  loadField,
  loadFieldThrough,
  loadMember,
  loadThrough,
  shifted,
  type Converter,
} from './conversion.js';
import { addressWord } from './sk-buff.js';

/** `sk_msg_convert_ctx_access()` */
export function skMsgTable(profile: KernelProfile): FieldTable {
  const message = (name: string): Member => profile.member('sk_msg', name);
  const common = (name: string): Member => profile.member('sock_common', name);
  const sk = message('sk');
  const remotePort = loadThrough(sk, common('skc_dport'));
  const size = profile.member('sk_msg_sg', 'size');
  return new FieldTable(SK_MSG_MD)
    .at('data', loadMember(message('data')))
    .at('data_end', loadMember(message('data_end')))
    .at('family', loadThrough(sk, common('skc_family')))
    .at('remote_ip4', loadThrough(sk, common('skc_daddr')))
    .at('local_ip4', loadThrough(sk, common('skc_rcv_saddr')))
    .anywhere('remote_ip6', addressWord(sk, common('skc_v6_daddr'), SK_MSG_MD.at('remote_ip6')))
    .anywhere('local_ip6', addressWord(sk, common('skc_v6_rcv_saddr'), SK_MSG_MD.at('local_ip6')))
    .at('remote_port', (access) => {
      remotePort(access);
      alu32Imm(access.out, BPF_LSH, access.dst, 16);
    })
    .at('local_port', loadThrough(sk, common('skc_num')))
    .at('size', loadMember(shifted(size, message('sg').offset, size.size)))
    .at('sk', loadMember(sk));
}

/** `sk_reuseport_convert_ctx_access()` */
export function skReuseportTable(profile: KernelProfile): FieldTable {
  const context = (name: string): Member => profile.member('sk_reuseport_kern', name);
  const packet = (name: string): Converter =>
    loadFieldThrough(context('skb'), profile.member('sk_buff', name));
  return new FieldTable(SK_REUSEPORT_MD)
    .at('data', packet('data'))
    .at('len', packet('len'))
    .at('eth_protocol', packet('protocol'))
    .at('ip_protocol', loadFieldThrough(context('sk'), profile.member('sock', 'sk_protocol')))
    .at('data_end', loadField(context('data_end')))
    .at('hash', loadField(context('hash')))
    .at('bind_inany', loadField(context('bind_inany')))
    .at('sk', loadField(context('sk')))
    .at('migrating_sk', loadField(context('migrating_sk')));
}

/** `sk_lookup_convert_ctx_access()` */
export function skLookupTable(profile: KernelProfile): FieldTable {
  const context = (name: string): Member => profile.member('bpf_sk_lookup_kern', name);

  /** One word of an IPv6 address, 0 where there is none. */
  const address = (pointer: Member, field: string): Converter => {
    const start = BPF_SK_LOOKUP.at(field);
    return (access) => {
      access.targetSize = 4;
      ldxMem(access.out, BPF_DW, access.dst, access.src, pointer.offset);
      jmpImm(access.out, BPF_JEQ, access.dst, 0, 1);
      ldxMem(access.out, BPF_W, access.dst, access.dst, access.off - start);
    };
  };

  return (
    new FieldTable(BPF_SK_LOOKUP)
      .at('sk', loadMember(context('selected_sk')))
      .at('family', loadField(context('family')))
      .at('protocol', loadField(context('protocol')))
      .at('remote_ip4', loadField(context('v4.saddr')))
      .at('local_ip4', loadField(context('v4.daddr')))
      .anywhere('remote_ip6', address(context('v6.saddr'), 'remote_ip6'))
      .anywhere('local_ip6', address(context('v6.daddr'), 'local_ip6'))
      .at('remote_port', loadField(context('sport')))
      // The port was a four-byte field once: its other half reads as zero.
      .atOffset(BPF_SK_LOOKUP.end('remote_port'), (access) => {
        access.targetSize = 2;
        mov32Imm(access.out, access.dst, 0);
      })
      .at('local_port', loadField(context('dport')))
      .at('ingress_ifindex', loadField(context('ingress_ifindex')))
  );
}
