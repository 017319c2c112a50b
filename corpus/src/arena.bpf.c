// SPDX-License-Identifier: GPL-2.0-only
/*
 * A log that user space reads without a system call: pages of an arena that the program allocates, linked by pointers that
 * mean the same on both sides. Exercises loads, stores and atomics of arena memory (opcodes of their own), and casts between
 * address spaces, of which the one towards the kernel becomes a 32-bit move.
 */
#include "kfuncs.h"

#define __arena __attribute__((address_space(1)))
#define PAGE 4096
#define ANY_NODE -1

KFUNC void __arena *bpf_arena_alloc_pages(void *map, void __arena *at, __u32 count, int node, __u64 flags);
KFUNC void bpf_arena_free_pages(void *map, void __arena *pages, __u32 count);

/* map_extra is where user space maps it. */
struct {
	__uint(type, BPF_MAP_TYPE_ARENA);
	__uint(map_flags, BPF_F_MMAPABLE);
	__uint(max_entries, 16);
	__uint(map_extra, 0x10000000);
} arena SEC(".maps");

struct page {
	struct page __arena *older;
	__u64 written;
	__s16 level;
	__u8 kind;
	__u64 entries[500];
};

struct page __arena *newest;
__u64 sum;

SEC("syscall")
int append(void *ctx)
{
	struct page __arena *page = newest;

	(void)ctx;
	if (!page || page->written >= 500) {
		page = bpf_arena_alloc_pages(&arena, 0, 1, ANY_NODE, 0);
		if (!page)
			return 1;
		page->older = newest;
		page->written = 0;
		newest = page;
	}
	page->entries[page->written % 500] = bpf_ktime_get_ns();
	__sync_fetch_and_add(&page->written, 1);
	page->kind = 3;
	page->level = -1;
	return 0;
}

SEC("syscall")
int sum_up(void *ctx)
{
	struct page __arena *page = newest;

	(void)ctx;
	for (int pages = 0; page && pages < 16; pages++) {
		sum += page->entries[0] + page->kind;
		page = page->older;
	}
	if (page)
		bpf_arena_free_pages(&arena, page, 1);
	newest = 0;
	return 0;
}

char _license[] SEC("license") = "GPL";
