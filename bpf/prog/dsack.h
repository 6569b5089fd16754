/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * What a receiver says of bytes that it has got twice: an acknowledgement whose first SACK block
 * lies below the acknowledged number (RFC 2883, 4).
 */
#ifndef CUT_PROG_DSACK_H
#define CUT_PROG_DSACK_H

#include "multipath.h"
#include "report.h"

#define CUT_TCP_OPTION_SACK 5

struct cut_sack_walk {
	struct cut_option_walk options;
	__be32 block[2];
};

static long sack_step(__u32 index, void *context)
{
	struct cut_sack_walk *walk = context;
	__u8 option[2]; /* kind, and length or whatever follows */

	if (walk->options.at + sizeof(option) > walk->options.end ||
	    bpf_skb_load_bytes(walk->options.skb, walk->options.at, option, sizeof(option)) ||
	    option[0] == CUT_TCP_OPTION_END)
		return 1;
	if (option[0] == CUT_TCP_OPTION_SACK) {
		walk->options.found = !bpf_skb_load_bytes(walk->options.skb, walk->options.at + 2,
							  walk->block, sizeof(walk->block));
		return 1;
	}
	walk->options.at += option[0] == CUT_TCP_OPTION_PADDING ? 1 : option[1];
	return 0;
}

/* `direction`: of the bytes that were sent twice. */
CUT_GLOBAL int flow_look_for_dsack(struct __sk_buff *skb, struct cut_flow *flow,
				   const struct cut_packet *packet, enum cut_direction direction)
{
	struct cut_sack_walk walk = {.options = {.skb = skb}};
	struct cut_event *event;

	if (!flow || !packet)
		return 0;
	walk.options.at = packet->transport + sizeof(struct tcphdr);
	walk.options.end = packet->payload;
	bpf_loop(CUT_TCP_MAX_OPTIONS, sack_step, &walk, 0);
	if (!walk.options.found || cut_seq_before(packet->acknowledged, bpf_ntohl(walk.block[1])))
		return 0;
	flow->duplicated &= ~(1 << (direction & 1));
	event = event_reserve(CUT_EVENT_DSACK, &packet->tuple);
	if (!event)
		return 0;
	event->flow = flow->head.cookie;
	event->service = flow->head.service;
	event->direction = direction;
	event->begin = bpf_ntohl(walk.block[0]);
	event->end = bpf_ntohl(walk.block[1]);
	event_submit(event);
	return 0;
}

#endif
