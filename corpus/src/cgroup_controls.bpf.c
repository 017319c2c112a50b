// SPDX-License-Identifier: GPL-2.0-only
/*
 * What a control group may do: kernel parameters, socket options, devices. Exercises the contexts of CGROUP_SYSCTL,
 * CGROUP_SOCKOPT and CGROUP_DEVICE programs; the first two store through pointers that lie in the context, with a register
 * saved there.
 */
#include <linux/bpf.h>
#include <bpf/bpf_helpers.h>

#define SOL_IP 0
#define IP_TOS 1
#define SOL_TCP 6
#define TCP_CONGESTION 13

struct {
	__uint(type, BPF_MAP_TYPE_SK_STORAGE);
	__uint(map_flags, BPF_F_NO_PREALLOC);
	__type(key, int);
	__type(value, __u64);
} option_changes SEC(".maps");

struct device {
	__u32 major;
	__u32 minor;
};

struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, 64);
	__type(key, struct device);
	__type(value, __u32);
} devices SEC(".maps");

static const char forwarding[] = "net/ipv4/ip_forward";

SEC("cgroup/sysctl")
int parameter(struct bpf_sysctl *ctx)
{
	char name[24] = {};
	char text[8] = {};
	long value;

	if (bpf_sysctl_get_name(ctx, name, sizeof(name), 0) != sizeof(forwarding) - 1)
		return 1;
	if (bpf_strncmp(name, sizeof(forwarding), forwarding))
		return 1;
	if (!ctx->write) {
		if (ctx->file_pos == 3)
			ctx->file_pos = 0;
		return 1;
	}
	if (bpf_sysctl_get_new_value(ctx, text, sizeof(text)) < 0)
		return 0;
	if (bpf_strtol(text, sizeof(text), 0, &value) < 0 || value > 1)
		return 0;
	return *(volatile __u8 *)&ctx->file_pos == 0;
}

SEC("cgroup/getsockopt")
int read_option(struct bpf_sockopt *ctx)
{
	__u8 *value = ctx->optval;

	if (ctx->level != SOL_IP || ctx->optname != IP_TOS)
		return 1;
	if ((void *)(value + 1) > ctx->optval_end)
		return 0;
	value[0] &= 0xfc;
	ctx->optlen = 1;
	barrier(); /* or clang makes one store of two fields */
	ctx->retval = 0;
	return 1;
}

SEC("cgroup/setsockopt")
int change_option(struct bpf_sockopt *ctx)
{
	__u8 *value = ctx->optval;
	struct bpf_sock *sk = ctx->sk;
	__u64 *changes;

	if (!sk)
		return 1;
	changes = bpf_sk_storage_get(&option_changes, sk, 0, BPF_SK_STORAGE_GET_F_CREATE);
	if (!changes)
		return 0;
	*changes += 1;
	if (ctx->level == SOL_TCP && ctx->optname == TCP_CONGESTION) {
		if ((void *)(value + 4) > ctx->optval_end)
			return 0;
		value[0] = 'b';
		value[1] = 'b';
		value[2] = 'r';
		value[3] = 0;
		ctx->optlen = 4;
		return 1;
	}
	ctx->optname = ctx->optname == IP_TOS && *changes > 100 ? 2 : ctx->optname;
	ctx->level = sk->protocol == SOL_TCP ? SOL_TCP : ctx->level;
	return 1;
}

SEC("cgroup/dev")
int device(struct bpf_cgroup_dev_ctx *ctx)
{
	struct device device = { .major = ctx->major, .minor = ctx->minor };
	__u32 access = ctx->access_type >> 16;
	__u32 *allowed;

	if (*(volatile __u16 *)&ctx->access_type != BPF_DEVCG_DEV_CHAR)
		return 0;
	allowed = bpf_map_lookup_elem(&devices, &device);
	return allowed && (*allowed & access) == access;
}

char _license[] SEC("license") = "GPL";
