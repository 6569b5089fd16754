/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Of which flow a segment is that the client sends: known, new, or of one that joins; and which are
 * nobody's after all.
 */
#ifndef CUT_PROG_ADMIT_H
#define CUT_PROG_ADMIT_H

#include "../maps/sockets.h"
#include "join.h"
#include "report.h"

/*
 * The first segment that an enrolled socket sends shows its tuple on the wire. That is new, or was
 * used by a connection that has ended: nothing is inherited. NULL: no room.
 */
static __always_inline struct cut_flow *
sent_open(struct cut_packet *packet, struct cut_socket *socket, __u64 cookie, __u32 device)
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
static __noinline struct cut_flow *sent_enrol(struct __sk_buff *skb, struct cut_packet *packet,
					      struct cut_flow *flow)
{
	__u64 cookie = bpf_get_socket_cookie(skb);
	struct cut_socket *socket = socket_lookup(cookie);

	if (flow && (flow->head.cookie == cookie || !socket))
		return flow;
	if (!socket)
		return NULL;
	flow = sent_open(packet, socket, cookie, skb->ifindex);
	if (flow)
		report_opened(flow, &packet->tuple, packet->segment.seq);
	return flow;
}

/* A segment of no known flow: of a socket that has joined, perhaps. NULL: not the target's. */
static __noinline struct cut_flow *sent_join(struct __sk_buff *skb, struct cut_packet *packet)
{
	__u64 cookie = bpf_get_socket_cookie(skb);
	struct cut_socket *socket = socket_lookup(cookie);
	struct cut_flow *flow;

	if (!socket || !socket->joined || socket->seen || socket->service >= CUT_MAX_SERVICES)
		return NULL;
	flow = sent_open(packet, socket, cookie, skb->ifindex);
	if (!flow)
		return NULL;
	__sync_fetch_and_add(&joins_unseen, -1);
	if (socket->synchronised)
		flow_synchronise(flow, socket->word, socket->sent, socket->received, CUT_SYNC_ON);
	return flow;
}

/* Of no service, as its ClientHello told: its segments pass unseen from here on. */
static __noinline void flow_forget(struct cut_packet *packet, __u64 cookie)
{
	bpf_map_delete_elem(&sockets, &cookie);
	flow_delete(packet->tuple);
}

/* NULL: not the target's. */
static __always_inline struct cut_flow *flow_of_sent(struct __sk_buff *skb,
						     struct cut_packet *packet)
{
	struct cut_flow *flow = flow_of_segment(&packet->tuple);

	if (packet_connects(packet))
		return sent_enrol(skb, packet, flow);
	if (!flow && joins_unseen)
		return sent_join(skb, packet);
	return flow;
}

#endif
