import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { ATTACH_TYPE, PROG_TYPE, PROG_TYPE_NAMES } from '../types.js';
import { profileOf } from '../index.js';
import { contextAccess, socketAccess } from './index.js';
import * as layouts from './layouts.js';
import { BPF_SOCK, BPF_SOCK_ADDR, BPF_SOCK_OPS, SK_BUFF, XDP_MD } from './layouts.js';

function load(type: keyof typeof PROG_TYPE, offset: number, size: number, attach = 0) {
  return contextAccess(PROG_TYPE[type], attach, offset, size, false);
}

function store(type: keyof typeof PROG_TYPE, offset: number, size: number, attach = 0) {
  return contextAccess(PROG_TYPE[type], attach, offset, size, true);
}

describe('the layouts', () => {
  it('have the offsets of the C structures', () => {
    expect(SK_BUFF.at('cb')).toBe(48);
    expect(SK_BUFF.at('data')).toBe(76);
    expect(SK_BUFF.at('flow_keys')).toBe(144);
    expect(SK_BUFF.at('tstamp')).toBe(152);
    expect(SK_BUFF.at('sk')).toBe(168);
    expect(SK_BUFF.at('hwtstamp')).toBe(184);
    expect(BPF_SOCK.at('dst_port')).toBe(48);
    expect(BPF_SOCK.at('dst_ip4')).toBe(52);
    expect(BPF_SOCK_ADDR.at('sk')).toBe(64);
    expect(BPF_SOCK_OPS.at('bytes_received')).toBe(168);
  });

  it('have the sizes of the C structures', () => {
    const sizes = Object.fromEntries(Object.values(layouts).map(({ name, size }) => [name, size] as const));
    expect(sizes).toEqual({
      __sk_buff: 192,
      xdp_md: 24,
      bpf_sock: 80,
      bpf_tcp_sock: 112,
      bpf_xdp_sock: 4,
      bpf_sock_addr: 72,
      bpf_sock_ops: 224,
      sk_msg_md: 80,
      sk_reuseport_md: 56,
      bpf_sk_lookup: 72,
      bpf_sysctl: 8,
      bpf_sockopt: 40,
      bpf_cgroup_dev_ctx: 12,
      bpf_perf_event_data: 184,
      bpf_nf_ctx: 16,
    });
  });

  it('name the field behind an offset', () => {
    expect(SK_BUFF.nameAt(SK_BUFF.at('cb') + 7)).toBe('cb');
    expect(SK_BUFF.nameAt(181)).toBe('181');
  });
});

describe('__sk_buff', () => {
  it('gives packet pointers to tc and not to socket filters', () => {
    expect(load('SCHED_CLS', SK_BUFF.at('data'), 4).loaded).toBe('PTR_TO_PACKET');
    expect(load('SCHED_CLS', SK_BUFF.at('data_end'), 4).loaded).toBe('PTR_TO_PACKET_END');
    expect(load('SCHED_CLS', SK_BUFF.at('data_meta'), 4).loaded).toBe('PTR_TO_PACKET_META');
    expect(load('SOCKET_FILTER', SK_BUFF.at('data'), 4).valid).toBe(false);
    expect(load('SCHED_CLS', SK_BUFF.at('data'), 2).valid).toBe(false);
    expect(contextAccess(PROG_TYPE.SCHED_CLS, 0, SK_BUFF.at('data'), 4, false, true).valid).toBe(false);
  });

  it('records the width of a field that can be read in parts', () => {
    expect(load('SCHED_CLS', SK_BUFF.at('protocol') + 2, 2)).toMatchObject({ valid: true, fieldSize: 4 });
    expect(load('SCHED_CLS', SK_BUFF.at('cb') + 4, 8).valid).toBe(false);
    expect(load('SCHED_CLS', SK_BUFF.at('cb'), 8)).toMatchObject({ valid: true, fieldSize: 0 });
    expect(load('SCHED_CLS', SK_BUFF.at('len'), 8).valid).toBe(false);
  });

  it('can be written where the program type allows it', () => {
    expect(store('SCHED_CLS', SK_BUFF.at('mark'), 4).valid).toBe(true);
    expect(store('SCHED_CLS', SK_BUFF.at('mark'), 2).valid).toBe(false);
    expect(store('SCHED_CLS', SK_BUFF.at('tstamp'), 8).valid).toBe(true);
    expect(store('SOCKET_FILTER', SK_BUFF.at('mark'), 4).valid).toBe(false);
    expect(store('SOCKET_FILTER', SK_BUFF.at('cb') + 3, 1).valid).toBe(true);
    expect(store('SK_SKB', SK_BUFF.at('tc_index'), 4).valid).toBe(true);
  });

  it('shows the kind of time stamp to tc only', () => {
    expect(load('SCHED_CLS', SK_BUFF.at('tstamp_type'), 1).valid).toBe(true);
    expect(load('SCHED_CLS', SK_BUFF.at('tstamp_type') + 1, 1).valid).toBe(false);
    expect(load('CGROUP_SKB', SK_BUFF.at('tstamp_type'), 1).valid).toBe(false);
  });

  it('gives a socket that may be null', () => {
    expect(load('CGROUP_SKB', SK_BUFF.at('sk'), 8).loaded).toBe('PTR_TO_SOCK_COMMON_OR_NULL');
    expect(load('CGROUP_SKB', SK_BUFF.at('sk'), 4).valid).toBe(false);
  });

  it('gives flow keys to the flow dissector', () => {
    expect(load('FLOW_DISSECTOR', SK_BUFF.at('flow_keys'), 8).loaded).toBe('PTR_TO_FLOW_KEYS');
    expect(load('SCHED_CLS', SK_BUFF.at('flow_keys'), 8).valid).toBe(false);
  });
});

describe('the other contexts', () => {
  it('let XDP programs read whole fields', () => {
    expect(load('XDP', XDP_MD.at('data_end'), 4).loaded).toBe('PTR_TO_PACKET_END');
    expect(load('XDP', XDP_MD.at('data'), 2).valid).toBe(false);
    expect(load('XDP', XDP_MD.at('egress_ifindex'), 4).valid).toBe(false);
    expect(load('XDP', XDP_MD.at('egress_ifindex'), 4, ATTACH_TYPE.XDP_DEVMAP).valid).toBe(true);
  });

  it('give socket programs their attach type’s fields, create being the default', () => {
    expect(store('CGROUP_SOCK', BPF_SOCK.at('mark'), 4).valid).toBe(true);
    expect(load('CGROUP_SOCK', BPF_SOCK.at('src_ip4'), 4).valid).toBe(false);
    expect(load('CGROUP_SOCK', BPF_SOCK.at('src_ip4'), 4, ATTACH_TYPE.CGROUP_INET4_POST_BIND).fieldSize).toBe(
      4,
    );
  });

  it('record the field of a wide address load as four bytes', () => {
    const attach = ATTACH_TYPE.CGROUP_INET6_CONNECT;
    expect(load('CGROUP_SOCK_ADDR', BPF_SOCK_ADDR.at('user_ip6'), 8, attach)).toMatchObject({
      valid: true,
      fieldSize: 4,
    });
    expect(store('CGROUP_SOCK_ADDR', BPF_SOCK_ADDR.at('user_ip6') + 8, 8, attach).valid).toBe(true);
    expect(load('CGROUP_SOCK_ADDR', BPF_SOCK_ADDR.at('user_ip4'), 4, attach).valid).toBe(false);
  });

  it('leave arguments of traced functions to BTF', () => {
    expect(load('TRACING', 8, 8).loaded).toBe('BTF_ARGUMENT');
    expect(load('TRACING', 96, 8).valid).toBe(false);
    expect(load('NETFILTER', 8, 8)).toMatchObject({ loaded: 'BTF_ARGUMENT', struct: 'sk_buff' });
  });

  it('let programs on kprobes write registers where the release does', () => {
    const { contexts } = profileOf('6.12');
    const { KPROBE } = PROG_TYPE;
    expect(contextAccess(KPROBE, 0, 112, 8, true, false, contexts).valid).toBe(false);
    expect(contextAccess(KPROBE, 0, 112, 8, true, false, profileOf('7.2').contexts).valid).toBe(true);
    expect(contextAccess(KPROBE, 0, 164, 8, false, false, contexts).valid).toBe(false);
  });

  it('let perf event programs read registers whole and samples in parts', () => {
    expect(load('PERF_EVENT', 160, 8)).toMatchObject({ valid: true, fieldSize: 0 });
    expect(load('PERF_EVENT', 160, 4).valid).toBe(false);
    expect(load('PERF_EVENT', 172, 4)).toMatchObject({ valid: true, fieldSize: 8 });
  });

  it('tell socket pointers apart', () => {
    expect(socketAccess('PTR_TO_SOCK_COMMON', BPF_SOCK.at('mark'), 4).valid).toBe(false);
    expect(socketAccess('PTR_TO_SOCKET', BPF_SOCK.at('mark'), 4).valid).toBe(true);
    expect(socketAccess('PTR_TO_SOCKET', BPF_SOCK.at('dst_port'), 2).fieldSize).toBe(2);
    expect(socketAccess('PTR_TO_SOCKET', BPF_SOCK.at('dst_port'), 4).fieldSize).toBe(4);
    expect(socketAccess('PTR_TO_TCP_SOCK', 80, 8).valid).toBe(true);
  });
});

describe('every rule', () => {
  it('answers any access and never lets a misaligned or negative one pass', () => {
    fc.assert(
      fc.property(
        fc.nat(PROG_TYPE_NAMES.length),
        fc.nat(64),
        fc.integer({ min: -16, max: 300 }),
        fc.constantFrom(1, 2, 4, 8),
        fc.boolean(),
        (type, attach, offset, size, write) => {
          const { valid } = contextAccess(type, attach, offset, size, write);
          if (valid) expect(offset >= 0 && offset % size === 0).toBe(true);
        },
      ),
      { numRuns: 2000 },
    );
  });
});
