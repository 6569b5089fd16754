/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * AMQP 0-9-1, both directions, as a machine that can stop and go on at any byte. A message is told
 * at the last byte of its last body frame. Source: AMQP 0-9-1, 2.2.4 and 2.3.
 */
#ifndef CUT_PROTO_AMQP_H
#define CUT_PROTO_AMQP_H

#include "amqp_content.h"

CUT_INLINE __u8 cut_amqp_bytes_of(enum cut_amqp_item item)
{
	switch (item) {
	case CUT_AMQP_RESERVED:
	case CUT_AMQP_CODE:
	case CUT_AMQP_PROPERTIES:
		return 2;
	case CUT_AMQP_TABLE: /* of its length */
	case CUT_AMQP_METHOD:
	case CUT_AMQP_CLASS:
		return 4;
	case CUT_AMQP_TUNE:
		return 6;
	case CUT_AMQP_TAG:
	case CUT_AMQP_SIZE:
		return 8;
	default: /* an octet, bits, or the length of a short string */
		return 1;
	}
}

CUT_INLINE enum cut_parse cut_amqp_begin_item(struct cut_amqp_half *half, enum cut_amqp_item item)
{
	half->item = item;
	half->number = 0;
	half->need = cut_amqp_bytes_of(item);
	half->field = CUT_AMQP_NUMBER;
	return half->need <= half->rest ? CUT_PARSE_IGNORED : CUT_PARSE_DESYNC;
}

/* The next item of the payload; behind the last of interest the rest is passed over. */
CUT_INLINE enum cut_parse cut_amqp_go_on(struct cut_amqp_half *half, struct cut_cursor *cursor,
					 __u32 *skip)
{
	__u32 rest = half->rest;

	if (half->order) {
		enum cut_amqp_item item = (enum cut_amqp_item)(half->order & 15);

		half->order >>= 4;
		return cut_amqp_begin_item(half, item);
	}
	half->field = CUT_AMQP_END;
	half->rest = 0;
	if (rest <= cut_cursor_left(cursor)) {
		cut_cursor_pass(cursor, rest);
		return CUT_PARSE_IGNORED;
	}
	*skip = rest;
	return CUT_PARSE_SKIP;
}

/* The header of a body frame was read. */
CUT_INLINE enum cut_parse cut_amqp_begin_body(struct cut_amqp_half *half, struct cut_cursor *cursor,
					      __u32 *skip)
{
	struct cut_amqp_content *content = &half->contents[half->slot & (CUT_AMQP_CONTENTS - 1)];

	if (half->slot < CUT_AMQP_CONTENTS) {
		if (content->phase != CUT_AMQP_IN_BODY || half->rest > content->left)
			return CUT_PARSE_DESYNC;
		if (!content->started)
			content->body_at = cursor->seq;
		content->started = 1;
		content->left -= half->rest;
	}
	return cut_amqp_go_on(half, cursor, skip);
}

/* Type, channel and size of a frame were read. */
CUT_INLINE enum cut_parse cut_amqp_begin_frame(const struct cut_amqp *amqp,
					       struct cut_amqp_half *half,
					       struct cut_cursor *cursor, __u32 *skip)
{
	/* RabbitMQ takes payloads of that size: not every client counts the bytes around it. */
	__u32 limit = amqp->frame_max ? amqp->frame_max : CUT_AMQP_FIRST_FRAME_MAX;

	half->type = half->number >> 48;
	half->channel = half->number >> 32;
	half->rest = half->number;
	half->order = 0;
	if (half->rest > limit)
		return CUT_PARSE_DESYNC;
	half->slot = cut_amqp_find(half, half->channel);
	switch (half->type) {
	case CUT_AMQP_METHOD_FRAME:
		return cut_amqp_begin_item(half, CUT_AMQP_METHOD);
	case CUT_AMQP_HEADER_FRAME:
		if (half->slot >= CUT_AMQP_CONTENTS
			    ? !half->untracked
			    : half->contents[half->slot & (CUT_AMQP_CONTENTS - 1)].phase !=
				      CUT_AMQP_AWAITS_HEADER)
			return CUT_PARSE_DESYNC;
		return cut_amqp_begin_item(half, CUT_AMQP_CLASS);
	case CUT_AMQP_BODY_FRAME:
		if (half->slot >= CUT_AMQP_CONTENTS && !half->untracked)
			return CUT_PARSE_DESYNC;
		return cut_amqp_begin_body(half, cursor, skip);
	case CUT_AMQP_HEARTBEAT_FRAME:
		if (half->rest || half->channel)
			return CUT_PARSE_DESYNC;
		half->field = CUT_AMQP_END;
		return CUT_PARSE_IGNORED;
	}
	return CUT_PARSE_DESYNC;
}

/* A number is complete: an item, or the length of one. */
CUT_INLINE enum cut_parse cut_amqp_end_number(struct cut_amqp *amqp, struct cut_amqp_half *half,
					      enum cut_direction direction,
					      struct cut_cursor *cursor, __u32 *skip)
{
	struct cut_amqp_content *content = &half->contents[half->slot & (CUT_AMQP_CONTENTS - 1)];
	enum cut_parse parse;

	switch ((enum cut_amqp_item)half->item) {
	case CUT_AMQP_EXCHANGE:
	case CUT_AMQP_ROUTING_KEY:
	case CUT_AMQP_CORRELATION_ID:
	case CUT_AMQP_MESSAGE_ID:
	case CUT_AMQP_STRING:
	case CUT_AMQP_TABLE:
		half->left = half->number;
		if (half->left > half->rest)
			return CUT_PARSE_DESYNC;
		cut_amqp_begin_text(half);
		half->field = CUT_AMQP_BYTES;
		if (half->left)
			return CUT_PARSE_IGNORED;
		cut_amqp_end_text(half);
		break;
	case CUT_AMQP_METHOD:
		parse = cut_amqp_method(half, direction);
		if (parse != CUT_PARSE_IGNORED)
			return parse;
		break;
	case CUT_AMQP_CLASS:
		if (half->number >> 16 != CUT_AMQP_CLASS_BASIC)
			return CUT_PARSE_DESYNC;
		half->order = CUT_AMQP_ORDER(SIZE, PROPERTIES, NOTHING, NOTHING);
		break;
	case CUT_AMQP_SIZE:
		if (half->number > CUT_AMQP_LARGEST_BODY)
			return CUT_PARSE_DESYNC;
		if (half->slot < CUT_AMQP_CONTENTS)
			content->left = half->number;
		break;
	case CUT_AMQP_PROPERTIES:
		if (half->number & CUT_AMQP_HAS_MORE_FLAGS)
			return CUT_PARSE_DESYNC;
		half->order = cut_amqp_properties(half->number);
		break;
	case CUT_AMQP_TAG:
		half->tag = half->number;
		break;
	case CUT_AMQP_REDELIVERED:
		half->redelivered = half->number & 1;
		break;
	case CUT_AMQP_BITS:
		if (half->number & 1)
			half->flags |= half->bits & 0xff;
		if (half->number & 2)
			half->flags |= half->bits >> 8;
		break;
	case CUT_AMQP_CODE:
		half->code = half->number;
		break;
	case CUT_AMQP_TUNE: /* 0: no limit (1.8.1.6) */
		amqp->frame_max = half->number & 0xffffffff;
		if (amqp->frame_max < CUT_AMQP_FRAME_HEADER + 1 ||
		    amqp->frame_max > CUT_AMQP_LARGEST_FRAME)
			amqp->frame_max = CUT_AMQP_LARGEST_FRAME;
		break;
	case CUT_AMQP_NOTHING:
	case CUT_AMQP_RESERVED:
	case CUT_AMQP_OCTET:
		break;
	}
	return cut_amqp_go_on(half, cursor, skip);
}

/* In a number of eight bytes at most. False: more of it is to come. */
CUT_INLINE bool cut_amqp_takes_number(struct cut_amqp_half *half, struct cut_cursor *cursor)
{
	CUT_NO_UNROLL
	for (int i = 0; i < 8 && half->need && !cut_cursor_empty(cursor); i++) {
		half->number = half->number << 8 | cut_cursor_take(cursor);
		half->need--;
	}
	return !half->need;
}

/*
 * In the eight bytes with which the client begins, "AMQP" 0 0 9 1 (2.2.4). A broker that does not
 * speak that version answers with those of one that it does: such a connection is not read.
 */
CUT_INLINE enum cut_parse cut_amqp_start(struct cut_amqp_half *half, enum cut_direction direction,
					 struct cut_cursor *cursor)
{
	__u64 wanted = 0x414d515000000901ULL;
	__u8 byte = cut_cursor_peek(cursor);

	if (direction == CUT_DOWNSTREAM) {
		half->field = CUT_AMQP_FRAME;
		half->need = CUT_AMQP_FRAME_HEADER;
		return byte == 'A' ? CUT_PARSE_EXCLUDE : CUT_PARSE_IGNORED;
	}
	if (!half->need && byte == CUT_AMQP_TLS_HANDSHAKE)
		return CUT_PARSE_SWITCH;
	cut_cursor_take(cursor);
	if (byte != (__u8)(wanted >> (56 - 8 * (half->need & 7))))
		return half->need < 4 ? CUT_PARSE_DESYNC : CUT_PARSE_EXCLUDE;
	half->need++;
	if (half->need < CUT_AMQP_PROTOCOL_BYTES)
		return CUT_PARSE_IGNORED;
	half->field = CUT_AMQP_FRAME;
	half->need = CUT_AMQP_FRAME_HEADER;
	half->number = 0;
	return CUT_PARSE_IGNORED;
}

/* Behind a payload. */
CUT_INLINE enum cut_parse cut_amqp_end_frame(struct cut_amqp_half *half,
					     enum cut_direction direction,
					     struct cut_cursor *cursor, struct cut_facts *facts)
{
	if (cut_cursor_take(cursor) != CUT_AMQP_FRAME_END)
		return CUT_PARSE_DESYNC;
	half->field = CUT_AMQP_FRAME;
	half->need = CUT_AMQP_FRAME_HEADER;
	half->number = 0;
	switch (half->type) {
	case CUT_AMQP_METHOD_FRAME:
		return cut_amqp_end_method(half, cursor->seq, facts);
	case CUT_AMQP_HEADER_FRAME:
		return cut_amqp_end_header(half, cursor->seq, facts);
	case CUT_AMQP_BODY_FRAME:
		return cut_amqp_end_body(half, direction, cursor->seq, facts);
	}
	half->tag = 0;
	half->code = 0;
	half->flags = 0;
	cut_amqp_report(half,
			direction == CUT_UPSTREAM ? CUT_AMQP_BIT(HEARTBEAT_UP)
						  : CUT_AMQP_BIT(HEARTBEAT_DOWN),
			cursor->seq, facts);
	return CUT_PARSE_OK;
}

/*
 * Consumes from the cursor until something is to be said. Called again until it says MORE; also
 * with an empty cursor, to report a message that ended with the segment. After SKIP the caller
 * passes over `*skip` bytes of the stream, and calls again once they are behind.
 */
CUT_INLINE enum cut_parse cut_amqp_step(struct cut_amqp *amqp, enum cut_direction direction,
					struct cut_cursor *cursor, __u32 *skip,
					struct cut_facts *facts)
{
	struct cut_amqp_half *half = &amqp->half[direction];

	if (half->field == CUT_AMQP_TOLD)
		return cut_amqp_end_content(half, facts);
	if (cut_cursor_empty(cursor))
		return CUT_PARSE_MORE;
	switch ((enum cut_amqp_field)half->field) {
	case CUT_AMQP_START:
		return cut_amqp_start(half, direction, cursor);
	case CUT_AMQP_FRAME:
		if (half->need == CUT_AMQP_FRAME_HEADER)
			half->begin = cursor->seq;
		if (!cut_amqp_takes_number(half, cursor))
			return CUT_PARSE_MORE;
		return cut_amqp_begin_frame(amqp, half, cursor, skip);
	case CUT_AMQP_NUMBER:
		half->left = half->need;
		if (!cut_amqp_takes_number(half, cursor)) {
			half->rest -= half->left - half->need;
			return CUT_PARSE_MORE;
		}
		half->rest -= half->left;
		return cut_amqp_end_number(amqp, half, direction, cursor, skip);
	case CUT_AMQP_BYTES:
		cut_amqp_feed(half, cursor);
		if (half->left)
			return CUT_PARSE_IGNORED;
		cut_amqp_end_text(half);
		return cut_amqp_go_on(half, cursor, skip);
	case CUT_AMQP_END:
		return cut_amqp_end_frame(half, direction, cursor, facts);
	case CUT_AMQP_TOLD:
		break;
	}
	return CUT_PARSE_DESYNC;
}

/* The message whose last body frame was the segment's last. */
CUT_INLINE enum cut_parse cut_amqp_flush(struct cut_amqp *amqp, enum cut_direction direction,
					 struct cut_facts *facts)
{
	struct cut_amqp_half *half = &amqp->half[direction];

	if (half->field != CUT_AMQP_TOLD)
		return CUT_PARSE_MORE;
	return cut_amqp_end_content(half, facts);
}

/* Exchange and routing key of the message that was told last. */
CUT_INLINE const struct cut_text *cut_amqp_text(const struct cut_amqp *amqp,
						enum cut_direction direction, __u32 which)
{
	const struct cut_amqp_content *content = amqp->half[direction].contents;
	__u8 current = amqp->half[direction].current;

	if (current >= CUT_AMQP_CONTENTS)
		return 0;
	content += current & (CUT_AMQP_CONTENTS - 1);
	if (which == CUT_AMQP_ATTR_EXCHANGE)
		return &content->exchange;
	return which == CUT_AMQP_ATTR_ROUTING_KEY ? &content->routing_key : 0;
}

/* Nothing is owed: a message that was not confirmed is published again, or told as unknown. */
CUT_INLINE bool cut_amqp_owes(const struct cut_amqp *amqp)
{
	(void)amqp;
	return false;
}

/*
 * No bytes prove that a connection stands between two frames: a body may hold any, also those of a
 * heartbeat. So one that was open before cannot be joined, and says so.
 */
CUT_INLINE __u8 cut_amqp_rest_word(const __u8 bytes[CUT_REST_BYTES])
{
	(void)bytes;
	return 0;
}

CUT_INLINE bool cut_amqp_join(struct cut_amqp *amqp, __u8 word)
{
	(void)amqp;
	(void)word;
	return false;
}

CUT_INLINE bool cut_amqp_rests(const struct cut_amqp *amqp)
{
	(void)amqp;
	return false;
}

#endif
