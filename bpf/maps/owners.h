/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * owners: socket -> the process that connects it. Written by tp_connects, before sockops_enrol
 * reads it; goes with the socket.
 */
#ifndef CUT_MAPS_OWNERS_H
#define CUT_MAPS_OWNERS_H

#include "../abi/owner.h"

struct {
	__uint(type, BPF_MAP_TYPE_SK_STORAGE);
	__uint(map_flags, BPF_F_NO_PREALLOC);
	__type(key, int);
	__type(value, struct cut_owner);
} owners SEC(".maps");

#endif
