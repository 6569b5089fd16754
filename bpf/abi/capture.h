/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * A segment around a cut, as evidence. The programs record it, because nobody else can: what they
 * swallow on its way out never reaches a packet socket.
 */
#ifndef CUT_ABI_CAPTURE_H
#define CUT_ABI_CAPTURE_H

#include "types.h"

enum cut_capturing {
	CUT_CAPTURES_NOTHING = 0,
	CUT_CAPTURES_HEADERS,  /* of the network and of TCP, with options: not one byte behind them
				*/
	CUT_CAPTURES_PAYLOADS, /* too; of every segment, so that those before a cut have theirs */
};

#define CUT_CAPTURES_BEFORE 4	/* segments that a flow remembers, of each direction */
#define CUT_CAPTURES_DURING 256 /* of a flow while it is cut, per firing */
#define CUT_CAPTURES_AFTER 16	/* of a flow that is not cut any more, or never was */

/* Bytes of a segment before the cut: of IPv6 and of TCP, with 20 of options. */
#define CUT_CAPTURE_HEADERS 80
#define CUT_CAPTURE_SNAP 2048	   /* bytes of a packet */
#define CUT_CAPTURE_SNAP_CUT 16384 /* of one in which a rule fired */

/* What became of the segment. */
enum cut_fate {
	CUT_FATE_PASSED = 0,
	CUT_FATE_SHORTENED, /* to `passed` bytes of its payload */
	CUT_FATE_SWALLOWED,
	CUT_FATE_HELD,	  /* but for the first `passed` bytes */
	CUT_FATE_SENT_ON, /* it had been held */
	CUT_FATE_REFUSED, /* a SYN: its answer went back */
};

/* `size` bytes follow it, from the network header on, as they were before anything was cut off. */
struct cut_capture {
	__u64 ns;	/* CLOCK_MONOTONIC */
	__u64 flow;	/* cookie of the target's socket */
	__u32 length;	/* of the packet, from its network header on */
	__u32 payload;	/* bytes of it behind the TCP header */
	__u32 passed;	/* of those, from the first one on */
	__u32 size;	/* bytes that were recorded */
	__u32 fired;	/* bit set of the rules that fired in it */
	__u8 direction; /* enum cut_direction */
	__u8 fate;	/* enum cut_fate */
	__u8 rule;	/* whose cut it met; CUT_NO_RULE: none */
	__u8 before;	/* 1: wanted only if a rule fires on its flow later on */
};

CUT_ASSERT_SIZE(cut_capture, 40);

#endif
