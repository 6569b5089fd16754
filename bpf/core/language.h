/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * What lets one source serve three compilers: clang for BPF, a host C++ compiler for the unit tests
 * and libFuzzer's clang. Code in core/ and proto/ holds no maps and calls no helpers.
 */
#ifndef CUT_CORE_LANGUAGE_H
#define CUT_CORE_LANGUAGE_H

#include "../abi/types.h"
#include "workarounds.h"

/*
 * CUT_APART: what is seldom run, so that it does not lie between what is run for each segment. Of
 * that every cache line counts.
 */
#ifdef __bpf__
#define CUT_INLINE static __always_inline
#define CUT_APART static __noinline
#else
#define CUT_INLINE static inline
#define CUT_APART static inline
#ifndef __cplusplus
#include <stdbool.h>
#endif
#endif

/* Of a word as it lies in memory, the most significant byte first: its value. */
CUT_INLINE __u64 cut_big_endian(__u64 word)
{
#if __BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__
	return __builtin_bswap64(word);
#else
	return word;
#endif
}

/* TCP sequence numbers are compared modulo 2^32 (RFC 9293, 3.4). */
CUT_INLINE bool cut_seq_before(__u32 a, __u32 b)
{
	return (__s32)(a - b) < 0;
}

CUT_INLINE __u32 cut_seq_max(__u32 a, __u32 b)
{
	return cut_seq_before(a, b) ? b : a;
}

#endif
