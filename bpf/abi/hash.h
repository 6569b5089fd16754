/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * FNV-1a, 32 bits: how a text that is too long for an attribute is told apart from others. Both
 * sides compute it. Source: draft-eastlake-fnv.
 */
#ifndef CUT_ABI_HASH_H
#define CUT_ABI_HASH_H

#define CUT_HASH_SEED 2166136261u
#define CUT_HASH_NEXT(hash, byte) (((hash) ^ (byte)) * 16777619u)
/* Of a whole text: never 0, which stands for none. */
#define CUT_HASH_OF(hash) ((hash) ? (hash) : 1u)

#endif
