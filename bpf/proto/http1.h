/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* The head of an HTTP/1.1 message, and what it says of the body (RFC 9112, 5 and 6). */
#ifndef CUT_PROTO_HTTP1_H
#define CUT_PROTO_HTTP1_H

#include "http_start.h"

/* The first byte of a line of the head; the line end of an empty one ends the head. */
CUT_INLINE enum cut_parse cut_http_line_byte(struct cut_http_half *half, struct cut_cursor *cursor)
{
	__u8 byte = cut_cursor_peek(cursor);

	if (byte == '\r') {
		cut_cursor_take(cursor);
		half->field = CUT_HTTP_BLANK;
	} else if (byte == ' ' || byte == '\t') {
		/* A value that goes on (obs-fold; RFC 9112, 5.2). */
		if (!half->folds)
			return CUT_PARSE_DESYNC;
		cut_cursor_take(cursor);
		half->field = half->header ? CUT_HTTP_VALUE : CUT_HTTP_OTHER;
	} else {
		half->hash = CUT_HTTP_SEED;
		half->quiet = 0;
	}
	return CUT_PARSE_IGNORED;
}

/* In a field's name, up to its colon. */
CUT_INLINE enum cut_parse cut_http_name(struct cut_http_half *half, struct cut_cursor *cursor)
{
	enum cut_parse parse;

	if (!half->have) {
		parse = cut_http_line_byte(half, cursor);
		if (parse != CUT_PARSE_IGNORED || half->field != CUT_HTTP_NAME)
			return parse;
	}
	cut_cursor_pass(cursor, cut_http_feed_name(half, cursor->chunk, cursor->at,
						   cut_cursor_left(cursor)));
	if (cut_cursor_empty(cursor))
		return CUT_PARSE_MORE;
	if (half->have && cut_cursor_peek(cursor) > ' ' && cut_cursor_peek(cursor) != ':' &&
	    cut_cursor_peek(cursor) < 0x7f)
		return CUT_PARSE_IGNORED; /* the run ended, not the name */
	if (!half->have || cut_cursor_take(cursor) != ':')
		return CUT_PARSE_DESYNC;
	half->header = half->trailer ? CUT_HTTP_NO_HEADER : cut_http_header_of(half->hash);
	half->hash = CUT_HTTP_SEED;
	half->have = 0;
	half->folds = 1;
	half->field = half->header ? CUT_HTTP_VALUE : CUT_HTTP_OTHER;
	return CUT_PARSE_IGNORED;
}

/* In a line of no interest, up to its end. */
CUT_INLINE enum cut_parse cut_http_line(struct cut_http_half *half, enum cut_http_field next,
					struct cut_cursor *cursor)
{
	cut_cursor_pass(cursor,
			cut_http_pass_line(cursor->chunk, cursor->at, cut_cursor_left(cursor)));
	if (cut_cursor_empty(cursor))
		return CUT_PARSE_MORE;
	if (cut_cursor_peek(cursor) != '\n')
		return CUT_PARSE_IGNORED;
	cut_cursor_take(cursor);
	half->have = 0;
	half->field = next;
	return CUT_PARSE_IGNORED;
}

/* The head of a request is complete (RFC 9112, 6.3). Its moments; 0: it is not valid. */
CUT_INLINE __u32 cut_http_end_request_head(struct cut_http *http, struct cut_http_half *half)
{
	http->methods[http->asked & (CUT_HTTP_QUESTIONS - 1)] = half->method;
	http->asked++;
	half->started = 1;
	if (half->coded && !half->chunked)
		return 0;
	if (half->method != CUT_METHOD_CONNECT && half->coded) {
		half->field = CUT_HTTP_SIZE;
		return CUT_HTTP_BIT(REQUEST_HEAD);
	}
	if (half->method != CUT_METHOD_CONNECT && half->size) {
		half->left = half->size;
		half->field = CUT_HTTP_BODY;
		return CUT_HTTP_BIT(REQUEST_HEAD);
	}
	half->field = CUT_HTTP_START;
	return CUT_HTTP_BIT(REQUEST_HEAD) | CUT_HTTP_BIT(REQUEST_END);
}

/*
 * Likewise of a response. Of one whose body ends with the connection no end is told: a parser does
 * not see a FIN.
 */
CUT_INLINE __u32 cut_http_end_response_head(struct cut_http *http, struct cut_http_half *half)
{
	__u32 waiting = http->asked - http->answered;

	half->field = CUT_HTTP_START;
	if (half->status < 200 && half->status != 101)
		return CUT_HTTP_BIT(RESPONSE_INTERIM);
	/* More in a row than are remembered: this one's method is not known. */
	if (waiting > CUT_HTTP_QUESTIONS)
		return 0;
	half->method = waiting ? http->methods[http->answered & (CUT_HTTP_QUESTIONS - 1)] : 0;
	half->events = half->events && !half->packed;
	if (half->exchange)
		http->answered++;
	half->left = half->size;
	if (half->status == 101 || (half->method == CUT_METHOD_CONNECT && half->status < 300))
		http->tunnels = 1;
	else if (half->method != CUT_METHOD_HEAD && half->status != 204 && half->status != 304)
		half->field = half->coded && half->chunked  ? CUT_HTTP_SIZE
			      : half->coded || !half->sized ? CUT_HTTP_CLOSE
			      : half->size		    ? CUT_HTTP_BODY
							    : CUT_HTTP_START;
	return half->field == CUT_HTTP_START
		       ? CUT_HTTP_BIT(RESPONSE_HEAD) | CUT_HTTP_BIT(RESPONSE_END)
		       : CUT_HTTP_BIT(RESPONSE_HEAD);
}

/* The line end of the empty line was taken. */
CUT_INLINE enum cut_parse cut_http_end_head(struct cut_http *http, struct cut_http_half *half,
					    enum cut_direction direction, __u32 end,
					    struct cut_facts *facts)
{
	bool up = direction == CUT_UPSTREAM;
	__u32 moments;

	half->have = 0;
	if (half->trailer) {
		half->field = CUT_HTTP_START;
		moments = up ? CUT_HTTP_BIT(REQUEST_END) : CUT_HTTP_BIT(RESPONSE_END);
	} else {
		moments = up ? cut_http_end_request_head(http, half)
			     : cut_http_end_response_head(http, half);
	}
	if (!moments)
		return CUT_PARSE_DESYNC;
	cut_http_report(http, direction, moments, end, facts);
	half->begin = end;
	half->number = 0;
	return CUT_PARSE_OK;
}

/* At least a byte of a head, or of the trailer section. */
CUT_INLINE enum cut_parse cut_http_head(struct cut_http *http, struct cut_http_half *half,
					enum cut_direction direction, struct cut_cursor *cursor,
					struct cut_facts *facts)
{
	__u8 byte;

	if (half->field == CUT_HTTP_NAME && (half->have || cut_cursor_peek(cursor) != '\n'))
		return cut_http_name(half, cursor);
	if (half->field == CUT_HTTP_REST || half->field == CUT_HTTP_OTHER)
		return cut_http_line(half, CUT_HTTP_NAME, cursor);
	if (half->field == CUT_HTTP_TARGET)
		cut_cursor_pass(cursor, cut_http_feed_target(&http->target, cursor->chunk,
							     cursor->at, cut_cursor_left(cursor)));
	if (cut_cursor_empty(cursor))
		return CUT_PARSE_MORE;
	if (half->field == CUT_HTTP_TARGET && cut_cursor_peek(cursor) > ' ' &&
	    cut_cursor_peek(cursor) != 0x7f)
		return CUT_PARSE_IGNORED; /* the run ended, not the target */
	byte = cut_cursor_take(cursor);
	switch ((enum cut_http_field)half->field) {
	case CUT_HTTP_METHOD:
		return cut_http_method_byte(http, half, byte);
	case CUT_HTTP_TARGET:
		half->have = 0;
		half->field = CUT_HTTP_VERSION;
		return byte == ' ' && http->target.length ? CUT_PARSE_IGNORED : CUT_PARSE_DESYNC;
	case CUT_HTTP_VERSION:
		return cut_http_version_byte(half, direction, byte);
	case CUT_HTTP_CODE:
		return cut_http_code_byte(half, byte);
	case CUT_HTTP_VALUE:
		if (byte != '\n')
			return cut_http_value_byte(half, byte) ? CUT_PARSE_IGNORED
							       : CUT_PARSE_DESYNC;
		half->field = CUT_HTTP_NAME;
		return cut_http_end_word(half) ? CUT_PARSE_IGNORED : CUT_PARSE_DESYNC;
	default: /* CUT_HTTP_NAME and CUT_HTTP_BLANK: the line end of an empty line */
		return byte == '\n' ? cut_http_end_head(http, half, direction, cursor->seq, facts)
				    : CUT_PARSE_DESYNC;
	}
}

#endif
