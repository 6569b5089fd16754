/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Looks for one option of a TCP header (RFC 9293, 3.2). */
#ifndef CUT_PROG_TCP_OPTIONS_H
#define CUT_PROG_TCP_OPTIONS_H

#include "packet.h"

#define CUT_TCP_MAX_OPTIONS 40 /* bytes */
#define CUT_TCP_OPTION_END 0   /* these two are one byte long, all others say how long they are */
#define CUT_TCP_OPTION_PADDING 1
#define CUT_TCP_OPTION_SACK 5	    /* RFC 2018, 3 */
#define CUT_TCP_OPTION_MULTIPATH 30 /* RFC 8684, 3 */

struct cut_option_walk {
	struct __sk_buff *skb;
	__u32 at; /* offset into the skb, of the next option, or of the wanted one */
	__u32 end;
	__u8 wanted;
	__u8 found;
};

static long option_step(__u32 index, void *context)
{
	struct cut_option_walk *walk = context;
	__u8 option[2]; /* kind, and length or whatever follows */

	if (walk->at + sizeof(option) > walk->end ||
	    bpf_skb_load_bytes(walk->skb, walk->at, option, sizeof(option)) ||
	    option[0] == CUT_TCP_OPTION_END)
		return 1;
	walk->found = option[0] == walk->wanted;
	if (!walk->found)
		walk->at += option[0] == CUT_TCP_OPTION_PADDING ? 1 : option[1];
	return walk->found;
}

/* Its offset into the skb; 0: the segment has none. */
CUT_GLOBAL int tcp_option_find(struct __sk_buff *skb, const struct cut_packet *packet, __u8 wanted)
{
	struct cut_option_walk walk = {.skb = skb, .wanted = wanted};

	if (!packet)
		return 0;
	walk.at = packet->transport + sizeof(struct tcphdr);
	walk.end = packet->payload;
	bpf_loop(CUT_TCP_MAX_OPTIONS, option_step, &walk, 0);
	return walk.found ? walk.at : 0;
}

#endif
