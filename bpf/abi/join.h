/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Connections that the target had open before the programs were attached: pools. */
#ifndef CUT_ABI_JOIN_H
#define CUT_ABI_JOIN_H

#include "endpoint.h"

/* What the controller knows of one of the target's sockets. */
struct cut_join_wish {
	__u32 sent;	/* TCP sequence numbers at which the service was seen to rest */
	__u32 received; /* … of what the target was sent */
	__u32 peer;	/* who serves the connection: of PostgreSQL, the backend's pid */
	__u8 rests;	/* 1: a message has ended there, both ways */
	__u8 word;	/* what the service said last: of PostgreSQL, ReadyForQuery's status */
	__u8 accepts;	/* of a trace, 1: the socket is joined although it was accepted */
	__u8 reserved;
};

/* What the kernel says of it. */
struct cut_join_sight {
	__u64 inode;
	__u64 cookie;
	struct cut_tuple tuple; /* as the socket has it, before any NAT; local: the client */
	__u32 sent;		/* next to be sent by the client (its snd_nxt) */
	__u32 received;		/* next to be received by it (rcv_nxt) */
	__u8 service;
	__u8 quiet;	   /* 1: nothing is on its way, and the service spoke last */
	__u8 synchronised; /* 1: its message boundaries are known */
	__u8 accepted;	   /* 1: it is the service's socket; joined only if that is wished */
};

CUT_ASSERT_SIZE(cut_join_wish, 16);
CUT_ASSERT_SIZE(cut_join_sight, 64);

#endif
