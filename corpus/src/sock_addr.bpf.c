// SPDX-License-Identifier: GPL-2.0-only
/*
 * A service load balancer at the socket: destinations of connect(), sendmsg() and bind() are replaced by a backend's, and
 * what getpeername() and recvmsg() tell is turned back. Exercises loads and stores of struct bpf_sock_addr at every size it
 * allows; a store goes through a temporary register that the conversion finds and saves in the context.
 */
#include <linux/bpf.h>
#include <bpf/bpf_endian.h>
#include <bpf/bpf_helpers.h>

#define AF_INET 2
#define AF_INET6 10
#define SOCK_STREAM 1
#define LOOPBACK 0x7f000001

struct endpoint {
	__u32 address;
	__u32 port;
};

struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, 1024);
	__type(key, struct endpoint);
	__type(value, struct endpoint);
} backends SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_LRU_HASH);
	__uint(max_entries, 4096);
	__type(key, __u64);
	__type(value, struct endpoint);
} connections SEC(".maps");

__u64 seen[4];

SEC("cgroup/connect4")
int connect_to_backend(struct bpf_sock_addr *ctx)
{
	struct endpoint service = { .address = ctx->user_ip4, .port = ctx->user_port };
	struct endpoint *backend;
	__u64 cookie;

	if (ctx->family != AF_INET || ctx->type != SOCK_STREAM)
		return 1;
	backend = bpf_map_lookup_elem(&backends, &service);
	if (!backend)
		return 1;
	cookie = bpf_get_socket_cookie(ctx);
	bpf_map_update_elem(&connections, &cookie, &service, BPF_ANY);
	ctx->user_ip4 = backend->address;
	ctx->user_port = backend->port;
	return 1;
}

/* Two words of an address at once, and constants. */
SEC("cgroup/connect6")
int connect_to_loopback(struct bpf_sock_addr *ctx)
{
	volatile __u64 *address = (__u64 *)ctx->user_ip6;
	volatile __u8 *port = (__u8 *)&ctx->user_port;

	if (address[0] != 0 || port[0] != 0x1f)
		return 1;
	seen[0] += address[1] ^ ctx->user_ip6[3];
	address[0] = 0;
	ctx->user_ip6[2] = 0;
	ctx->user_ip6[3] = bpf_htonl(1);
	ctx->user_port = bpf_htons(8080);
	return ctx->protocol != 0;
}

SEC("cgroup/sendmsg4")
int sendmsg_from_alias(struct bpf_sock_addr *ctx)
{
	volatile __u16 *half = (__u16 *)&ctx->msg_src_ip4;

	if (half[0] == 0)
		ctx->msg_src_ip4 = bpf_htonl(LOOPBACK);
	if (ctx->user_ip4 == bpf_htonl(LOOPBACK + 1)) {
		seen[1] += half[1];
		ctx->user_ip4 = ctx->msg_src_ip4;
	}
	return 1;
}

SEC("cgroup/getpeername4")
int peer_is_service(struct bpf_sock_addr *ctx)
{
	__u64 cookie = bpf_get_socket_cookie(ctx);
	struct endpoint *service = bpf_map_lookup_elem(&connections, &cookie);

	if (service) {
		ctx->user_ip4 = service->address;
		ctx->user_port = service->port;
	}
	return 1;
}

/* The socket behind the context: a null where there is none. */
SEC("cgroup/bind6")
int bind_where_allowed(struct bpf_sock_addr *ctx)
{
	struct bpf_sock *sk = ctx->sk;

	if (!sk || ctx->user_family != AF_INET6)
		return 0;
	if (sk->type == SOCK_STREAM && bpf_ntohs(ctx->user_port) < 1024)
		return 0;
	seen[2] += sk->bound_dev_if + sk->src_port;
	return 1;
}

char _license[] SEC("license") = "GPL";
