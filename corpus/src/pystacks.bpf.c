// SPDX-License-Identifier: GPL-2.0-only
/*
 * A profiler of Python stacks. At every context switch it looks up how the process's interpreter lays out its structures,
 * finds the running thread's state and walks the chain of interpreter frames, FRAMES of them, unrolled: each frame's
 * file and function name are interned in a hash map, each call site gets a number and a count in another. The stack goes
 * out as a perf event.
 *
 * It is shaped for the verifier as much as for the CPU:
 * - a frame that is missing is stepped over, not left by a jump to the end: FRAMES times 260 instructions are more
 *   than a 16-bit branch distance reaches;
 * - every value that one frame hands to the next is an unknown scalar, so that the paths through a frame meet in one
 *   state behind it, and a frame leaves no more than 11 branches pending (of 8,192 at most);
 * - the chain can be cut into PARTS global functions, each checked on its own, and the interning goes into another: the
 *   time of the check grows faster than the number of frames in one function, and rewriting with the square of it all.
 */
#include <linux/bpf.h>
#include <bpf/bpf_helpers.h>

#ifndef FRAMES
#error "FRAMES says how many frames to walk"
#endif
#ifndef PARTS
#define PARTS 1
#endif
#define FRAMES_OF_PART (FRAMES / PARTS)
#if PARTS == 1
#define LINKAGE static
#else
/* A global function is checked on its own: any of its pointers could be missing. */
#define LINKAGE
#endif

#define NAME_LEN 64
#define COMM_LEN 16

/* Frames that the interpreter's C code owns: they carry no Python code object. */
#define OWNED_BY_CSTACK 3

/* Keeps clang from carrying what it knows of a value over to the next frame. */
#define forget(value) asm volatile("" : "+r"(value))

/* Byte offsets of members in the interpreter of one process; user space fills them in from its debug information. */
struct layout {
	__u32 tstate_current_frame;
	__u32 tstate_native_thread;
	__u32 frame_code;
	__u32 frame_previous;
	__u32 frame_instr;
	__u32 frame_owner;
	__u32 code_filename;
	__u32 code_qualname;
	__u32 code_firstlineno;
	__u32 code_bytes;
	__u32 string_length;
	__u32 string_bytes;
};

/* What is known of a process that runs Python. */
struct process {
	/* Address of the variable that holds the current thread state; 0 when threads keep it in their own storage. */
	__u64 current_tstate;
	/* Address of the key of the thread's own storage, and where in the thread's block the values lie. */
	__u64 tls_key;
	__u32 tls_values;
	__u32 tls_stride;
	struct layout layout;
};

struct name {
	__u32 length;
	__u32 kind;
	char text[NAME_LEN];
};

#define NAME_FILE 1
#define NAME_FUNCTION 2

/* A place in the code: names by number, and what user space needs to find the line. */
struct site {
	__u32 file;
	__u32 function;
	__u32 first_line;
	__u32 instr;
	__u32 pid;
	__u32 pad;
};

struct site_count {
	__u64 hits;
	__u32 number;
	__u32 pad;
};

struct event {
	__u64 time;
	__u32 pid;
	__u32 tid;
	__u32 cpu;
	__s32 user_stack;
	__s32 kernel_stack;
	__u32 depth;
	char comm[COMM_LEN];
	__u32 complete;
	__u32 sites[FRAMES];
	char end[];
};

struct scratch {
	struct name name;
	struct event event;
};

struct counts {
	__u64 switches;
	__u64 stacks;
	__u64 frames;
	__u64 names;
	__u64 sites;
};

struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, 1024);
	__type(key, __u32);
	__type(value, struct process);
} processes SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, 65536);
	__type(key, struct name);
	__type(value, __u32);
} names SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, 262144);
	__type(key, struct site);
	__type(value, struct site_count);
} sites SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_PERCPU_ARRAY);
	__uint(max_entries, 1);
	__type(key, __u32);
	__type(value, struct scratch);
} scratches SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_PERCPU_ARRAY);
	__uint(max_entries, 1);
	__type(key, __u32);
	__type(value, struct counts);
} counts SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_STACK_TRACE);
	__uint(max_entries, 16384);
	__uint(key_size, sizeof(__u32));
	__uint(value_size, 127 * sizeof(__u64));
} stacks SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_PERF_EVENT_ARRAY);
	__uint(key_size, sizeof(__u32));
	__uint(value_size, sizeof(__u32));
} events SEC(".maps");

static __always_inline __u64 read_pointer(__u64 base, __u32 offset)
{
	__u64 value = 0;

	bpf_probe_read_user(&value, sizeof(value), (void *)(base + offset));
	return value;
}

static __always_inline __u32 read_word(__u64 base, __u32 offset)
{
	__u32 value = 0;

	bpf_probe_read_user(&value, sizeof(value), (void *)(base + offset));
	return value;
}

/* A number no other CPU hands out: the CPU in the low bits, a count of its own above. */
static __always_inline __u32 next_number(__u64 *count, __u32 cpu)
{
	*count += 1;
	return (__u32)*count << 9 | (cpu & 0x1ff);
}

/*
 * The number of the string object at `string`, 0 when there is none. The name is compared with all its bytes, those
 * behind the end too: they are cleared first.
 */
static __always_inline __u32 intern_here(struct name *name, __u32 kind, __u64 string, const struct layout *layout,
					 struct counts *count, __u32 cpu)
{
	if (!string)
		return 0;

	__u64 *words = (__u64 *)name->text;

#pragma clang loop unroll(full)
	for (int i = 0; i < NAME_LEN / 8; i++)
		words[i] = 0;
	name->kind = kind;
	name->length = read_word(string, layout->string_length);
	bpf_probe_read_user_str(name->text, sizeof(name->text), (void *)(string + layout->string_bytes));

	__u32 *number = bpf_map_lookup_elem(&names, name);

	if (number)
		return *number;

	__u32 fresh = next_number(&count->names, cpu);

	bpf_map_update_elem(&names, name, &fresh, BPF_NOEXIST);
	/* Another CPU may have been quicker with the same name: its number counts then. */
	number = bpf_map_lookup_elem(&names, name);
	return number ? *number : 0;
}

#if PARTS == 1
#define intern intern_here
#else
/* Checked once instead of twice a frame. It fetches the name itself: Linux 6.1 takes no argument for a map's key. */
__noinline __u32 intern_apart(__u32 kind, __u64 string, const struct layout *layout, struct counts *count)
{
	__u32 zero = 0;
	struct scratch *scratch = bpf_map_lookup_elem(&scratches, &zero);

	if (!scratch || !layout || !count)
		return 0;
	return intern_here(&scratch->name, kind, string, layout, count, bpf_get_smp_processor_id());
}
#define intern(name, kind, string, layout, count, cpu) intern_apart(kind, string, layout, count)
#endif

/* Counts a hit of the site and returns its number. */
static __always_inline __u32 hit(const struct site *site, struct counts *count, __u32 cpu)
{
	struct site_count *known = bpf_map_lookup_elem(&sites, site);

	if (known) {
		__sync_fetch_and_add(&known->hits, 1);
		return known->number;
	}

	struct site_count fresh = { .hits = 1, .number = next_number(&count->sites, cpu) };

	bpf_map_update_elem(&sites, site, &fresh, BPF_NOEXIST);
	return fresh.number;
}

/* Enters frame number `depth` at `frame` in the event and returns the frame that called it, 0 when there is none. */
static __always_inline __u64 walk_frame(struct scratch *scratch, __u32 depth, __u64 frame,
					const struct layout *layout, struct counts *count, __u32 pid, __u32 cpu)
{
	__u64 code = read_pointer(frame, layout->frame_code);
	__u8 owner = 0;

	bpf_probe_read_user(&owner, sizeof(owner), (void *)(frame + layout->frame_owner));
	if (code && owner != OWNED_BY_CSTACK) {
		struct site site = { .pid = pid };
		__u64 instr = read_pointer(frame, layout->frame_instr);

		site.file = intern(&scratch->name, NAME_FILE, read_pointer(code, layout->code_filename), layout, count,
				   cpu);
		site.function = intern(&scratch->name, NAME_FUNCTION, read_pointer(code, layout->code_qualname),
				       layout, count, cpu);
		site.first_line = read_word(code, layout->code_firstlineno);
		site.instr = instr - (code + layout->code_bytes);
		scratch->event.sites[depth] = hit(&site, count, cpu);
		scratch->event.depth = depth + 1;
	}
	return read_pointer(frame, layout->frame_previous);
}

static __always_inline __u64 thread_state(const struct process *process)
{
	if (process->current_tstate)
		return read_pointer(process->current_tstate, 0);

	__u64 block = bpf_get_current_task();
	__u32 key = read_word(process->tls_key, 0);

	return read_pointer(block, process->tls_values + key * process->tls_stride);
}

/* Walks the frames of one part and returns the frame behind them. */
static __always_inline __u64 walk_part(struct scratch *scratch, const struct process *process, struct counts *count,
				       __u64 frame, __u32 cpu, __u32 first)
{
#if PARTS > 1
	if (!scratch || !process || !count)
		return 0;
#endif
	__u32 pid = scratch->event.pid;

#pragma clang loop unroll(full)
	for (int i = 0; i < FRAMES_OF_PART; i++) {
		forget(frame);
		if (frame)
			frame = walk_frame(scratch, first + i, frame, &process->layout, count, pid, cpu);
	}
	return frame;
}

/* Functions of their own also so that the returns of their caller need not jump across all frames. */
#define PART(n)                                                                                                  \
	LINKAGE __noinline __u64 part_##n(struct scratch *scratch, const struct process *process,                \
					  struct counts *count, __u64 frame, __u32 cpu)                          \
	{                                                                                                        \
		return walk_part(scratch, process, count, frame, cpu, n * FRAMES_OF_PART);                       \
	}

PART(0)
#if PARTS == 6
PART(1)
PART(2)
PART(3)
PART(4)
PART(5)
#elif PARTS != 1
#error "PARTS is 1 or 6"
#endif

SEC("raw_tracepoint/sched_switch")
int on_switch(struct bpf_raw_tracepoint_args *ctx)
{
	__u64 pid_tgid = bpf_get_current_pid_tgid();
	__u32 pid = pid_tgid >> 32, zero = 0;
	struct process *process = bpf_map_lookup_elem(&processes, &pid);

	if (!process)
		return 0;

	struct counts *count = bpf_map_lookup_elem(&counts, &zero);
	struct scratch *scratch = bpf_map_lookup_elem(&scratches, &zero);

	if (!count || !scratch)
		return 0;
	count->switches++;

	__u64 tstate = thread_state(process);

	if (!tstate)
		return 0;

	struct event *event = &scratch->event;
	__u32 cpu = bpf_get_smp_processor_id();

	event->time = bpf_ktime_get_ns();
	event->pid = pid;
	event->tid = pid_tgid;
	event->cpu = cpu;
	event->depth = 0;
	bpf_get_current_comm(event->comm, sizeof(event->comm));
	event->user_stack = bpf_get_stackid(ctx, &stacks, BPF_F_USER_STACK);
	event->kernel_stack = bpf_get_stackid(ctx, &stacks, 0);

	__u64 frame = read_pointer(tstate, process->layout.tstate_current_frame);

	frame = part_0(scratch, process, count, frame, cpu);
#if PARTS == 6
	frame = part_1(scratch, process, count, frame, cpu);
	frame = part_2(scratch, process, count, frame, cpu);
	frame = part_3(scratch, process, count, frame, cpu);
	frame = part_4(scratch, process, count, frame, cpu);
	frame = part_5(scratch, process, count, frame, cpu);
#endif
	event->complete = frame == 0;
	count->stacks++;
	count->frames += event->depth;
	bpf_perf_event_output(ctx, &events, BPF_F_CURRENT_CPU, event, __builtin_offsetof(struct event, end));
	return 0;
}

char _license[] SEC("license") = "GPL";
