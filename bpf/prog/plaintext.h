/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Reads what an application hands to libssl, or gets from it, by the parser of its service: the one
 * as it is put into records, the other as it is returned. What was said waits in the session for
 * the tc programs (prog/tie.h).
 */
#ifndef CUT_PROG_PLAINTEXT_H
#define CUT_PROG_PLAINTEXT_H

#include "../maps/sessions.h"
#include "protocol.h"
#include "report.h"

/* Parser steps per record, or per read; what is left over is counted. */
#define CUT_PLAIN_STEPS 32768

struct cut_plain_walk {
	struct cut_session *session;
	__u64 next;  /* address, in the process, of the bytes behind the chunk */
	__u32 left;  /* how many they are */
	__u32 begin; /* number of the first byte */
	bool ended;
	struct cut_progress progress;
};

/* From here on nothing of it is tied to its bytes. The tc programs count it, once. */
static __always_inline void session_lose(struct cut_session *session)
{
	session->lost = 1;
}

/* A message that nobody waits for is only counted, here; the others where they are met. */
static __always_inline bool session_keeps(const struct cut_session *session,
					  const struct cut_facts *facts)
{
	const struct cut_service *service =
		&service_table[session->service & (CUT_SERVICE_SLOTS - 1)];

	if (facts->moments & (service->reported | service->armed) || facts->mismatch ||
	    facts->forgot)
		return true;
	message_count(session->service, facts);
	return false;
}

/* The message's last byte is in the record that is being made. */
CUT_GLOBAL int session_say(struct cut_session *session, __u32 record_begin)
{
	struct cut_said *said;

	if (!session || !session_keeps(session, &session->chunk.facts))
		return 0;
	if (session->said_tail - session->said_head >= CUT_SAID) {
		session_lose(session);
		return 0;
	}
	said = &session->said[session->said_tail & (CUT_SAID - 1)];
	said->facts = session->chunk.facts;
	said->record = session->last;
	said->earlier = cut_seq_before(said->facts.begin, record_begin);
	__sync_fetch_and_add(&session->said_tail, 1);
	return 0;
}

static __always_inline void session_tell(const struct cut_session *session,
					 enum cut_event_kind kind)
{
	const struct cut_facts *facts = &session->chunk.facts;
	struct cut_tuple tuple = session->tuple;
	struct cut_flow *flow = flow_lookup(&tuple);
	struct cut_event *event;

	if (!flow || flow->head.cookie != session->cookie)
		return;
	event = flow_event(flow, &tuple, kind, CUT_DOWNSTREAM);
	if (!event)
		return;
	event->moments = facts->moments;
	event->begin = flow->head.line[CUT_DOWNSTREAM].delivered;
	event->end = event->begin;
	event->flags = facts->flags;
	event->exchange = facts->exchange;
	for (int i = 0; i < CUT_MAX_ATTRIBUTES; i++)
		event->attr[i] = facts->attr[i];
	event_submit(event);
}

/* The application has read the message: it is told of now, and met with the flow's next segment. */
CUT_GLOBAL int session_hear(struct cut_session *session)
{
	const struct cut_service *service;

	if (!session || !session_keeps(session, &session->chunk.facts))
		return 0;
	service = &service_table[session->service & (CUT_SERVICE_SLOTS - 1)];
	message_count(session->service, &session->chunk.facts);
	if (session->chunk.facts.mismatch)
		session_tell(session, CUT_EVENT_MISMATCH);
	if (session->chunk.facts.moments & service->reported)
		session_tell(session, CUT_EVENT_MOMENT);
	if (!(session->chunk.facts.moments & service->armed))
		return 0;
	if (session->heard_tail - session->heard_head >= CUT_HEARD) {
		session_lose(session);
		return 0;
	}
	session->heard[session->heard_tail & (CUT_HEARD - 1)] = session->chunk.facts;
	__sync_fetch_and_add(&session->heard_tail, 1);
	return 0;
}

/* Fills the chunk; false: there is nothing more, or it cannot be read. */
static __always_inline bool plain_fill(struct cut_plain_walk *walk)
{
	__u32 size = walk->left < CUT_CHUNK ? walk->left : CUT_CHUNK;

	if (!size)
		return false;
	size = CUT_BOUND(size, CUT_CHUNK);
	if (bpf_probe_read_user(walk->session->chunk.bytes.byte, size, (void *)walk->next)) {
		session_lose(walk->session);
		return false;
	}
	walk->next += size;
	walk->left -= size;
	walk->progress.at = 0;
	walk->progress.filled = size;
	return true;
}

static __always_inline void plain_skip(struct cut_plain_walk *walk, enum cut_direction direction,
				       __u32 skip)
{
	__u32 in_chunk = walk->progress.filled - walk->progress.at;
	__u32 step = skip < in_chunk ? skip : in_chunk;

	walk->progress.at += step;
	walk->progress.seq += step;
	skip -= step;
	step = skip < walk->left ? skip : walk->left;
	walk->next += step;
	walk->left -= step;
	walk->progress.seq += step;
	walk->session->plain[direction].skip = skip - step;
}

static __always_inline void plain_message(struct cut_plain_walk *walk, enum cut_direction direction)
{
	if (direction == CUT_UPSTREAM)
		session_say(walk->session, walk->begin);
	else
		session_hear(walk->session);
}

static __always_inline long plain_finish(struct cut_plain_walk *walk, enum cut_direction direction)
{
	walk->ended = true;
	if (!walk->session->lost &&
	    protocol_flush(protocol_of_service(walk->session->service), &walk->session->protocol,
			   direction, &walk->session->chunk.facts) == CUT_PARSE_OK)
		plain_message(walk, direction);
	return 1;
}

static __always_inline long plain_step(struct cut_plain_walk *walk, enum cut_direction direction)
{
	switch (protocol_step(protocol_of_service(walk->session->service), &walk->session->protocol,
			      &walk->session->chunk, direction, &walk->progress)) {
	case CUT_PARSE_OK:
		plain_message(walk, direction);
		break;
	case CUT_PARSE_IGNORED:
		break;
	case CUT_PARSE_SKIP:
		plain_skip(walk, direction, walk->progress.skip);
		if (walk->session->plain[direction].skip)
			return plain_finish(walk, direction);
		break;
	case CUT_PARSE_MORE:
		if (!plain_fill(walk))
			return plain_finish(walk, direction);
		break;
	default:
		/* TLS in TLS, replication, or not of the protocol at all. */
		session_lose(walk->session);
		return plain_finish(walk, direction);
	}
	return 0;
}

static long plain_step_up(__u32 index, void *walk)
{
	return plain_step(walk, CUT_UPSTREAM);
}

static long plain_step_down(__u32 index, void *walk)
{
	return plain_step(walk, CUT_DOWNSTREAM);
}

/* Parses `length` bytes of the process at `address`, which follow those of the last call. */
static __always_inline void session_read(struct cut_session *session, enum cut_direction direction,
					 __u64 address, __u32 length)
{
	struct cut_plain *plain = &session->plain[direction];
	struct cut_plain_walk walk = {.session = session,
				      .next = address,
				      .left = length,
				      .begin = plain->seq,
				      .progress = {.seq = plain->seq}};

	plain_skip(&walk, direction, plain->skip);
	plain->seq += length;
	if (plain->skip)
		return;
	if (direction == CUT_UPSTREAM)
		bpf_loop(CUT_PLAIN_STEPS, plain_step_up, &walk, 0);
	else
		bpf_loop(CUT_PLAIN_STEPS, plain_step_down, &walk, 0);
	if (!walk.ended)
		session_lose(session);
}

#endif
