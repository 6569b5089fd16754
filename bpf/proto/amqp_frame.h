/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Where a frame begins, and what its payload consists of (AMQP 0-9-1, 2.3.5 and 4.2). */
#ifndef CUT_PROTO_AMQP_FRAME_H
#define CUT_PROTO_AMQP_FRAME_H

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

#endif
