/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A JSON object written field by field to a stream. Only complete fields reach the file: each setter ends with the
 * comma that the next field needs, and record_flush() is called between fields, so that a process killed in between
 * leaves a prefix that another process can close.
 */
#ifndef RECORD_H
#define RECORD_H

#include <linux/bpf.h>
#include <stdio.h>

/* A quoted JSON string; bytes that are not printable ASCII become \u00XX. */
void record_string(FILE *f, const char *s, size_t len);
/* "key":"value", */
void record_text(FILE *f, const char *key, const char *value);
/* "key":number, */
void record_number(FILE *f, const char *key, long long value);
/* "key":["16 hex digits",...], each instruction as its eight bytes in memory order. */
void record_insns(FILE *f, const char *key, const struct bpf_insn *insns, unsigned int count);
/* "key":[[insn_off,file_name_off,line_off,line,column],...], */
void record_line_info(FILE *f, const char *key, const void *info, unsigned int count, unsigned int rec_size);

#endif
