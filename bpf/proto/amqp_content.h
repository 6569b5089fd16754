/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Header and body frames: what follows the method of a message (AMQP 0-9-1, 2.3.5.2, 4.2.6). */
#ifndef CUT_PROTO_AMQP_CONTENT_H
#define CUT_PROTO_AMQP_CONTENT_H

#include "amqp_method.h"

#define CUT_AMQP_CLASS_BASIC 60

/* Bits of the property flags, in the order in which the properties come (4.2.6.1, 1.8.3). */
enum cut_amqp_property {
	CUT_AMQP_HAS_CONTENT_TYPE = 1 << 15,
	CUT_AMQP_HAS_CONTENT_ENCODING = 1 << 14,
	CUT_AMQP_HAS_HEADERS = 1 << 13,
	CUT_AMQP_HAS_DELIVERY_MODE = 1 << 12,
	CUT_AMQP_HAS_PRIORITY = 1 << 11,
	CUT_AMQP_HAS_CORRELATION_ID = 1 << 10,
	CUT_AMQP_HAS_REPLY_TO = 1 << 9,
	CUT_AMQP_HAS_EXPIRATION = 1 << 8,
	CUT_AMQP_HAS_MESSAGE_ID = 1 << 7,
	CUT_AMQP_HAS_MORE_FLAGS = 1 << 0,
};

/* Puts an item in front of those to come, if the property is there. */
CUT_INLINE __u64 cut_amqp_before(__u64 order, __u32 flags, __u32 property, enum cut_amqp_item item)
{
	return flags & property ? order << 4 | item : order;
}

/*
 * The properties up to the message id, of those that the flags name. From the last to the first,
 * for each goes in front of the others.
 */
CUT_INLINE __u64 cut_amqp_properties(__u32 flags)
{
	__u64 order = 0;

	order = cut_amqp_before(order, flags, CUT_AMQP_HAS_MESSAGE_ID, CUT_AMQP_MESSAGE_ID);
	order = cut_amqp_before(order, flags, CUT_AMQP_HAS_EXPIRATION, CUT_AMQP_STRING);
	order = cut_amqp_before(order, flags, CUT_AMQP_HAS_REPLY_TO, CUT_AMQP_STRING);
	order = cut_amqp_before(order, flags, CUT_AMQP_HAS_CORRELATION_ID, CUT_AMQP_CORRELATION_ID);
	order = cut_amqp_before(order, flags, CUT_AMQP_HAS_PRIORITY, CUT_AMQP_OCTET);
	order = cut_amqp_before(order, flags, CUT_AMQP_HAS_DELIVERY_MODE, CUT_AMQP_OCTET);
	order = cut_amqp_before(order, flags, CUT_AMQP_HAS_HEADERS, CUT_AMQP_TABLE);
	order = cut_amqp_before(order, flags, CUT_AMQP_HAS_CONTENT_ENCODING, CUT_AMQP_STRING);
	return cut_amqp_before(order, flags, CUT_AMQP_HAS_CONTENT_TYPE, CUT_AMQP_STRING);
}

/* Feeds a text from index `at` of `bytes` on, `limit` at most. Returns how many it took. */
CUT_GLOBAL int cut_amqp_feed_text(struct cut_text *text, const struct cut_bytes *bytes, __u32 at,
				  __u32 limit)
{
	__u32 taken = 0;

	if (!text || !bytes)
		return 0;
	CUT_NO_UNROLL
	for (; taken < CUT_RUN && taken < limit; taken++) {
		__u32 length = text->length;

		CUT_OPAQUE(length);
		if (length < CUT_TEXT_BYTES)
			text->byte[length] = cut_byte_at(bytes, at + taken);
		if (length < 255)
			text->length = length + 1;
	}
	return taken;
}

/* Likewise the hash of one. */
CUT_GLOBAL int cut_amqp_feed_hash(struct cut_amqp_half *half, const struct cut_bytes *bytes,
				  __u32 at, __u32 limit)
{
	__u32 taken = 0;
	__u32 hash;

	if (!half || !bytes)
		return 0;
	hash = half->hash;
	CUT_NO_UNROLL
	for (; taken < CUT_RUN && taken < limit; taken++)
		hash = CUT_HASH_NEXT(hash, cut_byte_at(bytes, at + taken));
	half->hash = hash;
	return taken;
}

/* The text of a message is complete. */
CUT_INLINE void cut_amqp_end_text(struct cut_amqp_half *half)
{
	struct cut_amqp_content *content = &half->contents[half->slot & (CUT_AMQP_CONTENTS - 1)];

	if (half->slot < CUT_AMQP_CONTENTS &&
	    (half->item == CUT_AMQP_CORRELATION_ID || half->item == CUT_AMQP_MESSAGE_ID))
		content->message_id = CUT_HASH_OF(half->hash);
}

/* At least one byte of an item is there. */
CUT_INLINE void cut_amqp_feed(struct cut_amqp_half *half, struct cut_cursor *cursor)
{
	struct cut_amqp_content *content = &half->contents[half->slot & (CUT_AMQP_CONTENTS - 1)];
	__u32 limit = cut_cursor_left(cursor);

	if (half->left < limit)
		limit = half->left;
	if (half->slot >= CUT_AMQP_CONTENTS)
		;
	else if (half->item == CUT_AMQP_EXCHANGE)
		limit = cut_amqp_feed_text(&content->exchange, cursor->chunk, cursor->at, limit);
	else if (half->item == CUT_AMQP_ROUTING_KEY)
		limit = cut_amqp_feed_text(&content->routing_key, cursor->chunk, cursor->at, limit);
	else if (half->item == CUT_AMQP_CORRELATION_ID || half->item == CUT_AMQP_MESSAGE_ID)
		limit = cut_amqp_feed_hash(half, cursor->chunk, cursor->at, limit);
	cut_cursor_pass(cursor, limit);
	half->left -= limit;
	half->rest -= limit;
}

/* A text begins. */
CUT_INLINE void cut_amqp_begin_text(struct cut_amqp_half *half)
{
	struct cut_amqp_content *content = &half->contents[half->slot & (CUT_AMQP_CONTENTS - 1)];

	half->hash = CUT_HASH_SEED;
	if (half->slot >= CUT_AMQP_CONTENTS)
		return;
	if (half->item == CUT_AMQP_EXCHANGE)
		content->exchange.length = 0;
	if (half->item == CUT_AMQP_ROUTING_KEY)
		content->routing_key.length = 0;
}

/* A header frame is complete: a message without a body is, too. */
CUT_INLINE enum cut_parse cut_amqp_end_header(struct cut_amqp_half *half, __u32 end,
					      struct cut_facts *facts)
{
	struct cut_amqp_content *content = &half->contents[half->slot & (CUT_AMQP_CONTENTS - 1)];

	if (half->slot >= CUT_AMQP_CONTENTS)
		return CUT_PARSE_IGNORED;
	content->phase = CUT_AMQP_IN_BODY;
	if (content->left)
		return CUT_PARSE_IGNORED;
	cut_amqp_report_content(half, content->moments, content->begin, end, facts);
	facts->body = end - content->begin;
	content->phase = CUT_AMQP_FREE;
	return CUT_PARSE_OK;
}

/* A body frame is complete. */
CUT_INLINE enum cut_parse cut_amqp_end_body(struct cut_amqp_half *half,
					    enum cut_direction direction, __u32 end,
					    struct cut_facts *facts)
{
	if (half->slot >= CUT_AMQP_CONTENTS)
		return CUT_PARSE_IGNORED;
	cut_amqp_report_content(
		half, direction == CUT_UPSTREAM ? CUT_AMQP_BIT(BODY_UP) : CUT_AMQP_BIT(BODY_DOWN),
		half->begin, end, facts);
	half->told = end;
	if (!half->contents[half->slot & (CUT_AMQP_CONTENTS - 1)].left)
		half->field = CUT_AMQP_TOLD;
	return CUT_PARSE_OK;
}

/* The message that ended with the body frame that was told just now. */
CUT_INLINE enum cut_parse cut_amqp_end_content(struct cut_amqp_half *half, struct cut_facts *facts)
{
	struct cut_amqp_content *content = &half->contents[half->slot & (CUT_AMQP_CONTENTS - 1)];

	cut_amqp_report_content(half, content->moments, content->begin, half->told, facts);
	facts->body = content->body_at - content->begin;
	content->phase = CUT_AMQP_FREE;
	half->field = CUT_AMQP_FRAME;
	half->need = CUT_AMQP_FRAME_HEADER;
	half->number = 0;
	return CUT_PARSE_OK;
}

#endif
