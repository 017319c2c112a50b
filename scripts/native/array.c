/*
 * The kernel's way: flat arrays, the tail moved and every branch looked at by each patch. strategies/array.ts in C, line
 * info and subprogram starts shifted as there; two aux arrays take turns.
 */
#include "model.h"

#define PAGE 4096
#define HEADER 72
#define NO_OVERFLOW 0x7fff

struct array {
	int count, aux_words, pages, lines, subprogs;
	int32_t *insns;
	uint32_t *aux, *spare;
	size_t aux_room, spare_room; /* words there is room for in each */
	int32_t *starts, *line_slots;
};

static int pages_for(int count)
{
	return (HEADER + 8 * count + PAGE - 1) / PAGE;
}

static void grow_insns(struct array *a, int count)
{
	int pages = pages_for(count);
	int32_t *insns;

	if (pages <= a->pages)
		return;
	insns = malloc((size_t)pages * PAGE);
	memcpy(insns, a->insns, (size_t)8 * a->count);
	free(a->insns);
	a->insns = insns;
	a->pages = pages;
}

static int fits(int distance)
{
	return distance == (int16_t)distance;
}

/* Would all 16-bit distances fit? */
static int probe(const struct array *a, int pos, int delta)
{
	for (int i = 0; i < a->count; i++) {
		int32_t w0 = a->insns[2 * i];
		int distance = w0 >> 16;

		if (i == pos || branch_kind(w0) != IN_OFF)
			continue;
		if (i < pos && i + 1 + distance > pos)
			distance += delta;
		else if (i > pos && i + 1 + distance <= pos)
			distance -= delta;
		if (!fits(distance))
			return 0;
	}
	return 1;
}

static void adjust_branches(struct array *a, int pos, int end_old, int end_new)
{
	int delta = end_new - end_old;

	for (int i = 0; i < a->count; i++) {
		int32_t *insn = &a->insns[2 * i];
		int kind, distance, target;

		if (i == pos) {
			i = end_new - 1;
			continue;
		}
		kind = branch_kind(insn[0]);
		if (kind == NOT_BRANCH)
			continue;
		distance = kind == IN_OFF ? insn[0] >> 16 : insn[1];
		target = i + 1 + distance;
		if (i < pos && target >= end_old)
			distance += delta;
		else if (i >= end_new && target < end_new)
			distance -= delta;
		else
			continue;
		if (kind == IN_OFF)
			insn[0] = (insn[0] & 0xffff) | (int32_t)((uint32_t)distance << 16);
		else
			insn[1] = distance;
	}
}

static void move_aux(struct array *a, int pos, int length)
{
	int width = a->aux_words, last = pos + length - 1;
	size_t room, words = (size_t)a->count * width, old = words - (size_t)(length - 1) * width;
	uint32_t seen = a->aux[(size_t)pos * width + AUX_SEEN], *aux = a->spare;

	if (a->spare_room < words) {
		free(aux);
		a->spare_room = words + (words >> 4);
		aux = calloc(a->spare_room, 4);
	} else {
		memset(aux, 0, words * 4);
	}
	memcpy(aux, a->aux, (size_t)pos * width * 4);
	memcpy(aux + (size_t)last * width, a->aux + (size_t)pos * width, (old - (size_t)pos * width) * 4);
	for (int i = pos; i <= last; i++) {
		aux[(size_t)i * width + AUX_SEEN] = seen;
		aux[(size_t)i * width + AUX_ZEXT] = defines_half(a->insns[2 * i], a->insns[2 * i + 1]);
	}
	a->spare = a->aux;
	a->aux = aux;
	room = a->aux_room;
	a->aux_room = a->spare_room;
	a->spare_room = room;
}

static int replace(struct array *a, int pos, int length, const int32_t *words)
{
	int delta = length - 1;

	if (delta > 0) {
		if (a->count + delta > NO_OVERFLOW && !probe(a, pos, delta))
			abort();
		grow_insns(a, a->count + delta);
		memmove(a->insns + 2 * (pos + length), a->insns + 2 * (pos + 1), (size_t)8 * (a->count - pos - 1));
		a->count += delta;
	}
	memcpy(a->insns + 2 * pos, words, (size_t)8 * length);
	if (delta == 0) {
		a->aux[(size_t)pos * a->aux_words + AUX_ZEXT] = defines_half(words[0], words[1]);
		return pos;
	}
	adjust_branches(a, pos, pos + 1, pos + length);
	move_aux(a, pos, length);
	for (int i = 0; i < a->lines; i++)
		if (a->line_slots[i] > pos)
			a->line_slots[i] += delta;
	for (int i = 0; i < a->subprogs; i++)
		if (a->starts[i] > pos)
			a->starts[i] += delta;
	return pos + delta;
}

static void *copied(const void *from, size_t bytes)
{
	return memcpy(malloc(bytes ? bytes : 1), from, bytes);
}

void run_array(const struct session *s, struct program *out)
{
	struct array a = { .count = s->slots, .aux_words = s->aux_words, .lines = s->lines, .subprogs = s->subprogs };
	const int32_t *op = s->ops;

	a.pages = pages_for(s->slots);
	a.insns = malloc((size_t)a.pages * PAGE);
	memcpy(a.insns, s->insns, (size_t)8 * s->slots);
	a.aux = copied(s->aux, (size_t)4 * s->slots * s->aux_words);
	a.aux_room = (size_t)s->slots * s->aux_words;
	a.starts = copied(s->starts, (size_t)4 * s->subprogs);
	a.line_slots = copied(s->line_slots, (size_t)4 * s->lines);
	for (int pass = 0; pass < s->passes; pass++) {
		int ops = *op++, pos = 0;
		int32_t read = 0;

		while (ops-- > 0) {
			int kind = *op++, step = *op++;

			for (; step > 0; step--)
				read += a.insns[2 * pos++];
			pos += step;
			if (kind == OP_REPLACE) {
				pos = replace(&a, pos, PATCH_LENGTH(op), PATCH_WORDS(op));
				op += 1 + 2 * PATCH_LENGTH(op);
			} else if (kind == OP_WORDS) {
				memcpy(a.insns + 2 * pos, op, 8);
				op += 2;
			} else {
				a.aux[(size_t)pos * a.aux_words + op[0]] = (uint32_t)op[1];
				op += 2;
			}
		}
		while (pos < a.count)
			read += a.insns[2 * pos++];
		sink = read;
	}
	free(a.spare);
	*out = (struct program){ a.count, a.subprogs, a.lines, a.insns, a.aux, a.starts, a.line_slots };
}
