/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Every construct that is here for a compiler's or the verifier's sake, with its symptom. */
#ifndef CUT_CORE_WORKAROUNDS_H
#define CUT_CORE_WORKAROUNDS_H

/*
 * Hides a value's history from the optimiser, so that the bound which follows is computed in the
 * register that is used, where the verifier sees it. Symptom without it (clang 14, kernel 6.18):
 * "R2 unbounded memory access" although the source has just masked the index. And where
 * two branches read different context fields: the loads are merged into one with a computed offset,
 * "dereference of modified ctx ptr R1 off=24 disallowed"; so they are read before, and hidden.
 */
#ifdef __bpf__
#define CUT_OPAQUE(variable) asm volatile("" : "+r"(variable))
#else
#define CUT_OPAQUE(variable) ((void)(variable))
#endif

/*
 * `size`, which is from 1 to `limit`, a power of two, in a way that the verifier sees it. Symptom
 * of comparing it (kernel 6.1, which learns nothing from "is not 0"): "invalid access to map value,
 * value_size=304 off=8 size=0".
 */
#define CUT_BOUND(size, limit)                                                                     \
	({                                                                                         \
		__u32 below = (size)-1;                                                            \
		CUT_OPAQUE(below);                                                                 \
		(below & ((limit)-1)) + 1;                                                         \
	})

/*
 * A function that the verifier looks at once, by itself, with nothing known of its arguments (so
 * its pointers are checked for NULL), instead of once per path that leads to it. Symptom without it
 * (kernel 6.18): "BPF program is too large. Processed 1000001 insn"; with it, about 20,000.
 * Before kernel 6.2 no map takes such a pointer for a key or a value: "R2 type=mem expected=fp,
 * pkt, pkt_meta, map_key, map_value".
 */
#ifdef __bpf__
#define CUT_GLOBAL __noinline
#else
#define CUT_GLOBAL static inline
#endif

/*
 * Loads `word` from an address that is no multiple of its size. Symptom without it (clang 14): a
 * load for each byte, and shifts.
 */
#ifdef __bpf__
#define CUT_LOAD(word, from) ((word) = *(const __typeof__(word) *)(from))
#else
#define CUT_LOAD(word, from) __builtin_memcpy(&(word), from, sizeof(word))
#endif

/*
 * Keeps a short loop a loop. Symptom without it (clang 14): unrolled bodies spill so much that the
 * call chain needs more than the 512 bytes of stack that a program has.
 */
#ifdef __clang__
#define CUT_NO_UNROLL _Pragma("clang loop unroll(disable)")
#else
#define CUT_NO_UNROLL
#endif

#endif
