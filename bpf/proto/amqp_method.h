/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Method frames: which are moments, and which of their arguments matter (AMQP 0-9-1, 1.8). */
#ifndef CUT_PROTO_AMQP_METHOD_H
#define CUT_PROTO_AMQP_METHOD_H

#include "amqp_state.h"

/* Class and method, as they begin the payload. */
#define CUT_AMQP_ID(class, method) ((class) << 16 | (method))

/* Index of the message that a channel is in; CUT_AMQP_NO_CONTENT: it is in none. */
CUT_GLOBAL int cut_amqp_find(const struct cut_amqp_half *half, __u32 channel)
{
	if (!half)
		return CUT_AMQP_NO_CONTENT;
	CUT_NO_UNROLL
	for (int i = 0; i < CUT_AMQP_CONTENTS; i++) {
		if (half->contents[i].phase && half->contents[i].channel == channel)
			return i;
	}
	return CUT_AMQP_NO_CONTENT;
}

/* Index of a place for a message; CUT_AMQP_NO_CONTENT: there is none. */
CUT_GLOBAL int cut_amqp_find_room(const struct cut_amqp_half *half)
{
	if (!half)
		return CUT_AMQP_NO_CONTENT;
	CUT_NO_UNROLL
	for (int i = 0; i < CUT_AMQP_CONTENTS; i++) {
		if (!half->contents[i].phase)
			return i;
	}
	return CUT_AMQP_NO_CONTENT;
}

/* A method of the client's that is a moment, or says how the connection goes on. */
CUT_INLINE void cut_amqp_client_method(struct cut_amqp_half *half, __u32 id)
{
	switch (id) {
	case CUT_AMQP_ID(10, 31): /* connection.tune-ok */
		half->order = CUT_AMQP_ORDER(TUNE, NOTHING, NOTHING, NOTHING);
		break;
	case CUT_AMQP_ID(10, 40):
		half->moments = CUT_AMQP_BIT(CONNECTION_OPEN);
		break;
	case CUT_AMQP_ID(10, 50):
		half->moments = CUT_AMQP_BIT(CONNECTION_CLOSE_UP);
		half->order = CUT_AMQP_ORDER(CODE, NOTHING, NOTHING, NOTHING);
		break;
	case CUT_AMQP_ID(20, 10):
		half->moments = CUT_AMQP_BIT(CHANNEL_OPEN);
		break;
	case CUT_AMQP_ID(20, 40):
		half->moments = CUT_AMQP_BIT(CHANNEL_CLOSE_UP);
		half->order = CUT_AMQP_ORDER(CODE, NOTHING, NOTHING, NOTHING);
		break;
	case CUT_AMQP_ID(60, 20): /* queue, consumer tag; no-local, no-ack */
		half->moments = CUT_AMQP_BIT(CONSUME);
		half->order = CUT_AMQP_ORDER(RESERVED, STRING, STRING, BITS);
		half->bits = 1 << CUT_AMQP_FLAG_NO_ACK << 8;
		break;
	case CUT_AMQP_ID(60, 40):
		half->moments = CUT_AMQP_BIT(PUBLISH);
		half->order = CUT_AMQP_ORDER(RESERVED, EXCHANGE, ROUTING_KEY, BITS);
		half->bits = 1 << CUT_AMQP_FLAG_MANDATORY;
		half->content = 1;
		break;
	case CUT_AMQP_ID(60, 70):
		half->moments = CUT_AMQP_BIT(GET);
		half->order = CUT_AMQP_ORDER(RESERVED, STRING, BITS, NOTHING);
		half->bits = 1 << CUT_AMQP_FLAG_NO_ACK;
		break;
	case CUT_AMQP_ID(60, 80):
		half->moments = CUT_AMQP_BIT(ACK);
		half->order = CUT_AMQP_ORDER(TAG, BITS, NOTHING, NOTHING);
		half->bits = 1 << CUT_AMQP_FLAG_MULTIPLE;
		break;
	case CUT_AMQP_ID(60, 90):
		half->moments = CUT_AMQP_BIT(REJECT);
		half->order = CUT_AMQP_ORDER(TAG, BITS, NOTHING, NOTHING);
		half->bits = 1 << CUT_AMQP_FLAG_REQUEUE;
		break;
	case CUT_AMQP_ID(60, 120):
		half->moments = CUT_AMQP_BIT(NACK);
		half->order = CUT_AMQP_ORDER(TAG, BITS, NOTHING, NOTHING);
		half->bits = 1 << CUT_AMQP_FLAG_MULTIPLE | 1 << CUT_AMQP_FLAG_REQUEUE << 8;
		break;
	case CUT_AMQP_ID(85, 10):
		half->moments = CUT_AMQP_BIT(CONFIRM_SELECT);
		break;
	case CUT_AMQP_ID(90, 20):
		half->moments = CUT_AMQP_BIT(TX_COMMIT);
		break;
	}
}

/* Likewise of the broker's. Direction decides: its basic.ack is a confirmation. */
CUT_INLINE void cut_amqp_broker_method(struct cut_amqp_half *half, __u32 id)
{
	switch (id) {
	case CUT_AMQP_ID(10, 50):
		half->moments = CUT_AMQP_BIT(CONNECTION_CLOSE_DOWN);
		half->order = CUT_AMQP_ORDER(CODE, NOTHING, NOTHING, NOTHING);
		break;
	case CUT_AMQP_ID(10, 60):
		half->moments = CUT_AMQP_BIT(BLOCKED);
		break;
	case CUT_AMQP_ID(10, 61):
		half->moments = CUT_AMQP_BIT(UNBLOCKED);
		break;
	case CUT_AMQP_ID(20, 40):
		half->moments = CUT_AMQP_BIT(CHANNEL_CLOSE_DOWN);
		half->order = CUT_AMQP_ORDER(CODE, NOTHING, NOTHING, NOTHING);
		break;
	case CUT_AMQP_ID(60, 30):
		half->moments = CUT_AMQP_BIT(CONSUMER_CANCEL);
		break;
	case CUT_AMQP_ID(60, 50):
		half->moments = CUT_AMQP_BIT(RETURN);
		half->order = CUT_AMQP_ORDER(CODE, STRING, EXCHANGE, ROUTING_KEY);
		half->content = 1;
		break;
	case CUT_AMQP_ID(60, 60): /* consumer tag first */
		half->moments = CUT_AMQP_BIT(DELIVER);
		half->order = CUT_AMQP_ORDER(STRING, TAG, REDELIVERED, EXCHANGE) |
			      (__u64)CUT_AMQP_ROUTING_KEY << 16;
		half->content = 1;
		break;
	case CUT_AMQP_ID(60, 71):
		half->moments = CUT_AMQP_BIT(GET_OK);
		half->order = CUT_AMQP_ORDER(TAG, REDELIVERED, EXCHANGE, ROUTING_KEY);
		half->content = 1;
		break;
	case CUT_AMQP_ID(60, 80):
		half->moments = CUT_AMQP_BIT(CONFIRM_ACK);
		half->order = CUT_AMQP_ORDER(TAG, BITS, NOTHING, NOTHING);
		half->bits = 1 << CUT_AMQP_FLAG_MULTIPLE;
		break;
	case CUT_AMQP_ID(60, 120):
		half->moments = CUT_AMQP_BIT(CONFIRM_NACK);
		half->order = CUT_AMQP_ORDER(TAG, BITS, NOTHING, NOTHING);
		half->bits = 1 << CUT_AMQP_FLAG_MULTIPLE;
		break;
	case CUT_AMQP_ID(90, 21):
		half->moments = CUT_AMQP_BIT(TX_COMMITTED);
		break;
	}
}

/*
 * Which method it is was read. On a channel that is in the midst of a message only its end may come
 * (2.3.5.2): the message will not be completed then.
 */
CUT_INLINE enum cut_parse cut_amqp_method(struct cut_amqp_half *half, enum cut_direction direction)
{
	__u32 id = half->number;
	__u32 slot = half->slot;

	half->tag = 0;
	half->code = 0;
	half->flags = 0;
	half->bits = 0;
	half->redelivered = 0;
	half->moments = 0;
	half->content = 0;
	if (slot < CUT_AMQP_CONTENTS) {
		if (id != CUT_AMQP_ID(20, 40) && id != CUT_AMQP_ID(20, 41))
			return CUT_PARSE_DESYNC;
		half->contents[slot & (CUT_AMQP_CONTENTS - 1)].phase = CUT_AMQP_FREE;
		half->slot = CUT_AMQP_NO_CONTENT;
	}
	if (direction == CUT_UPSTREAM)
		cut_amqp_client_method(half, id);
	else
		cut_amqp_broker_method(half, id);
	if (half->content)
		half->slot = cut_amqp_find_room(half);
	return CUT_PARSE_IGNORED;
}

/* A method frame is complete. Its message, if it has one, goes on in further frames. */
CUT_INLINE enum cut_parse cut_amqp_end_method(struct cut_amqp_half *half, __u32 end,
					      struct cut_facts *facts)
{
	struct cut_amqp_content *content;

	if (!half->content) {
		if (!half->moments)
			return CUT_PARSE_IGNORED;
		cut_amqp_report(half, half->moments, end, facts);
		return CUT_PARSE_OK;
	}
	if (half->slot >= CUT_AMQP_CONTENTS) {
		half->untracked = 1;
		cut_amqp_report(half, 0, end, facts);
		facts->forgot = 1;
		return CUT_PARSE_OK;
	}
	content = &half->contents[half->slot & (CUT_AMQP_CONTENTS - 1)];
	content->phase = CUT_AMQP_AWAITS_HEADER;
	content->begin = half->begin;
	content->moments = half->moments;
	content->tag = half->tag;
	content->message_id = 0;
	content->flags = half->flags;
	content->channel = half->channel;
	content->code = half->code;
	content->redelivered = half->redelivered;
	content->started = 0;
	return CUT_PARSE_IGNORED;
}

#endif
