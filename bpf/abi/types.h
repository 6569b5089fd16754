/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Fixed-width types and the layout assertion, for the kernel (vmlinux.h) and for the host. */
#ifndef CUT_ABI_TYPES_H
#define CUT_ABI_TYPES_H

#ifdef __bpf__
#include "vmlinux.h"
#define CUT_STATIC_ASSERT(condition, message) _Static_assert(condition, message)
#else
#include <linux/types.h>
#ifdef __cplusplus
#define CUT_STATIC_ASSERT(condition, message) static_assert(condition, message)
#else
#define CUT_STATIC_ASSERT(condition, message) _Static_assert(condition, message)
#endif
#endif

/* A shared struct is written once; its size is asserted wherever it is compiled. */
#define CUT_ASSERT_SIZE(type, bytes) CUT_STATIC_ASSERT(sizeof(struct type) == (bytes), #type)

#endif
