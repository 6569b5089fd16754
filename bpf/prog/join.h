/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* A connection that was open before: its flow begins in the middle. */
#ifndef CUT_PROG_JOIN_H
#define CUT_PROG_JOIN_H

#include "../maps/counters.h"
#include "../maps/events.h"
#include "../maps/services.h"
#include "../maps/sockets.h"
#include "packet.h"
#include "protocol.h"

/* Joined sockets that have not sent a segment since: as long as there are any, prog/admit.h looks.
 */
__u32 joins_unseen;

static __always_inline void line_start(struct cut_line *line, __u32 next)
{
	line->delivered = next;
	line->started = 1;
}

/* From the first byte of its payload on. */
static __always_inline void flow_start(struct cut_flow *flow, enum cut_direction direction,
				       __u32 first)
{
	flow->next_seq[direction] = first;
	flow->first_seq[direction] = first;
	line_start(&flow->head.line[direction], first - 1);
	flow->head.line[direction].sync = CUT_SYNC_ON;
}

/* Both directions stand between two messages, for certain (ON) or probably (TRIAL). */
static __always_inline void flow_synchronise(struct cut_flow *flow, __u8 word, __u32 sent,
					     __u32 received, enum cut_sync sync)
{
	if (!protocol_join(flow, word))
		return;
	flow->skip[CUT_UPSTREAM] = 0;
	flow->skip[CUT_DOWNSTREAM] = 0;
	flow->next_seq[CUT_UPSTREAM] = sent;
	flow->next_seq[CUT_DOWNSTREAM] = received;
	line_start(&flow->head.line[CUT_UPSTREAM], sent);
	line_start(&flow->head.line[CUT_DOWNSTREAM], received);
	flow->head.line[CUT_UPSTREAM].sync = sync;
	flow->head.line[CUT_DOWNSTREAM].sync = sync;
}

static __always_inline void join_report(const struct cut_tuple *tuple,
					const struct cut_socket *socket, __u64 cookie)
{
	struct cut_event *event = event_reserve(CUT_EVENT_FLOW_JOINED, tuple);

	if (!event)
		return;
	event->flow = cookie;
	event->service = socket->service;
	event->begin = socket->sent;
	event->end = socket->received;
	event->attr[0] = socket->synchronised;
	event->attr[1] = socket->peer;
	event_submit(event);
}

/* What the service says in the last bytes of its segment; 0: nothing that ends an answer. */
static __always_inline __u8 segment_rest_word(struct __sk_buff *skb, const struct cut_flow *flow,
					      const struct cut_packet *packet)
{
	__u8 bytes[CUT_REST_BYTES];

	if (packet->segment.length < CUT_REST_BYTES ||
	    bpf_skb_load_bytes(skb, packet->payload + packet->segment.length - CUT_REST_BYTES,
			       bytes, CUT_REST_BYTES))
		return 0;
	return protocol_rest_word(flow, bytes);
}

/*
 * Looks for a boundary in a joined flow that was busy. The service's segment ends in the words with
 * which it ends its answers; the target has received just that, has nothing unacknowledged, and
 * asks anew. Rows may hold such bytes, too, so both directions are parsed on trial from here on.
 */
static __always_inline void flow_seek(struct __sk_buff *skb, struct cut_flow *flow,
				      const struct cut_packet *packet, enum cut_direction direction)
{
	const struct cut_line *up = &flow->head.line[CUT_UPSTREAM];

	if (direction == CUT_DOWNSTREAM) {
		flow->rest_word = segment_rest_word(skb, flow, packet);
		flow->rest_end = packet->segment.seq + packet->segment.length;
	} else if (flow->rest_word && packet->acknowledged == flow->rest_end && up->acks &&
		   up->acked == packet->segment.seq) {
		flow_synchronise(flow, flow->rest_word, packet->segment.seq, flow->rest_end,
				 CUT_SYNC_TRIAL);
	}
}

/* The service has answered all that it was asked on trial, in step: the boundaries are proven. */
static __always_inline void flow_end_trial(struct cut_flow *flow, const struct cut_packet *packet)
{
	struct cut_socket *socket = socket_lookup(flow->head.cookie);

	if (!socket || flow->skip[CUT_UPSTREAM] || flow->skip[CUT_DOWNSTREAM] ||
	    !protocol_rests(flow))
		return;
	flow->head.line[CUT_UPSTREAM].sync = CUT_SYNC_ON;
	flow->head.line[CUT_DOWNSTREAM].sync = CUT_SYNC_ON;
	socket->synchronised = 1;
	socket->sent = flow->next_seq[CUT_UPSTREAM];
	socket->received = flow->next_seq[CUT_DOWNSTREAM];
	join_report(&packet->tuple, socket, flow->head.cookie);
}

static __always_inline void flow_fail_trial(struct cut_flow *flow)
{
	flow->rest_word = 0;
	flow->head.line[CUT_UPSTREAM].sync = CUT_SYNC_NONE;
	flow->head.line[CUT_DOWNSTREAM].sync = CUT_SYNC_NONE;
}

#endif
