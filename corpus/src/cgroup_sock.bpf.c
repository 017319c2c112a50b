// SPDX-License-Identifier: GPL-2.0-only
/*
 * Sockets of a control group, as they are made, bound and closed. Exercises struct bpf_sock as a context: loads of every
 * field, whole and in part, and the fields that a program may store.
 */
#include <linux/bpf.h>
#include <bpf/bpf_helpers.h>

#include "hash.h"

#define AF_INET6 10
#define SOCK_RAW 3

struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, 1024);
	__type(key, __u64);
	__type(value, __u64);
} opened SEC(".maps");

__u32 device = 2;
__u32 digest;

SEC("cgroup/sock_create")
int label_socket(struct bpf_sock *sk)
{
	__u64 cookie = bpf_get_socket_cookie(sk);
	__u64 now = bpf_ktime_get_ns();

	if (sk->type == SOCK_RAW)
		return 0;
	bpf_map_update_elem(&opened, &cookie, &now, BPF_NOEXIST);
	if (sk->family == AF_INET6 && !sk->bound_dev_if)
		sk->bound_dev_if = device;
	sk->mark = bpf_get_current_pid_tgid() >> 32;
	sk->priority = sk->protocol == 6 ? 5 : sk->priority;
	return 1;
}

SEC("cgroup/post_bind4")
int bound4(struct bpf_sock *sk)
{
	volatile __u8 *address = (__u8 *)&sk->src_ip4;
	volatile __u16 *half = (__u16 *)&sk->src_ip4;

	if (sk->src_port < 1024 && address[0] != 127)
		return 0;
	digest = fold(digest, half[1]);
	digest = fold(digest, *(volatile __u8 *)&sk->type);
	digest = fold(digest, *(volatile __u16 *)&sk->protocol);
	return 1;
}

SEC("cgroup/post_bind6")
int bound6(struct bpf_sock *sk)
{
	volatile __u8 *address = (__u8 *)sk->src_ip6;

	digest = fold(digest, sk->src_ip6[0]);
	digest = fold(digest, sk->src_ip6[3]);
	return address[0] != 0xfe || sk->src_port > 1024;
}

char _license[] SEC("license") = "GPL";
