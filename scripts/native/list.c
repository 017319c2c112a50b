/* A doubly linked list of records in a pool, strategies/linked-list.ts in C. */
#include "deferred.h"

struct list {
	struct records records;
	int32_t *nexts, *prevs;
	int head, used;
};

static void grow(struct list *l, int needed)
{
	int capacity = needed + needed / 4 + 64;

	grow_records(&l->records, l->used, capacity);
	l->nexts = realloc(l->nexts, (size_t)4 * capacity);
	l->prevs = realloc(l->prevs, (size_t)4 * capacity);
}

static int replace(struct list *l, int pos, int length, const int32_t *words)
{
	int extra = length - 1, first = l->used, behind = l->nexts[pos], before = l->prevs[pos];

	if (extra == 0) {
		write_patch(&l->records, pos, pos, behind, length, words);
		return pos;
	}
	if (first + extra > l->records.capacity)
		grow(l, first + extra);
	if (before == NONE)
		l->head = first;
	else
		l->nexts[before] = first;
	for (int node = first; node < first + extra; node++) {
		l->prevs[node] = before;
		l->nexts[node] = node + 1;
		before = node;
	}
	l->nexts[before] = pos;
	l->prevs[pos] = before;
	l->used = first + extra;
	l->records.count += extra;
	write_patch(&l->records, first, pos, behind, length, words);
	return pos;
}

void run_list(const struct session *s, struct program *out)
{
	struct list l = { .head = 0, .used = s->slots };
	struct records *r = &l.records;
	struct linear linear;
	const int32_t *op = s->ops;
	int capacity = s->slots + s->slots / 4 + 64;

	load_records(r, s, capacity);
	l.nexts = malloc((size_t)4 * capacity);
	l.prevs = malloc((size_t)4 * capacity);
	for (int node = 0; node < s->slots; node++) {
		l.nexts[node] = node + 1;
		l.prevs[node] = node - 1;
	}
	l.nexts[s->slots - 1] = NONE;
	for (int pass = 0; pass < s->passes; pass++) {
		int ops = *op++, pos = l.head;
		int32_t read = 0;

		while (ops-- > 0) {
			int kind = *op++, step = *op++;

			for (; step > 0; step--) {
				read += r->words[RECORD_WORDS * pos];
				pos = l.nexts[pos];
			}
			for (; step < 0; step++)
				pos = l.prevs[pos];
			if (kind == OP_REPLACE) {
				pos = replace(&l, pos, PATCH_LENGTH(op), PATCH_WORDS(op));
				op += 1 + 2 * PATCH_LENGTH(op);
			} else if (kind == OP_WORDS) {
				memcpy(r->words + RECORD_WORDS * pos, op, 8);
				op += 2;
			} else {
				r->rows[(size_t)pos * r->aux_words + op[0]] = (uint32_t)op[1];
				op += 2;
			}
		}
		for (; pos != NONE; pos = l.nexts[pos])
			read += r->words[RECORD_WORDS * pos];
		sink = read;
	}
	begin_program(&linear, r, out);
	for (int from = l.head; from != NONE;) {
		int last = from;

		while (l.nexts[last] == last + 1)
			last++;
		append_run(&linear, r, from, last + 1 - from);
		from = l.nexts[last];
	}
	end_program(&linear, r, s);
	free(l.nexts);
	free(l.prevs);
}
