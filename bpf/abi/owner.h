/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* The process that opened a connection, or serves it, as the kernel knew it at that moment. */
#ifndef CUT_ABI_OWNER_H
#define CUT_ABI_OWNER_H

#include "types.h"

#define CUT_COMM_BYTES 16 /* TASK_COMM_LEN */

struct cut_owner {
	__u64 cgroup;		   /* id of its cgroup v2; 0: not known */
	__u32 pid;		   /* as the controller counts processes; 0: not known */
	char comm[CUT_COMM_BYTES]; /* of the process, not of its thread; ends with a 0 */
	__u32 reserved;
};

CUT_ASSERT_SIZE(cut_owner, 32);

#endif
