/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Events about a segment of a flow, in the one form that all programs use. */
#ifndef CUT_PROG_REPORT_H
#define CUT_PROG_REPORT_H

#include "../core/facts.h"
#include "../maps/events.h"
#include "../maps/flows.h"
#include "../maps/sockets.h"
#include "line.h"
#include "packet.h"
#include "settings.h"

/* Messages of a service, where somebody will ask how many there were: each moment is one's. */
static __always_inline void messages_count(__u8 service, __u64 moments, __u32 messages)
{
	if (!counting)
		return;
	count_several(CUT_COUNT_MESSAGES, messages);
	count_moments(service, moments);
}

static __always_inline void message_count(__u8 service, const struct cut_facts *facts)
{
	messages_count(service, facts->moments, 1);
}

/* To be filled and submitted; NULL: no room. */
static __always_inline struct cut_event *flow_event(const struct cut_flow *flow,
						    const struct cut_tuple *tuple,
						    enum cut_event_kind kind,
						    enum cut_direction direction)
{
	struct cut_event *event;

	/* Nothing is told of what may be nobody's. */
	if (flow->head.service >= CUT_MAX_SERVICES)
		return NULL;
	event = event_reserve(kind, tuple);
	if (!event)
		return NULL;
	event->flow = flow->head.cookie;
	event->service = flow->head.service;
	event->direction = direction;
	return event;
}

static __always_inline void report_opened(const struct cut_flow *flow,
					  const struct cut_tuple *tuple, __u32 seq)
{
	struct cut_event *event = flow_event(flow, tuple, CUT_EVENT_FLOW_OPENED, CUT_UPSTREAM);

	if (!event)
		return;
	event->begin = seq;
	if (only_looks) {
		const struct cut_socket *socket = socket_lookup(flow->head.cookie);

		if (socket)
			__builtin_memcpy(event->attr, &socket->owner, sizeof(socket->owner));
		event->end = flow->head.accepted != CUT_ACCEPTED_NONE;
	}
	event_submit(event);
}

CUT_GLOBAL int report_segment(const struct cut_flow *flow, const struct cut_packet *packet,
			      enum cut_event_kind kind, enum cut_direction direction,
			      enum cut_reason reason)
{
	const struct cut_line *line;
	struct cut_event *event;

	if (!flow || !packet)
		return 0;
	event = flow_event(flow, &packet->tuple, kind, direction);
	if (!event)
		return 0;
	line = &flow->head.line[direction & 1];
	event->begin = packet->segment.seq;
	event->end = cut_segment_end(&packet->segment);
	event->length = packet->segment.length;
	event->reason = reason;
	if (line->extent != CUT_EXTENT_NONE) {
		event->rule = line->rule;
		event->cut = line->cut_seq;
	}
	if (kind == CUT_EVENT_TRUNCATED && reason == CUT_REASON_STRADDLES_CUT)
		event->attr[0] = line->cut_seq - packet->segment.seq;
	event_submit(event);
	return 0;
}

/* What a message's event says beside its facts. */
struct cut_mention {
	__u32 cut_seq;
	__u8 kind;	/* enum cut_event_kind */
	__u8 direction; /* enum cut_direction */
	__u8 rule;	/* CUT_NO_RULE: none */
	__u8 reserved;
};

CUT_GLOBAL int report_facts(const struct cut_flow *flow, const struct cut_packet *packet,
			    const struct cut_facts *facts, const struct cut_mention *mention)
{
	struct cut_event *event;

	if (!flow || !packet || !facts || !mention)
		return 0;
	event = flow_event(flow, &packet->tuple, (enum cut_event_kind)mention->kind,
			   (enum cut_direction)mention->direction);
	if (!event)
		return 0;
	event->moments = facts->moments;
	event->begin = facts->begin;
	event->end = facts->end;
	event->length = packet->segment.length;
	event->flags = facts->flags;
	event->exchange = facts->exchange;
	event->rule = mention->rule;
	event->cut = mention->cut_seq;
	if (mention->kind == CUT_EVENT_FIRED)
		event->heals_ns = line_heals(&flow->head.line[mention->direction & 1]);
	for (int i = 0; i < CUT_MAX_ATTRIBUTES; i++)
		event->attr[i] = facts->attr[i];
	event_submit(event);
	return 0;
}

#endif
