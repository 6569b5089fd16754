/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * tc ingress of every interface in the target's network namespace, and of loopback the egress: what
 * the target receives.
 */
#ifndef CUT_PROG_TC_INGRESS_H
#define CUT_PROG_TC_INGRESS_H

#include "segment.h"

static __always_inline int ingress(struct __sk_buff *skb, __u32 network)
{
	struct cut_packet *packet = packet_of_this_cpu();
	struct cut_flow *flow;

	if (!packet)
		return usual_code_down();
	if (packet_is_own(skb) || !packet_read(skb, CUT_INGRESS, network, packet))
		return CUT_TCX_NEXT;
	flow = flow_of_segment(&packet->tuple);
	if (packet_was_held(skb))
		return flow_goes_on(skb, flow, packet, CUT_DOWNSTREAM);
	return flow ? flow_receives(skb, flow, packet) : CUT_TCX_NEXT;
}

SEC("tc")
int tc_ingress(struct __sk_buff *skb)
{
	return ingress(skb, CUT_ETHERNET_HEADER);
}

SEC("tc")
int tc_ingress_l3(struct __sk_buff *skb)
{
	return ingress(skb, 0);
}

#endif
