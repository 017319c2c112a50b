/**
 * `struct xdp_md` to `struct xdp_buff`, XDP socket fields and the flow dissector's view of a packet
 * (`xdp_convert_ctx_access()`, `bpf_xdp_sock_convert_ctx_access()`, `flow_dissector_convert_ctx_access()`,
 * net/core/filter.c, Linux 6.12).
 */
import { ldxMem } from '../../isa/builders.js';
import { BPF_XDP_SOCK, SK_BUFF, XDP_MD } from '../../kernel/contexts/layouts.js';
import type { KernelProfile, Member } from '../../kernel/profile.js';
import { FieldTable, loadMember, loadPointer, loadThrough, sizeBits, type Converter } from './conversion.js';

/** `ifindex` of the device that a receive or transmit queue's information names. */
function deviceIndex(profile: KernelProfile, queue: Member, info: string): Converter {
  const device = profile.member(info, 'dev');
  const ifindex = profile.member('net_device', 'ifindex');
  return (access) => {
    loadPointer(access, queue);
    ldxMem(access.out, sizeBits(device.size), access.dst, access.dst, device.offset);
    ldxMem(access.out, sizeBits(ifindex.size), access.dst, access.dst, ifindex.offset);
  };
}

/** `xdp_convert_ctx_access()` */
export function xdpTable(profile: KernelProfile): FieldTable {
  const xdp = (name: string): Member => profile.member('xdp_buff', name);
  return new FieldTable(XDP_MD)
    .at('data', loadMember(xdp('data')))
    .at('data_meta', loadMember(xdp('data_meta')))
    .at('data_end', loadMember(xdp('data_end')))
    .at('ingress_ifindex', deviceIndex(profile, xdp('rxq'), 'xdp_rxq_info'))
    .at('rx_queue_index', loadThrough(xdp('rxq'), profile.member('xdp_rxq_info', 'queue_index')))
    .at('egress_ifindex', deviceIndex(profile, xdp('txq'), 'xdp_txq_info'));
}

/** `bpf_xdp_sock_convert_ctx_access()` */
export function xdpSocketTable(profile: KernelProfile): FieldTable {
  return new FieldTable(BPF_XDP_SOCK).at('queue_id', loadMember(profile.member('xdp_sock', 'queue_id')));
}

/** `flow_dissector_convert_ctx_access()` */
export function flowDissectorTable(profile: KernelProfile): FieldTable {
  const table = new FieldTable(SK_BUFF);
  for (const field of ['data', 'data_end', 'flow_keys'])
    table.at(field, loadMember(profile.member('bpf_flow_dissector', field)));
  return table;
}
