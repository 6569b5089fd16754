/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * target_cgroups: 0 -> the target's cgroup: only its processes are looked at, by programs that are
 * called for every process. Written by the controller before they are attached.
 */
#ifndef CUT_MAPS_TARGET_CGROUPS_H
#define CUT_MAPS_TARGET_CGROUPS_H

struct {
	__uint(type, BPF_MAP_TYPE_CGROUP_ARRAY);
	__uint(max_entries, 1);
	__type(key, __u32);
	__type(value, __u32);
} target_cgroups SEC(".maps");

#endif
