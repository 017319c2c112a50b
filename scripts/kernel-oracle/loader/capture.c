// SPDX-License-Identifier: GPL-2.0-only
#define _GNU_SOURCE
#include "capture.h"
#include "record.h"

#include <bpf/bpf.h>
#include <errno.h>
#include <linux/bpf.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

/* Statistics and the reason of a refusal, but no trace of every step: linux/bpf_verifier.h, BPF_LOG_STATS. */
#define LOG_STATS 4
#define LOG_SIZE (1 << 20)
/* How much of the end of the verifier's log is kept. */
#define LOG_KEPT 4096

long __real_syscall(long number, ...);
struct btf *__real_btf__load_vmlinux_btf(void);
void __real_btf__free(struct btf *btf);

static struct btf *vmlinux_btf;
static struct bpf_object *watched_object;
static struct bpf_program *watched;
static FILE *output;
static const char *libbpf_messages;

/* libbpf parses the kernel's BTF for each object anew, which takes longer than the loads under emulation. */
struct btf *__wrap_btf__load_vmlinux_btf(void)
{
	return vmlinux_btf ? vmlinux_btf : __real_btf__load_vmlinux_btf();
}

void __wrap_btf__free(struct btf *btf)
{
	if (btf && btf == vmlinux_btf)
		return;
	__real_btf__free(btf);
}

void capture_share_vmlinux_btf(void)
{
	vmlinux_btf = __real_btf__load_vmlinux_btf();
}

void capture_watch(struct bpf_object *obj, struct bpf_program *prog, FILE *out, const char *messages)
{
	libbpf_messages = messages;
	watched_object = obj;
	watched = prog;
	output = out;
}

static const char *map_name_by_fd(int fd)
{
	struct bpf_map *map;

	bpf_object__for_each_map(map, watched_object)
		if (bpf_map__fd(map) == fd)
			return bpf_map__name(map);
	return NULL;
}

static const char *map_name_by_id(__u32 id)
{
	struct bpf_map *map;

	bpf_object__for_each_map(map, watched_object) {
		struct bpf_map_info info = {0};
		__u32 len = sizeof(info);

		if (bpf_map__fd(map) >= 0 && !bpf_obj_get_info_by_fd(bpf_map__fd(map), &info, &len) && info.id == id)
			return bpf_map__name(map);
	}
	return NULL;
}

static const char *name_in(const struct btf *btf, __u32 id)
{
	const struct btf_type *type = btf ? btf__type_by_id(btf, id) : NULL;

	return type ? btf__name_by_offset(btf, type->name_off) : NULL;
}

/* Name of a type of the kernel's BTF, or of a module's whose BTF descriptor is given. */
static const char *kernel_type_name(__u32 id, int module_fd)
{
	struct bpf_btf_info info = {0};
	__u32 len = sizeof(info);

	if (module_fd <= 0)
		return name_in(vmlinux_btf, id);
	if (bpf_obj_get_info_by_fd(module_fd, &info, &len))
		return NULL;
	return name_in(btf__load_from_kernel_by_id_split(info.id, vmlinux_btf), id);
}

static int is_wide(const struct bpf_insn *insn)
{
	return insn->code == (BPF_LD | BPF_IMM | BPF_DW);
}

static void record_name(int *any, unsigned int slot, const char *name)
{
	fprintf(output, "%s\"%u\":", *any ? "," : "", slot);
	record_string(output, name, strlen(name));
	*any = 1;
}

/* Slot -> map name; `by_id` tells whether immediates are map ids (translated) or descriptors (handed over). */
static void record_maps(const char *key, const struct bpf_insn *insns, unsigned int count, int by_id)
{
	int any = 0;

	fprintf(output, "\"%s\":{", key);
	for (unsigned int i = 0; i + 1 < count; i++) {
		const char *name;

		if (!is_wide(&insns[i]))
			continue;
		if (insns[i].src_reg == BPF_PSEUDO_MAP_FD || insns[i].src_reg == BPF_PSEUDO_MAP_VALUE) {
			name = by_id ? map_name_by_id(insns[i].imm) : map_name_by_fd(insns[i].imm);
			if (name)
				record_name(&any, i, name);
		}
		i++;
	}
	fputs("},\n", output);
}

/* Slot -> name of the kernel variable or function that a BTF id means. */
static void record_symbols(const struct bpf_insn *insns, unsigned int count, const int *fd_array)
{
	int any = 0;

	fputs("\"loaded_symbols\":{", output);
	for (unsigned int i = 0; i < count; i++) {
		const struct bpf_insn *insn = &insns[i];
		const char *name = NULL;

		if (insn->code == (BPF_JMP | BPF_CALL) && insn->src_reg == BPF_PSEUDO_KFUNC_CALL)
			name = kernel_type_name(insn->imm, insn->off > 0 && fd_array ? fd_array[insn->off] : 0);
		else if (is_wide(insn) && insn->src_reg == BPF_PSEUDO_BTF_ID && i + 1 < count)
			name = kernel_type_name(insn->imm, insns[i + 1].imm);
		if (name)
			record_name(&any, i, name);
		if (is_wide(insn))
			i++;
	}
	fputs("},\n", output);
}

static void record_func_info(const char *key, const void *info, unsigned int count, unsigned int rec_size)
{
	fprintf(output, "\"%s\":[", key);
	for (unsigned int i = 0; i < count; i++) {
		const struct bpf_func_info *func = (const void *)((const char *)info + (size_t)i * rec_size);
		const char *name = name_in(bpf_object__btf(watched_object), func->type_id);

		fprintf(output, "%s[%u,%u,", i ? "," : "", func->insn_off, func->type_id);
		record_string(output, name ? name : "", name ? strlen(name) : 0);
		fputc(']', output);
	}
	fputs("],\n", output);
}

static const void *pointer(__u64 address)
{
	return (const void *)(uintptr_t)address;
}

static void record_handed_over(const union bpf_attr *attr)
{
	const struct bpf_insn *insns = pointer(attr->insns);

	record_number(output, "prog_type", attr->prog_type);
	record_number(output, "attach_type", attr->expected_attach_type);
	record_number(output, "prog_flags", attr->prog_flags);
	record_number(output, "attach_btf_id", attr->attach_btf_id);
	record_text(output, "attach_target", attr->attach_btf_id && !attr->attach_prog_fd ?
		kernel_type_name(attr->attach_btf_id, attr->attach_btf_obj_fd) : NULL);
	record_insns(output, "loaded", insns, attr->insn_cnt);
	record_maps("loaded_maps", insns, attr->insn_cnt, 0);
	record_symbols(insns, attr->insn_cnt, pointer(attr->fd_array));
	record_line_info(output, "loaded_line_info", pointer(attr->line_info), attr->line_info_cnt,
			 attr->line_info_rec_size);
	record_func_info("loaded_func_info", pointer(attr->func_info), attr->func_info_cnt, attr->func_info_rec_size);
	fflush(output);
}

static void *array_of(unsigned int count, unsigned int rec_size)
{
	void *array = calloc(count ? count : 1, rec_size ? rec_size : 1);

	if (!array) {
		perror("oracle-loader");
		exit(1);
	}
	return array;
}

static void record_translated(int fd)
{
	struct bpf_prog_info info = {0};
	__u32 len = sizeof(info);
	struct bpf_insn *insns;
	void *lines, *funcs;
	unsigned int count;
	__u64 *ksyms;

	if (bpf_obj_get_info_by_fd(fd, &info, &len)) {
		record_number(output, "info_errno", errno);
		return;
	}
	count = info.xlated_prog_len / sizeof(*insns);
	insns = array_of(count, sizeof(*insns));
	lines = array_of(info.nr_line_info, info.line_info_rec_size);
	funcs = array_of(info.nr_func_info, info.func_info_rec_size);
	ksyms = array_of(info.nr_jited_ksyms, sizeof(*ksyms));
	struct bpf_prog_info wanted = {
		.xlated_prog_len = info.xlated_prog_len,
		.xlated_prog_insns = (uintptr_t)insns,
		.nr_line_info = info.nr_line_info,
		.line_info_rec_size = info.line_info_rec_size,
		.line_info = (uintptr_t)lines,
		.nr_func_info = info.nr_func_info,
		.func_info_rec_size = info.func_info_rec_size,
		.func_info = (uintptr_t)funcs,
		.nr_jited_ksyms = info.nr_jited_ksyms,
		.jited_ksyms = (uintptr_t)ksyms,
	};
	len = sizeof(wanted);
	if (bpf_obj_get_info_by_fd(fd, &wanted, &len)) {
		record_number(output, "info_errno", errno);
		return;
	}
	record_number(output, "jited_subprogs", info.nr_jited_ksyms);
	record_number(output, "jited_len", info.jited_prog_len);
	record_number(output, "verified_insns", info.verified_insns);
	record_insns(output, "insns", insns, count);
	record_maps("maps", insns, count, 1);
	record_line_info(output, "line_info", lines, wanted.nr_line_info, wanted.line_info_rec_size);
	record_func_info("func_info", funcs, wanted.nr_func_info, wanted.func_info_rec_size);
}

static void record_map_table(void)
{
	struct bpf_map *map;
	int any = 0;

	fputs("\"map_table\":[", output);
	bpf_object__for_each_map(map, watched_object) {
		struct bpf_map_info info = {0};
		__u32 len = sizeof(info);

		if (bpf_map__fd(map) < 0 || bpf_obj_get_info_by_fd(bpf_map__fd(map), &info, &len))
			continue;
		fprintf(output, "%s[", any ? "," : "");
		record_string(output, bpf_map__name(map), strlen(bpf_map__name(map)));
		fprintf(output, ",%u,%u,%u,%u,%u]", info.type, info.key_size, info.value_size, info.max_entries,
			info.map_flags);
		any = 1;
	}
	fputs("],\n", output);
}

/* Loads the watched program as libbpf asked, but with a log of its own, records the outcome and exits. */
static void load_watched(union bpf_attr *attr, unsigned int size)
{
	char *log = array_of(1, LOG_SIZE);
	size_t log_len;
	int attempts = 5;
	long fd;

	record_handed_over(attr);
	attr->log_level = LOG_STATS;
	attr->log_buf = (uintptr_t)log;
	attr->log_size = LOG_SIZE;
	do {
		fd = __real_syscall(__NR_bpf, BPF_PROG_LOAD, attr, size);
	} while (fd < 0 && errno == EAGAIN && --attempts);

	record_number(output, "errno", fd < 0 ? errno : 0);
	log_len = strnlen(log, LOG_SIZE);
	fputs("\"log\":", output);
	record_string(output, log_len > LOG_KEPT ? log + log_len - LOG_KEPT : log,
		      log_len > LOG_KEPT ? LOG_KEPT : log_len);
	fputs(",\n", output);
	if (libbpf_messages[0])
		record_text(output, "libbpf_log", libbpf_messages);
	record_map_table();
	if (fd >= 0)
		record_translated(fd);
	record_text(output, "verdict", fd >= 0 ? "success" : "failure");
	fflush(output);
	_exit(0);
}

long __wrap_syscall(long number, ...)
{
	union bpf_attr *attr;
	unsigned int size;
	va_list args;
	long arg[6];

	va_start(args, number);
	for (int i = 0; i < 6; i++)
		arg[i] = va_arg(args, long);
	va_end(args);
	if (number == __NR_bpf && arg[0] == BPF_PROG_LOAD && watched) {
		attr = (union bpf_attr *)arg[1];
		size = (unsigned int)arg[2];
		/* libbpf's feature probes load programs too; the watched one is handed over in place. */
		if (pointer(attr->insns) == bpf_program__insns(watched))
			load_watched(attr, size);
	}
	return __real_syscall(number, arg[0], arg[1], arg[2], arg[3], arg[4], arg[5]);
}
