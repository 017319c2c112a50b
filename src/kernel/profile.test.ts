import { describe, expect, it } from 'vitest';
import { HELPER_NAMES, helperId } from './helper-ids.js';
import { DEFAULT_RELEASE, RELEASES, profileOf } from './index.js';
import { ATTACH_TYPE, BPF_F_SLEEPABLE, MAP_TYPE, PROG_TYPE } from './types.js';

const profile = profileOf(DEFAULT_RELEASE);

function user(type: keyof typeof PROG_TYPE, attach: keyof typeof ATTACH_TYPE = 'CGROUP_INET_INGRESS') {
  return { type: PROG_TYPE[type], attachType: ATTACH_TYPE[attach], flags: 0, attachTarget: '' };
}

describe('the profiles', () => {
  it('are found by release and name themselves', () => {
    for (const release of RELEASES) expect(profileOf(release).release).toBe(release);
  });

  it('name the releases there are when asked for another', () => {
    expect(() => profileOf('5.4')).toThrow('no profile of kernel 5.4; there are 6.1, 6.12, 7.2');
  });
});

describe('the helpers of 6.12', () => {
  it('have a prototype for every id that some program can call', () => {
    const missing = HELPER_NAMES.filter((_, id) => id > 0 && profile.helper(id) === undefined);
    // Not built into Debian's kernel: error injection and infrared remote controls.
    expect(missing).toEqual(['override_return', 'rc_repeat', 'rc_keydown', 'rc_pointer_rel']);
  });

  it('say what they take and return', () => {
    const lookup = profile.helper(helperId('map_lookup_elem'))!;
    expect(lookup.args).toEqual(['CONST_MAP_PTR', 'PTR_TO_MAP_KEY']);
    expect(lookup.ret).toBe('PTR_TO_MAP_VALUE_OR_NULL');
    expect(lookup.packetAccess).toBe(true);
    const strtol = profile.helper(helperId('strtol'))!;
    expect(strtol.args[3]).toBe('PTR_TO_FIXED_SIZE_MEM|MEM_UNINIT|MEM_WRITE|MEM_ALIGNED');
    expect(strtol.argSizes).toEqual([0, 0, 0, 8]);
    const findVma = profile.helper(helperId('find_vma'))!;
    expect(findVma.argBtf[0]).toBe('task_struct');
    expect(profile.helper(helperId('skc_to_tcp_sock'))!.retBtf).toBe('tcp_sock');
  });

  it('end in the function of the program type', () => {
    const redirect = helperId('redirect');
    expect(profile.helperFunction(PROG_TYPE.XDP, 0, redirect)).toBe('bpf_xdp_redirect');
    expect(profile.helperFunction(PROG_TYPE.SCHED_CLS, 0, redirect)).toBe('bpf_redirect');
    const output = helperId('perf_event_output');
    expect(profile.helperFunction(PROG_TYPE.KPROBE, 0, output)).toBe('bpf_perf_event_output');
    expect(profile.helperFunction(PROG_TYPE.TRACEPOINT, 0, output)).toBe('bpf_perf_event_output_tp');
    expect(profile.helperFunction(PROG_TYPE.RAW_TRACEPOINT, 0, output)).toBe('bpf_perf_event_output_raw_tp');
    expect(profile.helperFunction(PROG_TYPE.SK_SKB, 0, helperId('skb_pull_data'))).toBe('sk_skb_pull_data');
  });

  it('tell the two ways to the CPU number apart', () => {
    const cpu = helperId('get_smp_processor_id');
    expect(profile.helperFor(user('SOCKET_FILTER'), cpu)).toMatchObject({
      func: 'bpf_get_raw_cpu_id',
      fastcall: false,
    });
    expect(profile.helperFor(user('KPROBE'), cpu)).toMatchObject({
      func: 'bpf_get_smp_processor_id',
      fastcall: true,
    });
  });

  it('depend on the attach type where the kernel has it so', () => {
    const ip = helperId('get_func_ip');
    expect(profile.helperFor(user('KPROBE', 'TRACE_KPROBE_MULTI'), ip)!.func).toBe(
      'bpf_get_func_ip_kprobe_multi',
    );
    expect(profile.helperFor(user('KPROBE'), ip)!.func).toBe('bpf_get_func_ip_kprobe');
    const printf = helperId('seq_printf');
    expect(profile.helperFor(user('TRACING', 'TRACE_ITER'), printf)!.func).toBe('bpf_seq_printf');
    expect(profile.helperFor(user('TRACING', 'TRACE_FENTRY'), printf)).toBeUndefined();
    const argument = helperId('get_func_arg');
    expect(profile.helperFor(user('TRACING', 'TRACE_FENTRY'), argument)!.func).toBe('get_func_arg');
    expect(profile.helperFor(user('TRACING', 'TRACE_RAW_TP'), argument)).toBeUndefined();
    const retval = helperId('get_retval');
    expect(profile.helperFor(user('CGROUP_SOCKOPT', 'CGROUP_GETSOCKOPT'), retval)!.func).toBe(
      'bpf_get_retval',
    );
    expect(profile.helperFor(user('CGROUP_SKB', 'CGROUP_INET_EGRESS'), retval)).toBeUndefined();
  });

  it('depend on the sleepable flag where the kernel has it so', () => {
    const stack = helperId('get_task_stack');
    const sleepable = { ...user('TRACING', 'TRACE_ITER'), flags: BPF_F_SLEEPABLE };
    expect(profile.helperFor(sleepable, stack)!.func).toBe('bpf_get_task_stack_sleepable');
    expect(profile.helperFor(user('TRACING', 'TRACE_ITER'), stack)!.func).toBe('bpf_get_task_stack');
  });

  it('are refused to program types that do not have them', () => {
    expect(profile.helperAllowed(PROG_TYPE.XDP, helperId('skb_store_bytes'))).toBe(false);
    expect(profile.helperAllowed(PROG_TYPE.SCHED_CLS, helperId('skb_store_bytes'))).toBe(true);
    expect(profile.helperAllowed(PROG_TYPE.NETFILTER, helperId('csum_diff'))).toBe(false);
  });

  it('know which of them can change the packet', () => {
    expect(profile.helper(helperId('skb_pull_data'))!.changesPacket).toBe(true);
    expect(profile.helper(helperId('skb_load_bytes'))!.changesPacket).toBe(false);
  });
});

describe('the maps of 6.12', () => {
  it('name the function behind each operation', () => {
    const direct = profile.mapOps(MAP_TYPE.LRU_HASH)!.direct;
    expect(direct.get(helperId('map_update_elem'))).toBe('htab_lru_map_update_elem');
    expect(direct.get(helperId('map_push_elem'))).toBeUndefined();
    expect(profile.mapOps(MAP_TYPE.DEVMAP_HASH)!.direct.get(helperId('redirect_map'))).toBe(
      'dev_hash_map_redirect',
    );
  });

  it('say which lookups are inlined', () => {
    expect(profile.mapOps(MAP_TYPE.HASH)!.genLookup).toBe('hash');
    expect(profile.mapOps(MAP_TYPE.XSKMAP)!.genLookup).toBe('xsk');
    expect(profile.mapOps(MAP_TYPE.LRU_PERCPU_HASH)!.genLookup).toBeUndefined();
  });

  it('lack the types of later releases', () => {
    expect(profile.mapOps(MAP_TYPE.ARENA)).toBeDefined();
    expect(profile.mapOps(MAP_TYPE.INSN_ARRAY)).toBeUndefined();
  });
});

describe('the structures of 6.12', () => {
  it('are as wide as in the kernel', () => {
    expect(profile.auxBytes).toBe(72);
    expect(profile.structSize('bpf_subprog_info')).toBe(64);
    expect(profile.structSize('sk_buff')).toBe(232);
  });

  it('have bit fields with their position', () => {
    expect(profile.member('sk_buff', 'pkt_type')).toEqual({ offset: 128, size: 1, bitOffset: 0, bitSize: 3 });
    expect(profile.member('sk_buff', 'len')).toEqual({ offset: 112, size: 4 });
  });

  it('name what is missing', () => {
    expect(() => profile.member('sk_buff', 'nonsense')).toThrow('no member nonsense of structure sk_buff');
    expect(() => profile.structSize('nonsense')).toThrow('no structure nonsense');
  });
});
