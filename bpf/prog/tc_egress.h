/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* tc egress of every interface in the target's network namespace: what the target sends. */
#ifndef CUT_PROG_TC_EGRESS_H
#define CUT_PROG_TC_EGRESS_H

#include "../maps/sockets.h"
#include "join.h"
#include "segment.h"

/*
 * The first segment that an enrolled socket sends shows its tuple on the wire. That is new, or was
 * used by a connection that has ended: nothing is inherited. NULL: no room.
 */
static __always_inline struct cut_flow *
egress_open(struct cut_packet *packet, struct cut_socket *socket, __u64 cookie, __u32 device)
{
	struct cut_flow *flow = flow_create(&packet->tuple);

	if (!flow) {
		count(CUT_COUNT_FLOWS_FULL);
		return NULL;
	}
	flow->head.cookie = cookie;
	flow->head.device = device;
	flow->head.service = socket->service;
	flow->named = socket->named;
	flow->head.joined = socket->joined;
	flow->head.opened_ns = bpf_ktime_get_ns();
	socket->tuple = packet->tuple;
	socket->seen = 1;
	wire_port_use(packet->tuple.remote_port);
	return flow;
}

/* A SYN. NULL: not the target's. With a stack of its own, off that of the reading. */
static __noinline struct cut_flow *egress_enrol(struct __sk_buff *skb, struct cut_packet *packet,
						struct cut_flow *flow)
{
	__u64 cookie = bpf_get_socket_cookie(skb);
	struct cut_socket *socket = socket_lookup(cookie);

	if (flow && (flow->head.cookie == cookie || !socket))
		return flow;
	if (!socket)
		return NULL;
	flow = egress_open(packet, socket, cookie, skb->ifindex);
	if (flow)
		report_opened(flow, &packet->tuple, packet->segment.seq);
	return flow;
}

/* A segment of no known flow: of a socket that has joined, perhaps. NULL: not the target's. */
static __noinline struct cut_flow *egress_join(struct __sk_buff *skb, struct cut_packet *packet)
{
	__u64 cookie = bpf_get_socket_cookie(skb);
	struct cut_socket *socket = socket_lookup(cookie);
	struct cut_flow *flow;

	if (!socket || !socket->joined || socket->seen || socket->service >= CUT_MAX_SERVICES)
		return NULL;
	flow = egress_open(packet, socket, cookie, skb->ifindex);
	if (!flow)
		return NULL;
	__sync_fetch_and_add(&joins_unseen, -1);
	if (socket->synchronised)
		flow_synchronise(flow, socket->word, socket->sent, socket->received, CUT_SYNC_ON);
	return flow;
}

/* Of no service, as its ClientHello told: its segments pass unseen from here on. */
static __noinline void egress_forget(struct cut_packet *packet, __u64 cookie)
{
	bpf_map_delete_elem(&sockets, &cookie);
	flow_delete(packet->tuple);
}

static __always_inline int egress(struct __sk_buff *skb, __u32 network)
{
	struct cut_packet *packet = packet_of_this_cpu();
	struct cut_flow *flow;
	int verdict;

	if (!packet || skb->mark == own_mark || !packet_read(skb, CUT_EGRESS, network, packet))
		return CUT_TCX_NEXT;
	flow = flow_lookup(&packet->tuple);
	if (!only_looks && skb->mark == held_mark)
		return flow_goes_on(skb, flow, packet, CUT_UPSTREAM);
	if (packet->segment.syn && !packet->segment.ack)
		flow = egress_enrol(skb, packet, flow);
	else if (!flow && joins_unseen)
		flow = egress_join(skb, packet);
	if (!flow)
		return CUT_TCX_NEXT;
	verdict = flow_sends(skb, flow, packet);
	if (flow->head.service == CUT_SERVICE_NOBODY)
		egress_forget(packet, flow->head.cookie);
	if (only_looks)
		return CUT_TCX_NEXT;
	CUT_OWN_BRANCH(verdict);
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
