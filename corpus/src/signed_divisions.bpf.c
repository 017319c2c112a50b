// SPDX-License-Identifier: GPL-2.0-only
/*
 * Signed divisions and remainders (-mcpu=v4): by registers, whose guards catch both zero and minus one, by constants, and by
 * the constant minus one, which clang would fold away if it saw it.
 */
#include <linux/bpf.h>
#include <bpf/bpf_helpers.h>

struct filter {
	__s64 estimate;
	__s64 gain;
	__s32 error;
	__s32 step;
};

struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, 512);
	__type(key, __u32);
	__type(value, struct filter);
} filters SEC(".maps");

SEC("kprobe/tcp_rcv_established")
int update(void *ctx)
{
	__u32 cpu = bpf_get_smp_processor_id();
	struct filter *filter = bpf_map_lookup_elem(&filters, &cpu);
	__s64 now = bpf_ktime_get_ns();

	(void)ctx;
	if (!filter)
		return 0;
	filter->estimate += (now - filter->estimate) / filter->gain;
	filter->gain = now % filter->gain;
	filter->error = (filter->error + (__s32)now) / filter->step;
	filter->step = filter->error % filter->step;
	return filter->estimate / -7 + filter->error % 13;
}

SEC("kprobe/tcp_rcv_state_process")
int by_minus_one(void *ctx)
{
	__s64 a = bpf_ktime_get_ns(), b = bpf_get_current_pid_tgid();
	__s32 c = a, d = b;

	(void)ctx;
	asm volatile("%[a] s/= -1; %[b] s%%= -1" : [a] "+r"(a), [b] "+r"(b));
	asm volatile("%[c] s/= -1; %[d] s%%= -1" : [c] "+w"(c), [d] "+w"(d));
	asm volatile("%[a] s/= %[b]; %[b] s%%= %[a]" : [a] "+r"(a), [b] "+r"(b));
	asm volatile("%[c] s/= %[c]; %[d] s%%= %[d]" : [c] "+w"(c), [d] "+w"(d));
	return a + b + c + d;
}

char _license[] SEC("license") = "GPL";
