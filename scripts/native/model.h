/*
 * Three ways to hold instructions, in C: what the strategies of the same names are in TypeScript, cut down to what a
 * recorded session needs (patches without outward branches, words and aux words written in place). See main.c.
 */
#ifndef MODEL_H
#define MODEL_H

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

/* Words of the aux record, strategies/store.ts. */
enum { AUX_SEEN = 1, AUX_ZEXT = 2 };

/* A recorded session: the input of a store and what passes did to it. */
struct session {
	int slots, aux_words, subprogs, lines, passes;
	const int32_t *insns;
	const uint32_t *aux;
	const int32_t *starts, *line_slots;
	/* Per pass the number of operations, then each: kind, steps from where the last one ended, arguments. */
	const int32_t *ops;
};

enum { OP_REPLACE, OP_WORDS, OP_AUX };

/* What a session ends in; freed by the caller. */
struct program {
	int count, subprogs, lines;
	int32_t *insns;
	uint32_t *aux;
	int32_t *starts, *line_slots;
};

/* Each runs the whole session, from making its memory to the program. */
void run_array(const struct session *s, struct program *out);
void run_batch(const struct session *s, struct program *out);
void run_list(const struct session *s, struct program *out);

/* Keeps reads in walks that nothing else is done with. */
extern volatile int32_t sink;

/* How a branch holds its distance, as branchKind() in src/isa/insn.ts. */
enum { NOT_BRANCH, IN_OFF, IN_IMM };

static inline int branch_kind(int32_t w0)
{
	int code = w0 & 0xff, class = code & 7, op = code & 0xf0, src = (w0 >> 12) & 15;

	if (class == 5 || class == 6) {
		if (op == 0x90)
			return NOT_BRANCH;
		if (op == 0x80)
			return src == 1 ? IN_IMM : NOT_BRANCH;
		if (code == 0xf5 || code == 0x0d)
			return NOT_BRANCH;
		return code == 0x06 ? IN_IMM : IN_OFF;
	}
	return code == 0x18 && src == 4 ? IN_IMM : NOT_BRANCH;
}

/* definesSubregister() in src/isa/insn.ts. */
static inline int defines_half(int32_t w0, int32_t imm)
{
	int code = w0 & 0xff, mode = code & 0xe0;

	switch (code & 7) {
	case 7:
		return (code & 0xf0) == 0xd0 && (imm == 16 || imm == 32);
	case 4:
		return (code & 0xf0) != 0xd0 || imm != 64;
	case 1:
		return (code & 0x18) != 0x18 && mode != 0x80;
	case 0:
		return mode != 0;
	case 3:
		if (mode != 0xc0 && mode != 0xe0)
			return 0;
		return (imm == 0x100 || (imm & 1)) && (code & 0x18) != 0x18;
	default:
		return 0;
	}
}

/* Room for a patch's words in a session's operation: its length, then two words an instruction. */
#define PATCH_LENGTH(op) ((op)[0])
#define PATCH_WORDS(op) ((op) + 1)

#endif
