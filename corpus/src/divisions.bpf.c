// SPDX-License-Identifier: GPL-2.0-only
/*
 * Divisions and remainders by registers, unsigned, of both widths, among divisions by constants that need no guard. With
 * destination, source and both alike, so that a guard's copies are seen with every register.
 */
#include <linux/bpf.h>
#include <bpf/bpf_helpers.h>

struct sample {
	__u64 sum;
	__u64 count;
	__u64 square_sum;
	__u32 window;
	__u32 scale;
};

struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, 64);
	__type(key, __u32);
	__type(value, struct sample);
} samples SEC(".maps");

struct rates {
	__u64 mean;
	__u64 variance;
	__u64 rest;
	__u32 per_window;
	__u32 phase;
};

struct {
	__uint(type, BPF_MAP_TYPE_PERCPU_ARRAY);
	__uint(max_entries, 64);
	__type(key, __u32);
	__type(value, struct rates);
} rates SEC(".maps");

static __always_inline __u64 gcd(__u64 a, __u64 b)
{
#pragma clang loop unroll(full)
	for (int i = 0; i < 12; i++) {
		__u64 rest = a % b;

		a = b;
		b = rest;
		if (!b)
			break;
	}
	return a;
}

SEC("kprobe/tcp_ack")
int update_rates(void *ctx)
{
	__u32 slot = bpf_get_prandom_u32() % 64;
	struct sample *sample = bpf_map_lookup_elem(&samples, &slot);
	struct rates *rate = bpf_map_lookup_elem(&rates, &slot);

	(void)ctx;
	if (!sample || !rate)
		return 0;

	__u64 mean = sample->sum / sample->count;

	rate->mean = mean;
	rate->variance = sample->square_sum / sample->count - mean * mean;
	rate->rest = sample->sum % sample->count;
	rate->per_window = sample->scale / sample->window;
	rate->phase = (__u32)sample->sum % sample->window;
	rate->rest += gcd(sample->sum, sample->square_sum);
	return sample->sum / 10 % 7;
}

/* Token buckets: the refill and the fill level by 32-bit division, in a chain where one result divides the next. */
SEC("kprobe/tcp_sendmsg")
int refill(void *ctx)
{
	__u32 slot = 0;
	struct sample *sample = bpf_map_lookup_elem(&samples, &slot);

	(void)ctx;
	if (!sample)
		return 0;

	__u32 level = sample->window;

#pragma clang loop unroll(full)
	for (int i = 1; i < 9; i++) {
		level = (sample->scale + i * 977) / level;
		sample->scale = sample->scale * 17 % (level | 1);
	}
	sample->window = level;
	return 0;
}

/* Registers that are both sides of a division, and quotients that stay in the dividend's register. */
SEC("kprobe/tcp_close")
int by_itself(void *ctx)
{
	__u64 a = bpf_ktime_get_ns(), b = bpf_get_current_pid_tgid();
	__u32 c = a, d = b;

	(void)ctx;
	asm volatile("%[a] /= %[a]; %[b] %%= %[b];" : [a] "+r"(a), [b] "+r"(b));
	asm volatile("%[c] /= %[c]; %[d] %%= %[d]" : [c] "+r"(a), [d] "+r"(b));
	asm volatile("%[c] /= %[d]" : [c] "+w"(c) : [d] "w"(d));
	asm volatile("%[c] %%= %[d]" : [c] "+w"(c) : [d] "w"(d));
	asm volatile("%[c] /= %[c]" : [c] "+w"(c));
	asm volatile("%[d] %%= %[d]" : [d] "+w"(d));
	return a + b + c + d;
}

char _license[] SEC("license") = "GPL";
