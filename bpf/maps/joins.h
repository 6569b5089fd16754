/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * joins: inode of a socket that one of the target's processes has open -> what is known of it.
 * Written by the controller before each run of iter_join; read by that program alone.
 */
#ifndef CUT_MAPS_JOINS_H
#define CUT_MAPS_JOINS_H

#include "../abi/join.h"

struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, 16384);
	__type(key, __u64);
	__type(value, struct cut_join_wish);
} joins SEC(".maps");

#endif
