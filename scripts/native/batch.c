/*
 * Edits kept aside and merged once a pass, strategies/batch.ts in C: the new records of a patch stand in a pool, as a run
 * in front of the record they were made for. A record is patched once a pass at most.
 */
#include "deferred.h"

struct batch {
	struct records records;
	int base, used, edits;
	int32_t *heads;  /* per base record: its run's first record, 0 for none */
	int32_t *owners; /* per pool record: the base record its run stands in front of */
	int32_t *edited;
	struct records spare;
};

static int next(const struct batch *b, int pos)
{
	if (pos >= b->base)
		return pos + 1 < b->used && b->owners[pos + 1] == b->owners[pos] ? pos + 1 : b->owners[pos];
	if (++pos == b->base)
		return NONE;
	return b->heads[pos] ? b->heads[pos] : pos;
}

static int prev(const struct batch *b, int pos)
{
	int owner = pos;

	if (pos >= b->base) {
		owner = b->owners[pos];
		return pos > b->heads[owner] ? pos - 1 : owner - 1;
	}
	if (!b->heads[pos])
		return pos - 1;
	pos = b->heads[pos];
	while (pos + 1 < b->used && b->owners[pos + 1] == owner)
		pos++;
	return pos;
}

static void widen(struct batch *b, int capacity)
{
	int old = b->records.capacity;

	grow_records(&b->records, b->used, capacity);
	b->heads = realloc(b->heads, (size_t)4 * capacity);
	b->owners = realloc(b->owners, (size_t)4 * capacity);
	b->edited = realloc(b->edited, (size_t)4 * capacity);
	memset(b->heads + old, 0, (size_t)4 * (capacity - old));
}

static int replace(struct batch *b, int pos, int length, const int32_t *words)
{
	int extra = length - 1, first = b->used, behind = next(b, pos);

	if (extra == 0) {
		write_patch(&b->records, pos, pos, behind, length, words);
		return pos;
	}
	if (pos >= b->base || b->heads[pos] || (b->edits && b->edited[b->edits - 1] > pos))
		abort();
	if (first + extra > b->records.capacity)
		widen(b, first + extra + (first + extra) / 8 + PATCH_MAX);
	b->heads[pos] = first;
	b->edited[b->edits++] = pos;
	for (int node = first; node < first + extra; node++)
		b->owners[node] = pos;
	/* Merging leaves rows behind: those handed out are zeroed as they are. */
	memset(b->records.rows + (size_t)first * b->records.aux_words, 0, (size_t)4 * extra * b->records.aux_words);
	b->used = first + extra;
	b->records.count += extra;
	write_patch(&b->records, first, pos, behind, length, words);
	return pos;
}

static int copy(struct batch *b, int from, int count, int to)
{
	size_t row = (size_t)4 * b->records.aux_words, record = 4 * RECORD_WORDS;

	memcpy((char *)b->spare.words + record * to, (char *)b->records.words + record * from, record * count);
	memcpy((char *)b->spare.rows + row * to, (char *)b->records.rows + row * from, row * count);
	return to + count;
}

/* Edits of a pass are in order, for passes walk forward. */
static void merge(struct batch *b)
{
	struct records merged;
	int copied = 0, to = 0;

	if (b->edits == 0)
		return;
	if (b->spare.capacity < b->records.capacity) {
		free(b->spare.words);
		free(b->spare.rows);
		b->spare.words = malloc((size_t)4 * RECORD_WORDS * b->records.capacity);
		b->spare.rows = calloc((size_t)b->records.capacity * b->records.aux_words, 4);
		b->spare.capacity = b->records.capacity;
	}
	for (int i = 0; i < b->edits; i++) {
		int pos = b->edited[i], run = b->heads[pos], end = i + 1 < b->edits ? b->heads[b->edited[i + 1]] : b->used;

		to = copy(b, copied, pos - copied, to);
		to = copy(b, run, end - run, to);
		b->heads[pos] = 0;
		copied = pos;
	}
	to = copy(b, copied, b->base - copied, to);
	merged = b->records;
	merged.words = b->spare.words;
	merged.rows = b->spare.rows;
	merged.capacity = b->spare.capacity;
	b->spare = b->records;
	b->records = merged;
	b->base = b->used = to;
	b->edits = 0;
}

void run_batch(const struct session *s, struct program *out)
{
	int capacity = s->slots + s->slots / 8 + PATCH_MAX;
	struct batch b = { .base = s->slots, .used = s->slots };
	struct records *r = &b.records;
	struct linear linear;
	const int32_t *op = s->ops;

	load_records(r, s, capacity);
	b.heads = calloc(capacity, 4);
	b.owners = malloc((size_t)4 * capacity);
	b.edited = malloc((size_t)4 * capacity);
	for (int pass = 0; pass < s->passes; pass++) {
		int ops = *op++, pos = 0;
		int32_t read = 0;

		while (ops-- > 0) {
			int kind = *op++, step = *op++;

			for (; step > 0; step--) {
				read += r->words[RECORD_WORDS * pos];
				pos = next(&b, pos);
			}
			for (; step < 0; step++)
				pos = prev(&b, pos);
			if (kind == OP_REPLACE) {
				pos = replace(&b, pos, PATCH_LENGTH(op), PATCH_WORDS(op));
				op += 1 + 2 * PATCH_LENGTH(op);
			} else if (kind == OP_WORDS) {
				memcpy(r->words + RECORD_WORDS * pos, op, 8);
				op += 2;
			} else {
				r->rows[(size_t)pos * r->aux_words + op[0]] = (uint32_t)op[1];
				op += 2;
			}
		}
		for (; pos != NONE; pos = next(&b, pos))
			read += r->words[RECORD_WORDS * pos];
		sink = read;
		merge(&b);
	}
	begin_program(&linear, r, out);
	append_run(&linear, r, 0, b.base);
	end_program(&linear, r, s);
	free(b.spare.words);
	free(b.spare.rows);
	free(b.heads);
	free(b.owners);
	free(b.edited);
}
