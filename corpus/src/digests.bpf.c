// SPDX-License-Identifier: GPL-2.0-only
/*
 * Checksums and digests of packet bytes, nearly all of it 32-bit arithmetic: what rnd_hi32 patches most, and, with an
 * immediate in every other instruction, constant blinding too.
 */
#include <linux/bpf.h>
#include <linux/pkt_cls.h>
#include <bpf/bpf_helpers.h>

#include "hash.h"
#include "packet.h"

#define BLOCK 64

struct {
	__uint(type, BPF_MAP_TYPE_LRU_HASH);
	__uint(max_entries, 4096);
	__type(key, __u32);
	__type(value, __u32);
} digests SEC(".maps");

__u32 crc_table[256];

/* Four lanes of add, rotate, xor: one double round. */
#define QUARTER(a, b, c, d)      \
	a += b;                  \
	d = rotate_left(d ^ a, 16); \
	c += d;                  \
	b = rotate_left(b ^ c, 12); \
	a += b;                  \
	d = rotate_left(d ^ a, 8);  \
	c += d;                  \
	b = rotate_left(b ^ c, 7)

static __always_inline __u32 arx_digest(const __u32 *block)
{
	__u32 a = 0x243f6a88, b = 0x85a308d3, c = 0x13198a2e, d = 0x03707344;

#pragma clang loop unroll(full)
	for (int i = 0; i < BLOCK / 4; i++) {
		a ^= block[i];
		QUARTER(a, b, c, d);
		QUARTER(d, a, b, c);
	}
	return a ^ b ^ c ^ d;
}

static __always_inline __u32 fletcher(const __u8 *bytes)
{
	__u32 low = 1, high = 0;

#pragma clang loop unroll(full)
	for (int i = 0; i < BLOCK; i++) {
		low += bytes[i];
		high += low;
	}
	return (high % 65521) << 16 | low % 65521;
}

static __always_inline __u32 crc(const __u8 *bytes)
{
	__u32 value = ~0U;

#pragma clang loop unroll(full)
	for (int i = 0; i < 32; i++)
		value = crc_table[(value ^ bytes[i]) & 0xff] ^ value >> 8;
	return ~value;
}

static __always_inline int remember(__u32 digest)
{
	__u32 *times = bpf_map_lookup_elem(&digests, &digest), once = 1;

	if (times) {
		*times += 1;
		return *times > 3 ? TC_ACT_SHOT : TC_ACT_OK;
	}
	bpf_map_update_elem(&digests, &digest, &once, BPF_ANY);
	return TC_ACT_OK;
}

SEC("tc")
int digest_block(struct __sk_buff *skb)
{
	__u32 *data = (void *)(long)skb->data;
	void *end = (void *)(long)skb->data_end;

	if ((void *)data + BLOCK > end)
		return TC_ACT_OK;
	return remember(arx_digest(data));
}

SEC("tc")
int checksum_block(struct __sk_buff *skb)
{
	__u8 *data = (void *)(long)skb->data;
	void *end = (void *)(long)skb->data_end;

	if ((void *)data + BLOCK > end)
		return TC_ACT_OK;
	return remember(fletcher(data) ^ crc(data));
}

/* A loop that the check walks turn by turn. */
SEC("tc")
int digest_loop(struct __sk_buff *skb)
{
	__u32 h = skb->hash;

	for (__u32 i = 0; i < 200; i++)
		h = mix(fold(h, i * 0x01000193));
	return remember(h);
}

char _license[] SEC("license") = "GPL";
