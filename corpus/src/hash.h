/* SPDX-License-Identifier: GPL-2.0-only */
/* Integer mixing in 32-bit arithmetic: every step defines a sub-register whose upper half the machine must clear. */
#ifndef CORPUS_HASH_H
#define CORPUS_HASH_H

#include <linux/types.h>

static inline __attribute__((always_inline)) __u32 rotate_left(__u32 x, __u32 by)
{
	return x << by | x >> (32 - by);
}

/* Xorshift-multiply finaliser with odd constants of our own choice. */
static inline __attribute__((always_inline)) __u32 mix(__u32 h)
{
	h ^= h >> 15;
	h *= 0x2c1b3c6d;
	h ^= h >> 12;
	h *= 0x297a2d39;
	h ^= h >> 15;
	return h;
}

static inline __attribute__((always_inline)) __u32 fold(__u32 h, __u32 word)
{
	h = rotate_left(h ^ word * 0x9e3779b1, 13);
	return h * 5 + 0x6b43a9b5;
}

#endif
