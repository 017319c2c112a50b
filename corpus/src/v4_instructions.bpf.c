// SPDX-License-Identifier: GPL-2.0-only
/*
 * What -mcpu=v4 adds: sign-extending loads and moves, byte swaps without a byte order, immediate stores, and a jump that
 * needs 32 bits of distance because a large unrolled body lies between.
 */
#include <linux/bpf.h>
#include <bpf/bpf_endian.h>
#include <bpf/bpf_helpers.h>

#include "packet.h"

struct reading {
	__s8 tiny;
	__s8 pad;
	__s16 small;
	__s32 medium;
	__s64 large;
	__u64 swapped;
};

struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, 64);
	__type(key, __u32);
	__type(value, struct reading);
} readings SEC(".maps");

/* Loads that extend the sign: 8, 16 and 32 bits to 64. */
SEC("raw_tracepoint/sys_enter")
int sign_extending(void *ctx)
{
	__u32 slot = bpf_get_prandom_u32() & 63;
	struct reading *reading = bpf_map_lookup_elem(&readings, &slot);
	__s64 sum;

	(void)ctx;
	if (!reading)
		return 0;
	sum = reading->tiny;
	sum += reading->small;
	sum += reading->medium;
	reading->large = sum;
	/* Moves that extend it. */
	reading->medium = (__s8)sum + (__s16)(sum >> 8);
	reading->large += (__s32)(sum * 3);
	reading->small = (__s16)((__s8)(sum >> 3) * 5);
	reading->tiny = 7;
	return (__s8)reading->large < (__s16)reading->medium;
}

SEC("xdp")
int byte_swaps(struct xdp_md *ctx)
{
	void *data = (void *)(long)ctx->data;
	void *end = (void *)(long)ctx->data_end;
	struct ipv4 *ip = data + sizeof(struct eth);
	__u32 slot = 0;
	struct reading *reading = bpf_map_lookup_elem(&readings, &slot);

	if ((void *)(ip + 1) > end || !reading)
		return XDP_PASS;
	reading->medium = bpf_ntohl(ip->saddr);
	reading->small = bpf_ntohs(ip->tot_len);
	reading->swapped = __builtin_bswap64(reading->swapped ^ bpf_ktime_get_ns());
	ip->daddr = __builtin_bswap32(__builtin_bswap32(ip->daddr) + 1);
	return XDP_PASS;
}

#define STEP(h) h = (h ^ h >> 29) * 0xbf58476d1ce4e5b9ULL + bpf_ktime_get_ns();
#define STEPS_8(h) STEP(h) STEP(h) STEP(h) STEP(h) STEP(h) STEP(h) STEP(h) STEP(h)
#define STEPS_64(h) STEPS_8(h) STEPS_8(h) STEPS_8(h) STEPS_8(h) STEPS_8(h) STEPS_8(h) STEPS_8(h) STEPS_8(h)
#define STEPS_512(h) \
	STEPS_64(h) STEPS_64(h) STEPS_64(h) STEPS_64(h) STEPS_64(h) STEPS_64(h) STEPS_64(h) STEPS_64(h)
#define STEPS_4096(h) \
	STEPS_512(h) STEPS_512(h) STEPS_512(h) STEPS_512(h) STEPS_512(h) STEPS_512(h) STEPS_512(h) STEPS_512(h)

/* The arm is longer than a 16-bit distance reaches: clang jumps over it by gotol. */
SEC("raw_tracepoint/sched_switch")
int far_jumps(void *ctx)
{
	__u64 h = bpf_get_current_pid_tgid();

	(void)ctx;
	if (h & 1) {
		STEPS_4096(h)
		STEPS_512(h)
		STEPS_512(h)
		STEPS_512(h)
	}
	return h >> 40;
}

char _license[] SEC("license") = "GPL";
