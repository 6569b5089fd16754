/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * AMQP 0-9-1, both directions, as a machine that can stop and go on at any byte. A message is told
 * at the last byte of its last body frame. Source: AMQP 0-9-1, 2.2.4 and 2.3.
 */
#ifndef CUT_PROTO_AMQP_H
#define CUT_PROTO_AMQP_H

#include "../core/glance.h"
#include "amqp_frame.h"

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

CUT_NO_GLANCE(amqp)

#endif
