// SPDX-License-Identifier: GPL-2.0-only
/*
 * Packets through dynamic pointers, and contexts seen as the kernel sees them. Exercises kernel functions of which a program
 * type gets its own variant (packets that may only be read), those that go in line (casts, which become moves), and slices
 * with and without a buffer of the program's.
 */
#include "kfuncs.h"
#include "packet.h"

#include <bpf/bpf_core_read.h>
#include <bpf/bpf_endian.h>

__u64 digest;

SEC("tc")
int lower_ttl(struct __sk_buff *skb)
{
	struct bpf_dynptr packet, tail;
	struct ipv4 buffer;
	struct ipv4 *ip;

	if (bpf_dynptr_from_skb(skb, 0, &packet))
		return 0;
	ip = bpf_dynptr_slice_rdwr(&packet, sizeof(struct eth), &buffer, sizeof(buffer));
	if (!ip || ip->version_ihl >> 4 != 4)
		return 0;
	ip->ttl--;
	if (ip == &buffer)
		bpf_dynptr_write(&packet, sizeof(struct eth), &buffer, sizeof(buffer), 0);
	if (bpf_dynptr_clone(&packet, &tail) || bpf_dynptr_adjust(&tail, 34, 64))
		return 2;
	digest += bpf_dynptr_size(&tail);
	return 0;
}

SEC("cgroup_skb/ingress")
int look_only(struct __sk_buff *skb)
{
	struct bpf_dynptr packet;
	struct ipv4 buffer;
	struct ipv4 *ip;

	if (bpf_dynptr_from_skb(skb, 0, &packet))
		return 1;
	ip = bpf_dynptr_slice(&packet, 0, &buffer, sizeof(buffer));
	if (!ip)
		return 1;
	digest += ip->saddr;
	return ip->protocol != PROTO_ICMP;
}

SEC("xdp")
int first_bytes(struct xdp_md *xdp)
{
	struct bpf_dynptr packet;
	struct eth *eth;
	struct xdp_buff *buff = bpf_cast_to_kern_ctx(xdp);

	digest += buff->frame_sz;
	if (bpf_dynptr_from_xdp(xdp, 0, &packet))
		return 2;
	eth = bpf_dynptr_slice(&packet, 0, 0, sizeof(*eth));
	if (!eth)
		return 2;
	return eth->type == bpf_htons(ETHERTYPE_IPV6) ? 1 : 2;
}

SEC("tc")
int behind_the_context(struct __sk_buff *skb)
{
	struct sk_buff *kernel = bpf_cast_to_kern_ctx(skb);
	struct sock *sk = kernel->sk;
	struct sock *read;

	digest += kernel->queue_mapping + kernel->data_len;
	if (!sk)
		return 0;
	digest += sk->sk_mark;
	read = bpf_rdonly_cast((void *)sk + 8, bpf_core_type_id_kernel(struct sock));
	digest ^= read->__sk_common.skc_family;
	return read->sk_rcvbuf & 1;
}

/* The cast keeps all registers but the result's: spills and fills around it go, as with helpers that are known to. */
SEC("tc")
int cast_between_spills(struct __sk_buff *skb)
{
	struct sk_buff *kernel;
	__u64 mark = skb->mark;

	asm volatile("r1 = %[skb]\n\t"
		     "r2 = %[mark]\n\t"
		     "r3 = %[skb]\n\t"
		     "*(u64 *)(r10 - 8) = r3\n\t"
		     "*(u64 *)(r10 - 16) = r2\n\t"
		     "call %[cast]\n\t"
		     "r2 = *(u64 *)(r10 - 16)\n\t"
		     "r3 = *(u64 *)(r10 - 8)\n\t"
		     "%[kernel] = r0\n\t"
		     "%[mark] = r2"
		     : [kernel] "=r"(kernel), [mark] "+r"(mark)
		     : [skb] "r"(skb), [cast] "i"(bpf_cast_to_kern_ctx)
		     : "r0", "r1", "r2", "r3", "r4", "r5", "memory");
	return kernel->len == mark;
}

char _license[] SEC("license") = "GPL";
