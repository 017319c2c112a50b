#include "deferred.h"

void load_records(struct records *r, const struct session *s, int capacity)
{
	*r = (struct records){ s->slots, s->aux_words, s->slots, capacity, s->slots + 1, NULL, NULL };
	r->words = malloc((size_t)4 * RECORD_WORDS * capacity);
	r->rows = calloc((size_t)capacity * s->aux_words, 4);
	memcpy(r->rows, s->aux, (size_t)4 * s->slots * s->aux_words);
	for (int i = 0; i < s->slots; i++) {
		int32_t w0 = s->insns[2 * i], w1 = s->insns[2 * i + 1], *record = r->words + RECORD_WORDS * i;
		int kind = branch_kind(w0);

		record[0] = w0;
		record[1] = w1;
		record[LABEL] = i;
		record[TARGET] = kind == NOT_BRANCH ? NONE : i + 1 + (kind == IN_OFF ? w0 >> 16 : w1);
	}
}

void grow_records(struct records *r, int used, int capacity)
{
	size_t row = (size_t)4 * r->aux_words;

	r->words = realloc(r->words, (size_t)4 * RECORD_WORDS * capacity);
	r->rows = realloc(r->rows, row * capacity);
	memset((char *)r->rows + row * used, 0, row * (capacity - used));
	r->capacity = capacity;
}

static int label_of(struct records *r, int pos)
{
	int32_t *label = r->words + RECORD_WORDS * pos + LABEL;

	if (*label == NONE)
		*label = r->labels++;
	return *label;
}

void write_patch(struct records *r, int first, int last, int behind, int length, const int32_t *words)
{
	int32_t inner[PATCH_MAX + 1];
	uint32_t seen = r->rows[(size_t)last * r->aux_words + AUX_SEEN];

	inner[0] = r->words[RECORD_WORDS * last + LABEL];
	for (int i = 1; i <= length; i++)
		inner[i] = NONE;
	for (int i = 0; i < length; i++) {
		int kind = branch_kind(words[2 * i]);
		int goal = i + 1 + (kind == IN_OFF ? words[2 * i] >> 16 : words[2 * i + 1]);

		if (kind == NOT_BRANCH || inner[goal] != NONE)
			continue;
		if (goal < length)
			inner[goal] = r->labels++;
		else
			inner[goal] = behind == NONE ? r->slots : label_of(r, behind);
	}
	for (int i = 0; i < length; i++) {
		int pos = i == length - 1 ? last : first + i;
		int32_t w0 = words[2 * i], w1 = words[2 * i + 1], *record = r->words + RECORD_WORDS * pos;
		int kind = branch_kind(w0);
		uint32_t *row = r->rows + (size_t)pos * r->aux_words;

		record[0] = w0;
		record[1] = w1;
		record[LABEL] = inner[i];
		record[TARGET] = kind == NOT_BRANCH ? NONE : inner[i + 1 + (kind == IN_OFF ? w0 >> 16 : w1)];
		row[AUX_SEEN] = seen;
		row[AUX_ZEXT] = defines_half(w0, w1);
	}
}

void begin_program(struct linear *l, const struct records *r, struct program *out)
{
	out->count = r->count;
	out->insns = malloc((size_t)8 * r->count);
	out->aux = malloc((size_t)4 * r->aux_words * r->count);
	*l = (struct linear){ out, 0, 0, malloc((size_t)4 * r->labels), malloc((size_t)8 * r->count) };
	l->slots[r->slots] = r->count;
}

void append_run(struct linear *l, const struct records *r, int from, int count)
{
	size_t row = (size_t)4 * r->aux_words;

	memcpy((char *)l->out->aux + row * l->slot, (char *)r->rows + row * from, row * count);
	for (int pos = from; pos < from + count; pos++, l->slot++) {
		const int32_t *record = r->words + RECORD_WORDS * pos;

		l->out->insns[2 * l->slot] = record[0];
		l->out->insns[2 * l->slot + 1] = record[1];
		if (record[LABEL] != NONE)
			l->slots[record[LABEL]] = l->slot;
		if (record[TARGET] != NONE) {
			l->branch_list[2 * l->branches] = l->slot;
			l->branch_list[2 * l->branches++ + 1] = record[TARGET];
		}
	}
}

void end_program(struct linear *l, const struct records *r, const struct session *s)
{
	struct program *out = l->out;

	for (int i = 0; i < l->branches; i++) {
		int slot = l->branch_list[2 * i], distance = l->slots[l->branch_list[2 * i + 1]] - slot - 1;
		int32_t *insn = out->insns + 2 * slot;

		if (branch_kind(insn[0]) == IN_OFF)
			insn[0] = (insn[0] & 0xffff) | (int32_t)((uint32_t)distance << 16);
		else
			insn[1] = distance;
	}
	out->subprogs = s->subprogs;
	out->lines = s->lines;
	out->starts = malloc((size_t)4 * s->subprogs);
	out->line_slots = malloc((size_t)4 * s->lines + 4);
	for (int i = 0; i < s->subprogs; i++)
		out->starts[i] = l->slots[s->starts[i]];
	for (int i = 0; i < s->lines; i++)
		out->line_slots[i] = l->slots[s->line_slots[i]];
	free(l->slots);
	free(l->branch_list);
	free(r->words);
	free(r->rows);
}
