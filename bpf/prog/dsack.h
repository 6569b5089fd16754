/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * What a receiver says of bytes that it has got twice: an acknowledgement whose first SACK block
 * lies below the acknowledged number (RFC 2883, 4).
 */
#ifndef CUT_PROG_DSACK_H
#define CUT_PROG_DSACK_H

#include "report.h"
#include "tcp_options.h"

/* `direction`: of the bytes that were sent twice. */
CUT_GLOBAL int flow_look_for_dsack(struct __sk_buff *skb, struct cut_flow *flow,
				   const struct cut_packet *packet, enum cut_direction direction)
{
	struct cut_event *event;
	__be32 block[2];
	__u32 at;

	if (!flow || !packet)
		return 0;
	at = tcp_option_find(skb, packet, CUT_TCP_OPTION_SACK);
	if (!at || bpf_skb_load_bytes(skb, at + 2, block, sizeof(block)) ||
	    cut_seq_before(packet->acknowledged, bpf_ntohl(block[1])))
		return 0;
	flow->duplicated[direction & 1] = 0;
	event = flow_event(flow, &packet->tuple, CUT_EVENT_DSACK, direction);
	if (!event)
		return 0;
	event->begin = bpf_ntohl(block[0]);
	event->end = bpf_ntohl(block[1]);
	event_submit(event);
	return 0;
}

#endif
