/*
 * model SESSION STRATEGY RUNS OUTPUT: runs a recorded session (sessions.ts writes them) again and again, prints the
 * fastest and the median run in ns, and writes what the session ends in: counts, instructions, aux records, subprogram
 * starts, line info slots. All files are 32-bit words of this machine's byte order.
 */
#include <stdio.h>
#include <time.h>
#include "model.h"

volatile int32_t sink;

static int64_t now_ns(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return t.tv_sec * 1000000000ll + t.tv_nsec;
}

static int by_value(const void *a, const void *b)
{
	int64_t x = *(const int64_t *)a, y = *(const int64_t *)b;

	return x < y ? -1 : x > y;
}

static int32_t *read_words(const char *path)
{
	FILE *file = fopen(path, "rb");
	int32_t *words = NULL;
	long bytes;

	if (!file)
		return NULL;
	if (!fseek(file, 0, SEEK_END) && (bytes = ftell(file)) > 0) {
		rewind(file);
		words = malloc(bytes);
		if (fread(words, 1, bytes, file) != (size_t)bytes)
			words = NULL;
	}
	fclose(file);
	return words;
}

static void free_program(struct program *p)
{
	free(p->insns);
	free(p->aux);
	free(p->starts);
	free(p->line_slots);
}

static int write_program(const char *path, const struct program *p, int aux_words)
{
	FILE *file = fopen(path, "wb");
	int32_t counts[3] = { p->count, p->subprogs, p->lines };

	if (!file)
		return 0;
	fwrite(counts, 4, 3, file);
	fwrite(p->insns, 8, p->count, file);
	fwrite(p->aux, (size_t)4 * aux_words, p->count, file);
	fwrite(p->starts, 4, p->subprogs, file);
	fwrite(p->line_slots, 4, p->lines, file);
	return fclose(file) == 0;
}

int main(int argc, char **argv)
{
	void (*run)(const struct session *, struct program *) = NULL;
	struct program out = { 0 };
	struct session s;
	int64_t *times;
	int32_t *words;
	int runs;

	if (argc != 5 || (runs = atoi(argv[3])) < 1)
		return fprintf(stderr, "usage: model SESSION STRATEGY RUNS OUTPUT\n"), 2;
	words = read_words(argv[1]);
	if (!words)
		return fprintf(stderr, "%s: cannot be read\n", argv[1]), 1;
	if (!strcmp(argv[2], "array"))
		run = run_array;
	else if (!strcmp(argv[2], "batch"))
		run = run_batch;
	else if (!strcmp(argv[2], "linked-list"))
		run = run_list;
	else
		return fprintf(stderr, "%s: not modelled\n", argv[2]), 2;
	memset(&s, 0, sizeof(s));
	s.slots = words[0];
	s.aux_words = words[1];
	s.subprogs = words[2];
	s.lines = words[3];
	s.passes = words[4];
	s.insns = words + 5;
	s.aux = (const uint32_t *)s.insns + 2 * s.slots;
	s.starts = (const int32_t *)s.aux + (size_t)s.slots * s.aux_words;
	s.line_slots = s.starts + s.subprogs;
	s.ops = s.line_slots + s.lines;

	times = malloc(runs * sizeof(*times));
	for (int i = 0; i < runs; i++) {
		int64_t start;

		free_program(&out);
		start = now_ns();
		run(&s, &out);
		times[i] = now_ns() - start;
	}
	qsort(times, runs, sizeof(*times), by_value);
	printf("%lld %lld\n", (long long)times[0], (long long)times[runs / 2]);
	return write_program(argv[4], &out, s.aux_words) ? 0 : 1;
}
