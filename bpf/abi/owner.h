/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* The process that opened a connection, as the kernel knew it at that moment. */
#ifndef CUT_ABI_OWNER_H
#define CUT_ABI_OWNER_H

#include "types.h"

#define CUT_COMM_BYTES 16 /* TASK_COMM_LEN */

struct cut_owner {
	__u32 pid;		   /* as the controller counts processes; 0: not known */
	char comm[CUT_COMM_BYTES]; /* of the process, not of its thread; ends with a 0 */
};

CUT_ASSERT_SIZE(cut_owner, 20);

#endif
