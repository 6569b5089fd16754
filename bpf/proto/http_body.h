/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* The body of an HTTP/1.1 message: by its length, in chunks, or to the end of the connection. */
#ifndef CUT_PROTO_HTTP_BODY_H
#define CUT_PROTO_HTTP_BODY_H

#include "http1.h"

/* The body is complete; with `moments` that end with it. */
CUT_INLINE enum cut_parse cut_http_end_body(struct cut_http *http, struct cut_http_half *half,
					    enum cut_direction direction, __u32 moments, __u32 end,
					    struct cut_facts *facts)
{
	moments |=
		direction == CUT_UPSTREAM ? CUT_HTTP_BIT(REQUEST_END) : CUT_HTTP_BIT(RESPONSE_END);
	cut_http_report(http, direction, moments, end, facts);
	half->field = CUT_HTTP_START;
	return CUT_PARSE_OK;
}

/*
 * In the bytes of a body, of a chunk or up to the end of the connection, that are server-sent
 * events. An event may begin in one chunk and end in another.
 */
CUT_INLINE enum cut_parse cut_http_events(struct cut_http *http, struct cut_http_half *half,
					  struct cut_cursor *cursor, struct cut_facts *facts)
{
	__u32 limit = cut_cursor_left(cursor);
	__u32 taken, begin = half->begin;

	if (half->field != CUT_HTTP_CLOSE && half->left < limit)
		limit = half->left;
	taken = cut_http_feed_event(half, cursor->chunk, cursor->at, limit, cursor->seq);
	cut_cursor_pass(cursor, taken);
	if (half->field != CUT_HTTP_CLOSE)
		half->left -= taken;
	if (half->ends) {
		half->ends = 0;
		half->says = 0;
		half->begin = half->event;
		if (half->field == CUT_HTTP_BODY && !half->left)
			return cut_http_end_body(http, half, CUT_DOWNSTREAM,
						 CUT_HTTP_BIT(RESPONSE_BODY), cursor->seq, facts);
		cut_http_report(http, CUT_DOWNSTREAM, CUT_HTTP_BIT(RESPONSE_BODY), cursor->seq,
				facts);
		facts->body = 0;
		half->begin = half->field == CUT_HTTP_CHUNK ? begin : cursor->seq;
		return CUT_PARSE_OK;
	}
	if (half->field == CUT_HTTP_BODY && !half->left)
		return cut_http_end_body(http, half, CUT_DOWNSTREAM, 0, cursor->seq, facts);
	return CUT_PARSE_IGNORED;
}

/* A digit of a chunk's size, or what follows the last one (RFC 9112, 7.1). */
CUT_INLINE enum cut_parse cut_http_size_byte(struct cut_http_half *half, __u8 byte)
{
	__u8 letter = byte | 0x20;

	if (byte >= '0' && byte <= '9')
		half->number = half->number << 4 | (byte - '0');
	else if (letter >= 'a' && letter <= 'f')
		half->number = half->number << 4 | (letter - 'a' + 10);
	else if (half->have && (byte == ';' || byte == ' ' || byte == '\t' || byte == '\r'))
		half->field = CUT_HTTP_EXTENSION;
	else
		return CUT_PARSE_DESYNC;
	half->have = 1;
	return half->number >> 60 ? CUT_PARSE_DESYNC : CUT_PARSE_IGNORED;
}

/* The line end behind a chunk's size, and its extensions, was taken. */
CUT_INLINE enum cut_parse cut_http_end_size(struct cut_http_half *half, __u32 end)
{
	__u32 body = end - half->begin;

	half->have = 0;
	half->body = body < 255 ? body : 255;
	half->left = half->number;
	half->number = 0;
	half->folds = 0;
	half->trailer = !half->left;
	half->field = half->trailer ? CUT_HTTP_NAME : CUT_HTTP_CHUNK;
	return CUT_PARSE_IGNORED;
}

/* At least a byte of the line with a chunk's size. */
CUT_INLINE enum cut_parse cut_http_size(struct cut_http_half *half, struct cut_cursor *cursor)
{
	if (half->field == CUT_HTTP_EXTENSION)
		cut_cursor_pass(cursor, cut_http_pass_line(cursor->chunk, cursor->at,
							   cut_cursor_left(cursor)));
	else if (!half->have)
		half->begin = cursor->seq;
	if (cut_cursor_empty(cursor))
		return CUT_PARSE_MORE;
	if (cut_cursor_peek(cursor) == '\n' && (half->have || half->field != CUT_HTTP_SIZE)) {
		cut_cursor_take(cursor);
		return cut_http_end_size(half, cursor->seq);
	}
	if (half->field == CUT_HTTP_EXTENSION)
		return CUT_PARSE_IGNORED;
	return cut_http_size_byte(half, cut_cursor_take(cursor));
}

/* The line end behind a chunk's bytes. */
CUT_INLINE enum cut_parse cut_http_chunk_end(struct cut_http *http, struct cut_http_half *half,
					     enum cut_direction direction,
					     struct cut_cursor *cursor, struct cut_facts *facts)
{
	__u8 byte = cut_cursor_take(cursor);

	if (byte == '\r' && !half->have) {
		half->have = 1;
		return CUT_PARSE_IGNORED;
	}
	if (byte != '\n')
		return CUT_PARSE_DESYNC;
	half->have = 0;
	half->field = CUT_HTTP_SIZE;
	if (direction == CUT_UPSTREAM || half->events)
		return CUT_PARSE_IGNORED;
	cut_http_report(http, direction, CUT_HTTP_BIT(RESPONSE_BODY), cursor->seq, facts);
	return CUT_PARSE_OK;
}

/*
 * In a body; the cursor may be empty where one ends with its segment. An end is told once: where a
 * body by its length is no stream of events, its one part ends with it.
 */
CUT_INLINE enum cut_parse cut_http_body(struct cut_http *http, struct cut_http_half *half,
					enum cut_direction direction, struct cut_cursor *cursor,
					__u32 *skip, struct cut_facts *facts)
{
	bool events = direction == CUT_DOWNSTREAM && half->events;

	if (half->field == CUT_HTTP_BODY && !half->left)
		return cut_http_end_body(http, half, direction,
					 direction == CUT_DOWNSTREAM ? CUT_HTTP_BIT(RESPONSE_BODY)
								     : 0,
					 cursor->seq, facts);
	if (half->field == CUT_HTTP_CHUNK && !half->left)
		half->field = CUT_HTTP_CHUNK_END;
	if (cut_cursor_empty(cursor))
		return CUT_PARSE_MORE;
	switch ((enum cut_http_field)half->field) {
	case CUT_HTTP_SIZE:
	case CUT_HTTP_EXTENSION:
		return cut_http_size(half, cursor);
	case CUT_HTTP_CHUNK_END:
		return cut_http_chunk_end(http, half, direction, cursor, facts);
	default: /* CUT_HTTP_BODY, CUT_HTTP_CHUNK, CUT_HTTP_CLOSE */
		if (events)
			return cut_http_events(http, half, cursor, facts);
		if (half->field == CUT_HTTP_CLOSE)
			half->left = CUT_HTTP_MAX_SKIP;
		return cut_http_skips(half, cursor, skip) ? CUT_PARSE_SKIP : CUT_PARSE_IGNORED;
	}
}

#endif
