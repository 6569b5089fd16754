/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * HTTP/2 as far as its frames' headers tell (RFC 9113, 4 and 6). Header blocks are compressed by
 * what both ends remember of earlier ones (RFC 7541): method, status and path are not told.
 */
#ifndef CUT_PROTO_HTTP2_H
#define CUT_PROTO_HTTP2_H

#include "http_state.h"

#define CUT_HTTP2_HEADER_BYTES 9
#define CUT_HTTP2_PREFACE_BYTES 24

enum cut_http2_type {
	CUT_HTTP2_DATA = 0,
	CUT_HTTP2_HEADERS = 1,
	CUT_HTTP2_PRIORITY = 2,
	CUT_HTTP2_RST_STREAM = 3,
	CUT_HTTP2_SETTINGS = 4,
	CUT_HTTP2_PUSH_PROMISE = 5,
	CUT_HTTP2_PING = 6,
	CUT_HTTP2_GOAWAY = 7,
	CUT_HTTP2_WINDOW_UPDATE = 8,
	CUT_HTTP2_CONTINUATION = 9,
};

enum cut_http2_flag {
	CUT_HTTP2_END_STREAM = 0x01, /* of SETTINGS and PING: ACK */
	CUT_HTTP2_END_HEADERS = 0x04,
	CUT_HTTP2_PADDED = 0x08,
	CUT_HTTP2_HAS_PRIORITY = 0x20,
};

/* Three times eight bytes of "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n" (RFC 9113, 3.4). */
CUT_INLINE __u8 cut_http2_preface_byte(__u8 index)
{
	__u64 text = index < 8	  ? 0x5448202a20495250ULL
		     : index < 16 ? 0x0a0d302e322f5054ULL
				  : 0x0a0d0a0d4d530a0dULL;

	return text >> (8 * (index & 7));
}

CUT_INLINE enum cut_parse cut_http2_preface(struct cut_http *http, struct cut_http_half *half,
					    struct cut_cursor *cursor)
{
	if (cut_cursor_take(cursor) != cut_http2_preface_byte(half->have))
		return CUT_PARSE_DESYNC;
	if (++half->have < CUT_HTTP2_PREFACE_BYTES)
		return CUT_PARSE_IGNORED;
	half->have = 0;
	half->field = CUT_HTTP_FRAME;
	half->started = 0;
	http->two = 1;
	return CUT_PARSE_IGNORED;
}

/* Can a frame of that type have that length, in bytes, and that stream (RFC 9113, 6)? */
CUT_INLINE bool cut_http2_may_be(const struct cut_http_half *half, enum cut_direction direction)
{
	__u32 padding = half->flags & CUT_HTTP2_PADDED ? 1 : 0;
	__u32 length = half->left;

	/* A connection begins with SETTINGS; nothing comes between the parts of a header block. */
	if (!half->started && (half->type != CUT_HTTP2_SETTINGS || half->flags & 1))
		return false;
	if (half->block ? half->type != CUT_HTTP2_CONTINUATION || half->stream != half->block
			: half->type == CUT_HTTP2_CONTINUATION)
		return false;
	switch (half->type) {
	case CUT_HTTP2_DATA:
		return half->stream && length >= padding;
	case CUT_HTTP2_HEADERS:
		return half->stream &&
		       length >= padding + (half->flags & CUT_HTTP2_HAS_PRIORITY ? 5 : 0);
	case CUT_HTTP2_PRIORITY:
		return half->stream && length == 5;
	case CUT_HTTP2_RST_STREAM:
		return half->stream && length == 4;
	case CUT_HTTP2_SETTINGS:
		return !half->stream && (half->flags & 1 ? !length : length % 6 == 0);
	case CUT_HTTP2_PUSH_PROMISE:
		return half->stream && direction == CUT_DOWNSTREAM && length >= padding + 4;
	case CUT_HTTP2_PING:
		return !half->stream && length == 8;
	case CUT_HTTP2_GOAWAY:
		return !half->stream && length >= 8;
	case CUT_HTTP2_WINDOW_UPDATE:
		return length == 4;
	}
	return true; /* what is unknown is passed over (RFC 9113, 5.5) */
}

/* A request: the first header block of a stream, which has a higher number than all before it. */
CUT_INLINE __u32 cut_http2_request(struct cut_http_half *half)
{
	__u32 moments = 0;

	if (half->type == CUT_HTTP2_HEADERS && half->stream > half->newest) {
		half->newest = half->stream;
		moments = CUT_HTTP_BIT(REQUEST_HEAD);
	}
	if (half->flags & CUT_HTTP2_END_STREAM)
		moments |= CUT_HTTP_BIT(REQUEST_END);
	return moments;
}

/*
 * A response. Its trailers are told from its head by what is marked; an interim response (1xx)
 * cannot be told from one, and counts as a response.head of its own. What is pushed (an even
 * stream) answers no request: it is passed over.
 */
CUT_INLINE __u32 cut_http2_response(struct cut_http *http, const struct cut_http_half *half)
{
	__u32 number = (half->stream + 1) / 2;
	__u16 *begun = &http->begun[number & (CUT_HTTP_STREAMS - 1)];
	__u16 mark = number / CUT_HTTP_STREAMS + 1;
	__u32 moments = 0;

	if (!(half->stream & 1))
		return 0;
	if (half->type == CUT_HTTP2_DATA && half->left > (half->flags & CUT_HTTP2_PADDED ? 1 : 0))
		moments = CUT_HTTP_BIT(RESPONSE_BODY);
	if (half->type == CUT_HTTP2_HEADERS &&
	    (*begun != mark || !(half->flags & CUT_HTTP2_END_STREAM)))
		moments = CUT_HTTP_BIT(RESPONSE_HEAD);
	*begun = mark;
	if (half->flags & CUT_HTTP2_END_STREAM) {
		moments |= CUT_HTTP_BIT(RESPONSE_END);
		*begun = 0;
	}
	return moments;
}

/* The nine bytes of a frame's header are complete. */
CUT_INLINE enum cut_parse cut_http2_open(struct cut_http *http, struct cut_http_half *half,
					 enum cut_direction direction, struct cut_cursor *cursor,
					 __u32 *skip)
{
	bool block = half->type == CUT_HTTP2_HEADERS || half->type == CUT_HTTP2_PUSH_PROMISE;

	half->have = 0;
	half->stream &= 0x7fffffff;
	if (!cut_http2_may_be(half, direction))
		return CUT_PARSE_DESYNC;
	half->started = 1;
	if (half->type != CUT_HTTP2_CONTINUATION)
		half->moments = 0;
	if (half->type == CUT_HTTP2_DATA || half->type == CUT_HTTP2_HEADERS)
		half->moments = direction == CUT_UPSTREAM ? cut_http2_request(half)
							  : cut_http2_response(http, half);
	if (block || half->type == CUT_HTTP2_CONTINUATION)
		half->block = half->flags & CUT_HTTP2_END_HEADERS ? 0 : half->stream;
	half->field = half->moments && !half->block ? CUT_HTTP_PAYLOAD_END : CUT_HTTP_FRAME;
	return cut_http_skips(half, cursor, skip) ? CUT_PARSE_SKIP : CUT_PARSE_IGNORED;
}

CUT_INLINE enum cut_parse cut_http2_header(struct cut_http *http, struct cut_http_half *half,
					   enum cut_direction direction, struct cut_cursor *cursor,
					   __u32 *skip)
{
	if (!half->have) {
		half->left = 0;
		half->stream = 0;
		if (!half->block)
			half->begin = cursor->seq;
	}
	CUT_NO_UNROLL
	for (int i = 0; i < CUT_HTTP2_HEADER_BYTES && half->have < CUT_HTTP2_HEADER_BYTES &&
			!cut_cursor_empty(cursor);
	     i++) {
		__u8 byte = cut_cursor_take(cursor);

		if (half->have < 3)
			half->left = half->left << 8 | byte;
		else if (half->have == 3)
			half->type = byte;
		else if (half->have == 4)
			half->flags = byte;
		else
			half->stream = half->stream << 8 | byte;
		half->have++;
	}
	if (half->have < CUT_HTTP2_HEADER_BYTES)
		return CUT_PARSE_MORE;
	return cut_http2_open(http, half, direction, cursor, skip);
}

/* A frame that has moments is complete, or the last one of its header block. */
CUT_INLINE enum cut_parse cut_http2_end(const struct cut_http *http, struct cut_http_half *half,
					enum cut_direction direction, __u32 end,
					struct cut_facts *facts)
{
	cut_http_report(http, direction, half->moments, end, facts);
	facts->attr[CUT_HTTP_ATTR_METHOD] = 0;
	facts->attr[CUT_HTTP_ATTR_STATUS] = 0;
	facts->attr[CUT_HTTP_ATTR_STREAM] = half->stream;
	facts->attr[CUT_HTTP_ATTR_PATH] = 0;
	facts->untold =
		1u << CUT_HTTP_ATTR_METHOD | 1u << CUT_HTTP_ATTR_STATUS | 1u << CUT_HTTP_ATTR_PATH;
	facts->body = CUT_HTTP2_HEADER_BYTES;
	facts->exchange = half->stream / 2 + 1;
	half->field = CUT_HTTP_FRAME;
	return CUT_PARSE_OK;
}

#endif
