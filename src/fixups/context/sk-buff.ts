/**
 * `struct __sk_buff` to `struct sk_buff` (`bpf_convert_ctx_access()`, `tc_cls_act_convert_ctx_access()`,
 * `sk_skb_convert_ctx_access()`, net/core/filter.c, Linux 6.12).
 */
import {
  alu32Imm,
  alu64Reg,
  jmp32Imm,
  jmpA,
  jmpImm,
  ldxMem,
  mov32Imm,
  mov64Imm,
  mov64Reg,
  stxMem,
} from '../../isa/builders.js';
import { classOf } from '../../isa/insn.js';
import {
  BPF_ADD,
  BPF_AND,
  BPF_B,
  BPF_DW,
  BPF_H,
  BPF_JEQ,
  BPF_JGE,
  BPF_JNE,
  BPF_JSET,
  BPF_LSH,
  BPF_MOV,
  BPF_RSH,
  BPF_ST,
  BPF_STX,
  BPF_SUB,
} from '../../isa/opcodes.js';
import { SK_BUFF } from '../../kernel/contexts/layouts.js';
import type { KernelProfile, Member } from '../../kernel/profile.js';
import {
  FieldTable,
  emitStore,
  loadField,
  loadFieldThrough,
  loadMember,
  loadOrStoreField,
  loadPointer,
  loadThrough,
  shifted,
  sizeBits,
  spareRegister,
  type Conversion,
  type Converter,
} from './conversion.js';

/** `NO_QUEUE_MAPPING`: no transmit queue is recorded. */
const NO_QUEUE_MAPPING = 0xffff;
/** `BPF_SKB_TSTAMP_DELIVERY_MONO`: what a program of 6.1 reads for a delivery time. */
const TSTAMP_DELIVERY_MONO = 1;

/** Bits of a bit field within the byte it begins in. */
function maskOf({ bitOffset = 0, bitSize = 0 }: Member): number {
  return ((1 << bitSize) - 1) << bitOffset;
}

/** `dst = skb_shinfo(base)`, the data that lies behind the packet's linear part (`bpf_convert_shinfo_access()`). */
export function loadSharedInfo(profile: KernelProfile): (access: Conversion, base: number) => void {
  const end = profile.member('sk_buff', 'end');
  const head = profile.member('sk_buff', 'head');
  const endSize = sizeBits(end.size);
  const headSize = sizeBits(head.size);
  const ax = profile.scratchRegister;
  return ({ out, dst }, base) => {
    ldxMem(out, endSize, ax, base, end.offset);
    ldxMem(out, headSize, dst, base, head.offset);
    alu64Reg(out, BPF_ADD, dst, ax);
  };
}

/** A field of the shared info. */
function sharedInfoField(profile: KernelProfile, name: string): Converter {
  const loadInfo = loadSharedInfo(profile);
  const member = profile.member('skb_shared_info', name);
  const bits = sizeBits(member.size);
  return (access) => {
    access.targetSize = member.size;
    loadInfo(access, access.src);
    ldxMem(access.out, bits, access.dst, access.dst, member.offset);
  };
}

/** The five words programs keep in the control block; any width, loads and stores. */
function controlBlock(profile: KernelProfile, struct: string): Converter {
  const base = profile.member('sk_buff', 'cb').offset + profile.member(struct, 'data').offset;
  const shift = base - SK_BUFF.at('cb');
  return (access) => {
    const offset = access.off + shift;
    if (access.write) emitStore(access, access.size, access.dst, offset);
    else ldxMem(access.out, access.size, access.dst, access.src, offset);
  };
}

/** The transmit queue: numbers that mean "none" are not stored. */
function queueMapping(member: Member): Converter {
  const load = loadField(member);
  return (access) => {
    if (!access.write) {
      load(access);
      return;
    }
    access.targetSize = member.size;
    const immediate = classOf(access.code) === BPF_ST;
    if (immediate && access.imm >= NO_QUEUE_MAPPING) {
      jmpA(access.out, 0);
      return;
    }
    if (classOf(access.code) === BPF_STX) jmpImm(access.out, BPF_JGE, access.src, NO_QUEUE_MAPPING, 1);
    emitStore(access, BPF_H, access.dst, member.offset);
  };
}

/** Is there a VLAN tag? A bit of its own in 6.1, later whatever is not zero in the tag. */
function vlanPresent(profile: KernelProfile): Converter {
  if (profile.contexts.vlanPresentBit) {
    const bit = profile.member('sk_buff', 'vlan_present');
    const position = bit.bitOffset ?? 0;
    return (access) => {
      access.targetSize = 1;
      ldxMem(access.out, BPF_B, access.dst, access.src, bit.offset);
      if (position > 0) alu32Imm(access.out, BPF_RSH, access.dst, position);
      if (position < 7) alu32Imm(access.out, BPF_AND, access.dst, 1);
    };
  }
  const load = loadField(profile.member('sk_buff', 'vlan_all'));
  return (access) => {
    load(access);
    jmpImm(access.out, BPF_JEQ, access.dst, 0, 1);
    alu32Imm(access.out, BPF_MOV, access.dst, 1);
  };
}

/**
 * The time stamp. A program that does not know of delivery times reads 0 in place of one at ingress, and its store there makes
 * the stamp an ordinary one (`bpf_convert_tstamp_read()`, `bpf_convert_tstamp_write()`).
 */
function tstamp(profile: KernelProfile): Converter {
  const stamp = profile.member('sk_buff', 'tstamp');
  const ingress = profile.member('sk_buff', 'tc_at_ingress');
  const kind = profile.member(
    'sk_buff',
    profile.contexts.tstampTypeBits ? 'tstamp_type' : 'mono_delivery_time',
  );
  const atIngress = maskOf(ingress);
  const isDelivery = maskOf(kind);
  const ax = profile.scratchRegister;

  const read = (access: Conversion): void => {
    const { out, dst, src } = access;
    if (!access.tstampTypeAccess) {
      ldxMem(out, BPF_B, ax, src, ingress.offset);
      if (profile.contexts.tstampTypeBits) {
        jmp32Imm(out, BPF_JSET, ax, atIngress, 1);
        jmpA(out, 4);
        jmp32Imm(out, BPF_JSET, ax, isDelivery, 1);
        jmpA(out, 2);
      } else {
        alu32Imm(out, BPF_AND, ax, atIngress | isDelivery);
        jmp32Imm(out, BPF_JNE, ax, atIngress | isDelivery, 2);
      }
      mov64Imm(out, dst, 0);
      jmpA(out, 1);
    }
    ldxMem(out, BPF_DW, dst, src, stamp.offset);
  };

  return (access) => {
    if (!access.write) {
      read(access);
      return;
    }
    const { out, dst } = access;
    if (!access.tstampTypeAccess) {
      ldxMem(out, BPF_B, ax, dst, ingress.offset);
      jmp32Imm(out, BPF_JSET, ax, atIngress, 1);
      jmpA(out, 2);
      alu32Imm(out, BPF_AND, ax, ~isDelivery);
      stxMem(out, BPF_B, dst, ax, ingress.offset);
    }
    emitStore(access, BPF_DW, dst, stamp.offset);
  };
}

/** What kind of time stamp it is (`bpf_convert_tstamp_type_read()`). */
function tstampType(profile: KernelProfile): Converter {
  if (profile.contexts.tstampTypeBits) {
    const kind = profile.member('sk_buff', 'tstamp_type');
    return ({ out, dst, src }) => {
      ldxMem(out, BPF_B, dst, src, kind.offset);
      alu32Imm(out, BPF_AND, dst, maskOf(kind));
    };
  }
  const delivery = profile.member('sk_buff', 'mono_delivery_time');
  const ax = profile.scratchRegister;
  return ({ out, dst, src }) => {
    ldxMem(out, BPF_B, ax, src, delivery.offset);
    jmp32Imm(out, BPF_JSET, ax, maskOf(delivery), 2);
    mov32Imm(out, dst, 0);
    jmpA(out, 1);
    mov32Imm(out, dst, TSTAMP_DELIVERY_MONO);
  };
}

/** `bpf_convert_ctx_access()`: what all program types with an `__sk_buff` share. */
export function skBuffTable(profile: KernelProfile): FieldTable {
  const skb = (name: string): Member => profile.member('sk_buff', name);
  const common = (name: string): Member => profile.member('sock_common', name);
  const cb = skb('cb').offset;
  const inControlBlock = (struct: string, name: string): Member =>
    shifted(profile.member(struct, name), cb, profile.member(struct, name).size);
  const sk = skb('sk');
  const device = skb('dev');
  const ifindex = profile.member('net_device', 'ifindex');
  const packetType = skb('pkt_type');
  const napi = loadField(skb('napi_id'));
  const remotePort = loadFieldThrough(sk, common('skc_dport'));

  return new FieldTable(SK_BUFF)
    .at('len', loadField(skb('len')))
    .at('protocol', loadField(skb('protocol')))
    .at('vlan_proto', loadField(skb('vlan_proto')))
    .at('priority', loadOrStoreField(skb('priority')))
    .at('ingress_ifindex', loadField(skb('skb_iif')))
    .at('ifindex', (access) => {
      access.targetSize = ifindex.size;
      loadPointer(access, device);
      jmpImm(access.out, BPF_JEQ, access.dst, 0, 1);
      ldxMem(access.out, sizeBits(ifindex.size), access.dst, access.dst, ifindex.offset);
    })
    .at('hash', loadField(skb('hash')))
    .at('mark', loadOrStoreField(skb('mark')))
    .at('pkt_type', (access) => {
      access.targetSize = 1;
      ldxMem(access.out, BPF_B, access.dst, access.src, packetType.offset);
      alu32Imm(access.out, BPF_AND, access.dst, maskOf(packetType));
    })
    .at('queue_mapping', queueMapping(skb('queue_mapping')))
    .at('vlan_present', vlanPresent(profile))
    .at('vlan_tci', loadField(skb('vlan_tci')))
    .anywhere('cb', controlBlock(profile, 'qdisc_skb_cb'))
    .at('tc_classid', loadOrStoreField(inControlBlock('qdisc_skb_cb', 'tc_classid')))
    .at('data', loadMember(skb('data')))
    .at('data_meta', loadMember(inControlBlock('bpf_skb_data_end', 'data_meta')))
    .at('data_end', loadMember(inControlBlock('bpf_skb_data_end', 'data_end')))
    .at('tc_index', loadOrStoreField(skb('tc_index')))
    .at('napi_id', (access) => {
      napi(access);
      jmpImm(access.out, BPF_JGE, access.dst, profile.contexts.minNapiId, 1);
      mov64Imm(access.out, access.dst, 0);
    })
    .at('family', loadFieldThrough(sk, common('skc_family')))
    .at('remote_ip4', loadFieldThrough(sk, common('skc_daddr')))
    .at('local_ip4', loadFieldThrough(sk, common('skc_rcv_saddr')))
    .anywhere('remote_ip6', addressWord(sk, common('skc_v6_daddr'), SK_BUFF.at('remote_ip6')))
    .anywhere('local_ip6', addressWord(sk, common('skc_v6_rcv_saddr'), SK_BUFF.at('local_ip6')))
    .at('remote_port', (access) => {
      remotePort(access);
      alu32Imm(access.out, BPF_LSH, access.dst, 16);
    })
    .at('local_port', loadFieldThrough(sk, common('skc_num')))
    .at('tstamp', tstamp(profile))
    .at('tstamp_type', tstampType(profile))
    .at('gso_segs', sharedInfoField(profile, 'gso_segs'))
    .at('gso_size', sharedInfoField(profile, 'gso_size'))
    .at('wire_len', loadField(inControlBlock('qdisc_skb_cb', 'pkt_len')))
    .at('sk', loadMember(sk))
    .at('hwtstamp', sharedInfoField(profile, 'hwtstamps'));
}

/** One word of an IPv6 address of the socket a pointer member leads to; `start` is the first word's context offset. */
export function addressWord(pointer: Member, address: Member, start: number): Converter {
  const words = [0, 4, 8, 12].map((by) => loadThrough(pointer, shifted(address, by, 4)));
  return (access) => {
    words[(access.off - start) >> 2](access);
  };
}

/** `tc_cls_act_convert_ctx_access()`: here a packet always has a device. */
export function trafficControlTable(profile: KernelProfile, shared: FieldTable): FieldTable {
  return new FieldTable(SK_BUFF, shared).at(
    'ifindex',
    loadFieldThrough(profile.member('sk_buff', 'dev'), profile.member('net_device', 'ifindex')),
  );
}

/**
 * The end of the linear data, `data + len - data_len`: socket programs have no precomputed one
 * (`bpf_convert_data_end_access()`).
 */
function computedDataEnd(profile: KernelProfile): Converter {
  const data = profile.member('sk_buff', 'data');
  const len = profile.member('sk_buff', 'len');
  const dataLen = profile.member('sk_buff', 'data_len');
  const saved = profile.member('sk_buff', 'cb').offset + profile.member('sk_skb_cb', 'temp_reg').offset;
  const ax = profile.scratchRegister;
  return (access) => {
    const { out, dst, src } = access;
    const same = dst === src;
    const register = same ? spareRegister(access) : dst;
    if (same) stxMem(out, BPF_DW, src, register, saved);
    ldxMem(out, sizeBits(data.size), register, src, data.offset);
    ldxMem(out, sizeBits(len.size), ax, src, len.offset);
    alu64Reg(out, BPF_ADD, register, ax);
    ldxMem(out, sizeBits(dataLen.size), ax, src, dataLen.offset);
    alu64Reg(out, BPF_SUB, register, ax);
    if (same) {
      mov64Reg(out, ax, src);
      mov64Reg(out, dst, register);
      ldxMem(out, BPF_DW, register, ax, saved);
    }
  };
}

/** `sk_skb_convert_ctx_access()` */
export function socketSkbTable(profile: KernelProfile, shared: FieldTable): FieldTable {
  return new FieldTable(SK_BUFF, shared)
    .at('data_end', computedDataEnd(profile))
    .anywhere('cb', controlBlock(profile, 'sk_skb_cb'));
}
