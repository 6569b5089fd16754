/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Of a trace: both tc hooks of every interface, of loopback the egress. Either end of a connection
 * may be looked at, so a segment is what the target sends or what it receives, wherever it is met.
 */
#ifndef CUT_PROG_TC_LOOK_H
#define CUT_PROG_TC_LOOK_H

#include "admit.h"
#include "segment.h"

/* False: of no flow. */
static __always_inline bool look_at_sent(struct __sk_buff *skb, struct cut_packet *packet)
{
	struct cut_flow *flow = flow_of_sent(skb, packet);

	if (!flow)
		return false;
	flow_sends(skb, flow, packet);
	if (flow->head.service == CUT_SERVICE_NOBODY)
		flow_forget(packet, flow->head.cookie);
	return true;
}

static __always_inline void look_at_received(struct __sk_buff *skb, struct cut_packet *packet)
{
	struct cut_flow *flow;

	packet_turn(packet);
	flow = flow_of_segment(&packet->tuple);
	if (flow)
		flow_receives(skb, flow, packet);
}

static __always_inline int look(struct __sk_buff *skb, __u32 network)
{
	struct cut_packet *packet = packet_of_this_cpu();

	/* Of a run that acts it is no part: the verifier need not look at it. */
	if (!only_looks)
		return CUT_TCX_NEXT;
	if (!packet || packet_is_own(skb) || !packet_read(skb, CUT_EITHER, network, packet))
		return CUT_TCX_NEXT;
	if (packet_may_be_sent(packet) && look_at_sent(skb, packet))
		return CUT_TCX_NEXT;
	if (wire_port_used(packet->tuple.local_port))
		look_at_received(skb, packet);
	return CUT_TCX_NEXT;
}

SEC("tc")
int tc_look(struct __sk_buff *skb)
{
	return look(skb, CUT_ETHERNET_HEADER);
}

/* Interfaces without a link-layer header: TUN, WireGuard. */
SEC("tc")
int tc_look_l3(struct __sk_buff *skb)
{
	return look(skb, 0);
}

#endif
