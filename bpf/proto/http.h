/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * HTTP/1.1 and HTTP/2, both directions, as a machine that can stop and go on at any byte. Sources:
 * RFC 9112, RFC 9113.
 */
#ifndef CUT_PROTO_HTTP_H
#define CUT_PROTO_HTTP_H

#include "../core/glance.h"
#include "http2.h"
#include "http_body.h"

/*
 * Consumes from the cursor until something is to be said. Called again until it says MORE; also
 * with an empty cursor, to report a message that ended with the segment. After SKIP the caller
 * passes over `*skip` bytes of the stream, and calls again once they are behind.
 */
CUT_INLINE enum cut_parse cut_http_step(struct cut_http *http, enum cut_direction direction,
					struct cut_cursor *cursor, __u32 *skip,
					struct cut_facts *facts)
{
	struct cut_http_half *half = &http->half[direction];
	enum cut_parse parse;

	if (half->field == CUT_HTTP_PAYLOAD_END)
		return cut_http2_end(http, half, direction, cursor->seq, facts);
	if (half->field >= CUT_HTTP_BODY && half->field <= CUT_HTTP_CLOSE)
		return cut_http_body(http, half, direction, cursor, skip, facts);
	if (cut_cursor_empty(cursor))
		return CUT_PARSE_MORE;
	if (half->field == CUT_HTTP_START) {
		parse = direction == CUT_UPSTREAM ? cut_http_start_request(http, half, cursor)
						  : cut_http_start_response(http, half, cursor);
		if (parse != CUT_PARSE_IGNORED || half->field == CUT_HTTP_START)
			return parse;
	}
	if (half->field == CUT_HTTP_PREFACE)
		return cut_http2_preface(http, half, cursor);
	if (half->field == CUT_HTTP_FRAME)
		return cut_http2_header(http, half, direction, cursor, skip);
	return cut_http_head(http, half, direction, cursor, facts);
}

/* The request target. */
CUT_INLINE const struct cut_text *cut_http_text(const struct cut_http *http,
						enum cut_direction direction, __u32 which)
{
	return direction == CUT_UPSTREAM && which == CUT_HTTP_ATTR_PATH ? &http->target : 0;
}

/* Nothing is held back: what a message is does not hang on the one behind it. */
CUT_INLINE enum cut_parse cut_http_flush(struct cut_http *http, enum cut_direction direction,
					 struct cut_facts *facts)
{
	(void)http;
	(void)direction;
	(void)facts;
	return CUT_PARSE_MORE;
}

/* An answer says nothing about what became of the request that the client could not ask again. */
CUT_INLINE bool cut_http_owes(const struct cut_http *http)
{
	(void)http;
	return false;
}

/*
 * No bytes prove that a connection stands between two messages: a body may hold any. So one that
 * was open before cannot be joined, and says so.
 */
CUT_INLINE __u8 cut_http_rest_word(const __u8 bytes[CUT_REST_BYTES])
{
	(void)bytes;
	return 0;
}

CUT_INLINE bool cut_http_join(struct cut_http *http, __u8 word)
{
	(void)http;
	(void)word;
	return false;
}

CUT_INLINE bool cut_http_rests(const struct cut_http *http)
{
	(void)http;
	return false;
}

CUT_NO_GLANCE(http)

#endif
