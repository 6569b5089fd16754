/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Addresses as both sides see them: always 16 bytes, IPv4 as ::ffff:a.b.c.d (RFC 4291, 2.5.5.2). */
#ifndef CUT_ABI_ENDPOINT_H
#define CUT_ABI_ENDPOINT_H

#include "types.h"

struct cut_address {
	__u32 word[4]; /* network byte order */
};

/* A service's address, as the application connects to it (before any NAT). */
struct cut_endpoint {
	struct cut_address address;
	__u16 port; /* host byte order */
	__u16 reserved;
};

/*
 * One TCP connection as its segments show it on the wire, seen from the target's socket. The
 * network namespace is not part of it: the programs are attached in the target's namespace only.
 */
struct cut_tuple {
	struct cut_address local;
	struct cut_address remote;
	__u16 local_port;  /* host byte order */
	__u16 remote_port; /* host byte order */
};

CUT_ASSERT_SIZE(cut_endpoint, 20);
CUT_ASSERT_SIZE(cut_tuple, 36);

#endif
