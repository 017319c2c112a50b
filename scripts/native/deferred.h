/*
 * What batch and list share: records that know each other by labels, so that patches look at no branch, and the one pass
 * at the end that gives every branch its distance. strategies/labelled-records.ts and linearize.ts in C.
 */
#ifndef DEFERRED_H
#define DEFERRED_H

#include "model.h"

enum { RECORD_WORDS = 4, LABEL = 2, TARGET = 3, NONE = -1 };
enum { PATCH_MAX = 32 };

struct records {
	int slots, aux_words, count, capacity, labels;
	int32_t *words; /* RECORD_WORDS each: two words, label, target label */
	uint32_t *rows;
};

/* Records 0..slots-1 are the loaded ones. */
void load_records(struct records *r, const struct session *s, int capacity);
void grow_records(struct records *r, int used, int capacity);
/*
 * Writes a patch over the records first.. and last, which is what is replaced; behind is the record after it, NONE at the
 * end.
 */
void write_patch(struct records *r, int first, int last, int behind, int length, const int32_t *words);

/* The program while runs of records are appended to it. */
struct linear {
	struct program *out;
	int slot, branches;
	int32_t *slots, *branch_list;
};

void begin_program(struct linear *l, const struct records *r, struct program *out);
void append_run(struct linear *l, const struct records *r, int from, int count);
void end_program(struct linear *l, const struct records *r, const struct session *s);

#endif
