/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Flows that speak TLS: their records are read on the wire, what is in them by the uprobes
 * (prog/plaintext.h). A flow is tied to its SSL object by the random bytes of the ClientHello, a
 * message to its record by the record's first bytes. Where that is not certain nothing fires.
 */
#ifndef CUT_PROG_TIE_H
#define CUT_PROG_TIE_H

#include "../core/record.h"
#include "../maps/hellos.h"
#include "../maps/sessions.h"
#include "protocol.h"

/* NULL: there is none, or its SSL object speaks on another connection by now. */
static __always_inline struct cut_session *flow_session(const struct cut_flow *flow)
{
	struct cut_session_key key = flow->session;
	struct cut_session *session;

	if (!key.ssl)
		return NULL;
	session = session_lookup(&key);
	return session && session->cookie == flow->head.cookie ? session : NULL;
}

/* Its socket is gone: nothing more is said on it, whatever of it still leaves. */
static __always_inline void flow_leave_session(struct cut_flow *flow)
{
	struct cut_session *session = flow_session(flow);

	if (!session)
		return;
	session->ended = 1;
	/* No record came that could have told of it. */
	if (session->lost && flow->head.line[CUT_UPSTREAM].sync == CUT_SYNC_ON)
		count(CUT_COUNT_DESYNC_UNTIED);
}

static __always_inline void flow_end_session(const struct cut_flow *flow)
{
	struct cut_session_key key = flow->session;

	if (flow_session(flow))
		bpf_map_delete_elem(&sessions, &key);
}

/* The ClientHello leaves: false if no SSL object of the target was seen to write it. */
static __always_inline bool flow_open_session(struct cut_flow *flow)
{
	const struct cut_packet *packet = packet_of_this_cpu();
	struct cut_hello *hello = hello_slot(&flow->protocol.tls.random);
	struct cut_session_key key;
	struct cut_session *session;
	__u32 zero = 0;

	if (!packet || !hello || !cut_tls_same_random(&hello->random, &flow->protocol.tls.random))
		return false;
	key = hello->session;
	session = session_lookup(&key);
	/* After a HelloRetryRequest, or once a cut has let it pass. */
	if (session && session->cookie == flow->head.cookie) {
		flow->session = key;
		return true;
	}
	session = bpf_map_lookup_elem(&blank_sessions, &zero);
	if (!session || bpf_map_update_elem(&sessions, &key, session, BPF_ANY)) {
		count(CUT_COUNT_SESSIONS_FULL);
		return false;
	}
	session = session_lookup(&key);
	if (!session)
		return false;
	session->random = flow->protocol.tls.random;
	session->tuple = packet->tuple;
	session->service = flow->head.service;
	session->cookie = flow->head.cookie;
	flow->session = key;
	return true;
}

/* The next message whose last byte is in the record that has just ended. */
static __always_inline enum cut_parse flow_said(struct cut_flow *flow, struct cut_facts *facts)
{
	struct cut_session *session = flow_session(flow);
	struct cut_said *said;

	/* More has left than its SSL object has made: it is another process's, forked off. */
	if (!session || session->lost || cut_seq_before(session->made, flow->sent))
		return CUT_PARSE_UNTIED;
	said = &session->said[flow->said_at & (CUT_SAID - 1)];
	if (flow->said_at == session->said_tail ||
	    !cut_tls_same_record(&said->record, &flow->protocol.tls.half[CUT_UPSTREAM].record)) {
		flow->record_ended = 0;
		return CUT_PARSE_IGNORED;
	}
	*facts = said->facts;
	facts->end = flow->record_end;
	/* What began in an earlier record begins in front of this one. */
	facts->begin = flow->record_begin - said->earlier;
	facts->body = CUT_TLS_HEADER_BYTES;
	flow->said_at++;
	if (flow->head.ahead != CUT_AHEAD_ITSELF)
		session->said_head = flow->said_at;
	return CUT_PARSE_OK;
}

/* False: what was said in such records before is lost. */
static __always_inline bool flow_heard_record(const struct cut_flow *flow)
{
	const struct cut_tls_record *record = &flow->protocol.tls.half[CUT_DOWNSTREAM].record;
	struct cut_session *session;

	if (record->type != CUT_TLS_APPLICATION_DATA)
		return true;
	session = flow_session(flow);
	if (session && record->length == CUT_TLS_KEY_UPDATE)
		session->rekeyed = 1;
	return !session || !session->lost;
}

/* One step through a flow that speaks TLS: through its records, or through what one of them says.
 */
CUT_GLOBAL int tied_step(struct cut_flow *flow, struct cut_chunk *chunk,
			 struct cut_progress *progress, enum cut_direction direction)
{
	enum cut_parse parse;

	if (!flow || !chunk || !progress)
		return CUT_PARSE_DESYNC;
	if (direction == CUT_DOWNSTREAM) {
		parse = (enum cut_parse)tls_step_down(&flow->protocol, chunk, progress);
		if (parse != CUT_PARSE_OK)
			return parse;
		return flow_heard_record(flow) ? CUT_PARSE_IGNORED : CUT_PARSE_UNTIED;
	}
	if (flow->record_ended)
		return flow_said(flow, &chunk->facts);
	parse = (enum cut_parse)tls_step_up(&flow->protocol, chunk, progress);
	if (parse != CUT_PARSE_OK)
		return parse;
	if (chunk->facts.moments & CUT_TLS_BIT(CLIENT_HELLO))
		return flow_open_session(flow) ? CUT_PARSE_IGNORED : CUT_PARSE_OPAQUE;
	if (flow->protocol.tls.half[CUT_UPSTREAM].record.type == CUT_TLS_APPLICATION_DATA) {
		flow->record_ended = 1;
		flow->sent +=
			cut_record_counts(flow->protocol.tls.half[CUT_UPSTREAM].record.length);
		flow->record_begin = chunk->facts.begin;
		flow->record_end = chunk->facts.end;
	}
	return CUT_PARSE_IGNORED;
}

/* Its ClientHello has just told its service. False: what it says in clear cannot be had. */
static __always_inline bool flow_wrap_decided(struct cut_flow *flow)
{
	flow->wrapped = flow_open_session(flow);
	return flow->wrapped;
}

/* From the next byte on it speaks TLS. */
static __always_inline void flow_wrap(struct cut_flow *flow)
{
	__builtin_memset(&flow->protocol.tls, 0, sizeof(flow->protocol.tls));
	flow->wrapped = 1;
}

#endif
