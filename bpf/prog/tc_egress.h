/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* tc egress of every interface in the target's network namespace: what the target sends. */
#ifndef CUT_PROG_TC_EGRESS_H
#define CUT_PROG_TC_EGRESS_H

#include "admit.h"
#include "segment.h"

static __always_inline int egress(struct __sk_buff *skb, __u32 network)
{
	struct cut_packet *packet = packet_of_this_cpu();
	struct cut_flow *flow;
	int verdict;

	if (!packet)
		return usual_code_up();
	if (packet_is_own(skb) || !packet_read(skb, CUT_EGRESS, network, packet))
		return CUT_TCX_NEXT;
	if (packet_was_held(skb))
		return flow_goes_on(skb, flow_lookup(&packet->tuple), packet, CUT_UPSTREAM);
	flow = flow_of_sent(skb, packet);
	if (!flow)
		return CUT_TCX_NEXT;
	verdict = flow_sends(skb, flow, packet);
	if (flow->head.service == CUT_SERVICE_NOBODY)
		flow_forget(packet, flow->head.cookie);
	return verdict;
}

SEC("tc")
int tc_egress(struct __sk_buff *skb)
{
	return egress(skb, CUT_ETHERNET_HEADER);
}

/* Interfaces without a link-layer header: TUN, WireGuard. */
SEC("tc")
int tc_egress_l3(struct __sk_buff *skb)
{
	return egress(skb, 0);
}

#endif
