/**
 * `struct bpf_sock` to `struct sock`, `struct bpf_tcp_sock` to `struct tcp_sock` (`bpf_sock_convert_ctx_access()`,
 * `bpf_tcp_sock_convert_ctx_access()`, net/core/filter.c, Linux 6.12).
 */
import { jmpImm, ldxMem, mov32Imm, mov64Imm } from '../../isa/builders.js';
import { BPF_JNE } from '../../isa/opcodes.js';
import { BPF_SOCK, BPF_TCP_SOCK } from '../../kernel/contexts/layouts.js';
import type { KernelProfile, Member } from '../../kernel/profile.js';
import {
  FieldTable,
  loadField,
  loadMember,
  loadOrStoreMember,
  shifted,
  type Converter,
} from './conversion.js';

/** `NO_QUEUE_MAPPING`: no receive queue is recorded. */
const NO_QUEUE_MAPPING = 0xffff;

/** (Part of) an address: as wide as the program loads it. */
function addressPart({ offset }: Member, start: number): Converter {
  return (access) => {
    access.targetSize = 4;
    ldxMem(access.out, access.size, access.dst, access.src, offset + access.off - start);
  };
}

/** `bpf_sock_convert_ctx_access()` */
export function sockTable(profile: KernelProfile): FieldTable {
  const sock = (name: string): Member => profile.member('sock', name);
  const common = (name: string): Member => profile.member('sock_common', name);
  const rxQueue = loadField(common('skc_rx_queue_mapping'));
  const wide = profile.contexts.rxQueueNone64;
  const none = wide ? mov64Imm : mov32Imm;
  return new FieldTable(BPF_SOCK)
    .at('bound_dev_if', loadOrStoreMember(common('skc_bound_dev_if')))
    .at('mark', loadOrStoreMember(sock('sk_mark')))
    .at('priority', loadOrStoreMember(sock('sk_priority')))
    .at('family', loadField(common('skc_family')))
    .at('type', loadField(sock('sk_type')))
    .at('protocol', loadField(sock('sk_protocol')))
    .at('src_ip4', addressPart(common('skc_rcv_saddr'), BPF_SOCK.at('src_ip4')))
    .at('dst_ip4', addressPart(common('skc_daddr'), BPF_SOCK.at('dst_ip4')))
    .anywhere('src_ip6', addressPart(common('skc_v6_rcv_saddr'), BPF_SOCK.at('src_ip6')))
    .anywhere('dst_ip6', addressPart(common('skc_v6_daddr'), BPF_SOCK.at('dst_ip6')))
    .at('src_port', loadField(common('skc_num')))
    .at('dst_port', loadField(common('skc_dport')))
    .at('state', loadField(common('skc_state')))
    .at('rx_queue_mapping', (access) => {
      rxQueue(access);
      jmpImm(access.out, BPF_JNE, access.dst, NO_QUEUE_MAPPING, 1);
      none(access.out, access.dst, -1);
      if (!wide) access.targetSize = 4;
    });
}

/** `bpf_tcp_sock_convert_ctx_access()` */
export function tcpSocketTable(profile: KernelProfile): FieldTable {
  const table = new FieldTable(BPF_TCP_SOCK);
  for (const { name } of BPF_TCP_SOCK.fields) {
    if (name !== 'rtt_min' && name !== 'icsk_retransmits')
      table.at(name, loadMember(profile.member('tcp_sock', name)));
  }
  const sample = profile.member('minmax_sample', 'v');
  const rttMin = shifted(profile.member('tcp_sock', 'rtt_min'), sample.offset, sample.size);
  return table
    .at('rtt_min', loadMember(rttMin))
    .at('icsk_retransmits', loadMember(profile.member('inet_connection_sock', 'icsk_retransmits')));
}
