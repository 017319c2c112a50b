// SPDX-License-Identifier: GPL-2.0-only
#include "record.h"

#include <string.h>

void record_string(FILE *f, const char *s, size_t len)
{
	fputc('"', f);
	for (size_t i = 0; i < len; i++) {
		unsigned char c = s[i];

		if (c == '"' || c == '\\')
			fprintf(f, "\\%c", c);
		else if (c == '\n')
			fputs("\\n", f);
		else if (c < 0x20 || c > 0x7e)
			fprintf(f, "\\u%04x", c);
		else
			fputc(c, f);
	}
	fputc('"', f);
}

static void record_key(FILE *f, const char *key)
{
	fprintf(f, "\"%s\":", key);
}

void record_text(FILE *f, const char *key, const char *value)
{
	record_key(f, key);
	record_string(f, value ? value : "", value ? strlen(value) : 0);
	fputs(",\n", f);
}

void record_number(FILE *f, const char *key, long long value)
{
	record_key(f, key);
	fprintf(f, "%lld,\n", value);
}

void record_insns(FILE *f, const char *key, const struct bpf_insn *insns, unsigned int count)
{
	static const char digits[] = "0123456789abcdef";
	const unsigned char *byte = (const unsigned char *)insns;

	record_key(f, key);
	fputc('[', f);
	for (unsigned int i = 0; i < count; i++) {
		char text[20];
		char *at = text;

		if (i)
			*at++ = ',';
		*at++ = '"';
		for (int b = 0; b < 8; b++, byte++) {
			*at++ = digits[*byte >> 4];
			*at++ = digits[*byte & 15];
		}
		*at++ = '"';
		fwrite(text, 1, at - text, f);
	}
	fputs("],\n", f);
}

void record_line_info(FILE *f, const char *key, const void *info, unsigned int count, unsigned int rec_size)
{
	record_key(f, key);
	fputc('[', f);
	for (unsigned int i = 0; i < count; i++) {
		const struct bpf_line_info *line = (const void *)((const char *)info + (size_t)i * rec_size);

		fprintf(f, "%s[%u,%u,%u,%u,%u]", i ? "," : "", line->insn_off, line->file_name_off, line->line_off,
			BPF_LINE_INFO_LINE_NUM(line->line_col), BPF_LINE_INFO_LINE_COL(line->line_col));
	}
	fputs("],\n", f);
}
