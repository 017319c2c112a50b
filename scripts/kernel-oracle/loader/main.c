// SPDX-License-Identifier: GPL-2.0-only
/*
 * oracle-loader LIST DEVICE SECONDS [FILE...]: writes a tar of the FILEs to DEVICE, then loads every program of every
 * object of LIST, one at a time, and appends one JSON file per object.
 *
 * LIST has a line "NUMBER PATH" per object. Each object is opened in a process of its own and each program loaded in
 * a child of that, so that a program which crashes libbpf, hangs or is killed after SECONDS costs nothing but itself.
 */
#define _GNU_SOURCE
#include "capture.h"
#include "record.h"
#include "tar.h"

#include <bpf/bpf.h>
#include <errno.h>
#include <fcntl.h>
#include <libgen.h>
#include <signal.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

/* enum bpf_map_type since 6.2; Debian 12 headers are older. */
#define MAP_TYPE_CGRP_STORAGE 32

/* libbpf's own messages of the load in progress: the last ones say why it gave up. */
static char messages[4096];
static size_t messages_len;
/* Map that libbpf failed to create in the load in progress. */
static char refused_map[256];

static int keep_message(enum libbpf_print_level level, const char *format, va_list args)
{
	char line[1024];
	const char *at;
	int len;

	if (level == LIBBPF_DEBUG)
		return 0;
	len = vsnprintf(line, sizeof(line), format, args);
	if (len < 0)
		return 0;
	if (len >= (int)sizeof(line))
		len = sizeof(line) - 1;
	if (messages_len + len >= sizeof(messages))
		messages_len = 0;
	memcpy(messages + messages_len, line, len + 1);
	messages_len += len;
	at = strstr(line, "map '");
	if (at && strstr(line, "failed to create"))
		sscanf(at, "map '%255[^']'", refused_map);
	return 0;
}

/*
 * What veristat does for an object whose user space part would size it: maps without a number of entries get one.
 * struct_ops maps need kernel structures that only their own attach code completes.
 */
static void prepare_maps(struct bpf_object *obj)
{
	struct bpf_map *map;

	bpf_object__for_each_map(map, obj) {
		switch ((int)bpf_map__type(map)) {
		case BPF_MAP_TYPE_STRUCT_OPS:
			bpf_map__set_autocreate(map, false);
			break;
		case BPF_MAP_TYPE_SK_STORAGE:
		case BPF_MAP_TYPE_TASK_STORAGE:
		case BPF_MAP_TYPE_INODE_STORAGE:
		case BPF_MAP_TYPE_CGROUP_STORAGE:
		case BPF_MAP_TYPE_PERCPU_CGROUP_STORAGE:
		case MAP_TYPE_CGRP_STORAGE:
		case BPF_MAP_TYPE_BLOOM_FILTER:
			break;
		case BPF_MAP_TYPE_PERF_EVENT_ARRAY:
			/* libbpf takes the number of CPUs. */
			break;
		case BPF_MAP_TYPE_RINGBUF:
		case BPF_MAP_TYPE_USER_RINGBUF:
			if (bpf_map__max_entries(map) == 0)
				bpf_map__set_max_entries(map, getpagesize());
			break;
		default:
			if (bpf_map__max_entries(map) == 0)
				bpf_map__set_max_entries(map, 1);
		}
		bpf_map__set_pin_path(map, NULL);
	}
}

/* Status 2: libbpf could not create the map whose name is in the file at `refused_path`. */
static void load_program(struct bpf_object *obj, const char *name, FILE *out, const char *refused_path)
{
	struct bpf_program *prog, *wanted = NULL;
	FILE *refused;
	int err;

	bpf_object__for_each_program(prog, obj) {
		bool match = !strcmp(bpf_program__name(prog), name);

		bpf_program__set_autoload(prog, match);
		if (match)
			wanted = prog;
	}
	capture_watch(obj, wanted, out, messages);
	err = bpf_object__load(obj);
	/* Only reached when the program never got to the kernel. */
	if (err && refused_map[0]) {
		refused = fopen(refused_path, "w");
		if (refused) {
			fputs(refused_map, refused);
			fclose(refused);
			_exit(2);
		}
	}
	record_number(out, "errno", err ? -err : 0);
	record_text(out, "libbpf_log", messages);
	record_text(out, "verdict", "not-loaded");
	fflush(out);
	_exit(0);
}

/* Waits for a child; kills it when the time is over. Returns its wait status, or -1 when it had to be killed. */
static int wait_for(pid_t pid, int seconds)
{
	struct timespec limit = {.tv_sec = seconds};
	sigset_t set;
	int status;

	sigemptyset(&set);
	sigaddset(&set, SIGCHLD);
	for (;;) {
		pid_t done = waitpid(pid, &status, WNOHANG);

		if (done == pid)
			return status;
		if (sigtimedwait(&set, NULL, &limit) < 0 && errno == EAGAIN)
			break;
	}
	kill(pid, SIGKILL);
	waitpid(pid, &status, 0);
	return -1;
}

/* Copies a program's record, closed by what became of the process when it did not close it itself. */
static void append_record(FILE *out, const char *path, const char *end)
{
	char data[65536];
	FILE *in = fopen(path, "r");
	size_t n;

	while (in && (n = fread(data, 1, sizeof(data), in)) > 0)
		fwrite(data, 1, n, out);
	if (in)
		fclose(in);
	if (end)
		record_text(out, "verdict", end);
	fputs("\"end\":true}", out);
}

static void run_program(struct bpf_object *obj, struct bpf_program *prog, FILE *out, int seconds)
{
	const char *part = "/tmp/program.json", *refused_path = "/tmp/refused-map";
	const char *end = NULL;
	int refusals = 0;

	printf("@program %s\n", bpf_program__name(prog));
	fflush(stdout);
again:
	unlink(refused_path);
	FILE *f = fopen(part, "w");

	if (!f) {
		perror(part);
		exit(1);
	}
	fputs("{", f);
	record_text(f, "name", bpf_program__name(prog));
	record_text(f, "section", bpf_program__section_name(prog));
	fflush(f);
	pid_t pid = fork();

	if (pid == 0)
		load_program(obj, bpf_program__name(prog), f, refused_path);
	int status = pid < 0 ? -1 : wait_for(pid, seconds);

	fclose(f);
	if (status != -1 && WIFEXITED(status) && WEXITSTATUS(status) == 2 && refusals++ < 64) {
		char name[256] = "";
		struct bpf_map *map;
		FILE *refused = fopen(refused_path, "r");

		if (refused) {
			if (!fgets(name, sizeof(name), refused))
				name[0] = 0;
			fclose(refused);
		}
		map = bpf_object__find_map_by_name(obj, name);
		if (map && bpf_map__autocreate(map)) {
			bpf_map__set_autocreate(map, false);
			goto again;
		}
		end = "not-loaded";
	} else if (status == -1) {
		end = "timeout";
	} else if (!WIFEXITED(status) || WEXITSTATUS(status)) {
		end = "loader-crash";
	}
	append_record(out, part, end);
}

static void run_object(const char *path, FILE *out, int seconds)
{
	struct bpf_program *prog;
	struct bpf_object *obj;
	int any = 0;

	messages[0] = 0;
	messages_len = 0;
	obj = bpf_object__open_file(path, NULL);
	if (!obj) {
		record_number(out, "errno", errno);
		record_text(out, "libbpf_log", messages);
		record_text(out, "verdict", "not-opened");
		fputs("\"programs\":[]}\n", out);
		return;
	}
	prepare_maps(obj);
	record_text(out, "verdict", "opened");
	fputs("\"programs\":[", out);
	bpf_object__for_each_program(prog, obj) {
		fputs(any ? ",\n" : "\n", out);
		run_program(obj, prog, out, seconds);
		any = 1;
	}
	fputs("]}\n", out);
}

int main(int argc, char **argv)
{
	const char *result = "/tmp/object.json";
	char line[4096];
	sigset_t set;
	FILE *list;
	int device;

	if (argc < 4) {
		fprintf(stderr, "usage: oracle-loader LIST DEVICE SECONDS [FILE...]\n");
		return 2;
	}
	list = fopen(argv[1], "r");
	device = open(argv[2], O_WRONLY);
	if (!list || device < 0) {
		perror("oracle-loader");
		return 1;
	}
	sigemptyset(&set);
	sigaddset(&set, SIGCHLD);
	sigprocmask(SIG_BLOCK, &set, NULL);
	for (int i = 4; i < argc; i++) {
		if (tar_append(device, argv[i], basename(argv[i]))) {
			perror(argv[i]);
			return 1;
		}
	}
	printf("@libbpf %s\n", libbpf_version_string());
	libbpf_set_print(keep_message);
	capture_share_vmlinux_btf();
	while (fgets(line, sizeof(line), list)) {
		char name[64], path[4000];
		unsigned int number;

		if (sscanf(line, "%u %3999[^\n]", &number, path) != 2)
			continue;
		printf("@object %u\n", number);
		fflush(stdout);
		FILE *out = fopen(result, "w");

		if (!out) {
			perror(result);
			return 1;
		}
		pid_t pid = fork();

		if (pid == 0) {
			fputs("{", out);
			run_object(path, out, atoi(argv[3]));
			fclose(out);
			_exit(0);
		}
		int status;

		fclose(out);
		if (pid < 0 || waitpid(pid, &status, 0) != pid || !WIFEXITED(status) || WEXITSTATUS(status)) {
			out = fopen(result, "w");
			if (out) {
				fputs("{\"verdict\":\"loader-crash\",\"programs\":[]}\n", out);
				fclose(out);
			}
		}
		snprintf(name, sizeof(name), "%u.json", number);
		if (tar_append(device, result, name)) {
			perror(argv[2]);
			return 1;
		}
	}
	printf("@done\n");
	return 0;
}
