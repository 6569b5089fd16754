/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Where a message of HTTP/1.1 begins, and its first line (RFC 9112, 2 to 4). */
#ifndef CUT_PROTO_HTTP_START_H
#define CUT_PROTO_HTTP_START_H

#include "http_words.h"

CUT_INLINE void cut_http_begin(struct cut_http_half *half, __u32 seq)
{
	half->begin = seq;
	half->hash = 0;
	half->number = 0;
	half->size = 0;
	half->left = 0;
	half->status = 0;
	half->have = 0;
	half->header = CUT_HTTP_NO_HEADER;
	half->method = 0;
	half->folds = 0;
	half->sized = 0;
	half->coded = 0;
	half->chunked = 0;
	half->typed = 0;
	half->events = 0;
	half->packed = 0;
	half->trailer = 0;
	half->says = 0;
	half->line = 0;
	half->body = 0;
}

/* The first byte of a request, which is not taken, or one in front of it. */
CUT_INLINE enum cut_parse cut_http_start_request(struct cut_http *http, struct cut_http_half *half,
						 struct cut_cursor *cursor)
{
	__u8 byte = cut_cursor_peek(cursor);

	if (byte == CUT_HTTP_TLS_HANDSHAKE && (!half->started || http->tunnels))
		return CUT_PARSE_SWITCH;
	if (http->tunnels)
		return CUT_PARSE_EXCLUDE;
	/* An empty line in front of a request is allowed (RFC 9112, 2.2). */
	if (byte == '\r' || byte == '\n') {
		cut_cursor_take(cursor);
		return CUT_PARSE_IGNORED;
	}
	cut_http_begin(half, cursor->seq);
	half->exchange = http->asked + 1;
	half->field = CUT_HTTP_METHOD;
	return CUT_PARSE_IGNORED;
}

/* Likewise of a response. */
CUT_INLINE enum cut_parse cut_http_start_response(struct cut_http *http, struct cut_http_half *half,
						  struct cut_cursor *cursor)
{
	__u8 byte = cut_cursor_peek(cursor);

	if (http->tunnels)
		return byte == CUT_HTTP_TLS_HANDSHAKE ? CUT_PARSE_SWITCH : CUT_PARSE_EXCLUDE;
	/* A service that knows of HTTP/2 already (ALPN) may speak first: a frame's length. */
	if (http->two || (!half->started && byte == 0)) {
		half->field = CUT_HTTP_FRAME;
		half->started = 0;
		return CUT_PARSE_IGNORED;
	}
	cut_http_begin(half, cursor->seq);
	half->started = 1;
	half->exchange = http->answered != http->asked ? http->answered + 1 : 0;
	half->field = CUT_HTTP_VERSION;
	return CUT_PARSE_IGNORED;
}

/* A token (RFC 9110, 5.6.2), as methods are: letters, digits, hyphens. */
CUT_INLINE enum cut_parse cut_http_method_byte(struct cut_http *http, struct cut_http_half *half,
					       __u8 byte)
{
	bool letter = (byte | 0x20) >= 'a' && (byte | 0x20) <= 'z';

	if (byte == ' ' && half->have) {
		if (!half->started && half->hash == CUT_HTTP_LETTERS(0, 0, 0, 0, 'P', 'R', 'I')) {
			half->have = 4;
			half->field = CUT_HTTP_PREFACE;
			return CUT_PARSE_IGNORED;
		}
		half->method = half->have > 8 ? CUT_METHOD_OTHER : cut_http_method_of(half->hash);
		http->target.length = 0;
		half->field = CUT_HTTP_TARGET;
		return CUT_PARSE_IGNORED;
	}
	if ((!letter && byte != '-' && byte != '_' && (byte < '0' || byte > '9')) ||
	    half->have == 32)
		return CUT_PARSE_DESYNC;
	half->hash = half->hash << 8 | byte;
	half->have++;
	return CUT_PARSE_IGNORED;
}

CUT_INLINE enum cut_parse cut_http_version_byte(struct cut_http_half *half,
						enum cut_direction direction, __u8 byte)
{
	const __u64 text = 0x2e312f50545448ULL; /* "HTTP/1." from its lowest byte on */

	if (half->have < 7) {
		if (byte != (text >> (8 * (half->have & 7)) & 0xff))
			return CUT_PARSE_DESYNC;
		half->have++;
		return CUT_PARSE_IGNORED;
	}
	if (byte < '0' || byte > '9')
		return CUT_PARSE_DESYNC;
	half->have = 0;
	half->field = direction == CUT_UPSTREAM ? CUT_HTTP_REST : CUT_HTTP_CODE;
	return CUT_PARSE_IGNORED;
}

CUT_INLINE enum cut_parse cut_http_code_byte(struct cut_http_half *half, __u8 byte)
{
	if (byte == ' ' && !half->have)
		return CUT_PARSE_IGNORED;
	if (byte < '0' || byte > '9')
		return CUT_PARSE_DESYNC;
	half->status = half->status * 10 + (byte - '0');
	if (++half->have < 3)
		return CUT_PARSE_IGNORED;
	half->field = CUT_HTTP_REST;
	return half->status < 100 ? CUT_PARSE_DESYNC : CUT_PARSE_IGNORED;
}

#endif
