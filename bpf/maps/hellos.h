/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * hellos: which SSL object has written which ClientHello, by the 32 random bytes in it (RFC 8446,
 * 4.1.2). Written by uprobe_bio_write, read by prog/tie.h as it leaves. A slot is chosen by the
 * first of these bytes; a newer one takes it over, which costs a connection its coverage, and is
 * counted as such.
 */
#ifndef CUT_MAPS_HELLOS_H
#define CUT_MAPS_HELLOS_H

#include "flows.h"

#define CUT_HELLOS 4096

struct cut_hello {
	struct cut_tls_random random;
	struct cut_session_key session;
};

struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, CUT_HELLOS);
	__type(key, __u32);
	__type(value, struct cut_hello);
} hellos SEC(".maps");

static __always_inline struct cut_hello *hello_slot(const struct cut_tls_random *random)
{
	__u32 slot = ((__u32)random->byte[0] << 8 | random->byte[1]) & (CUT_HELLOS - 1);

	return bpf_map_lookup_elem(&hellos, &slot);
}

#endif
