/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * What stands in a message's body, field by field: strings in runs, all else a byte at a time
 * (PostgreSQL 15 documentation, 55.6 and 55.7).
 */
#ifndef CUT_PROTO_POSTGRES_BODY_H
#define CUT_PROTO_POSTGRES_BODY_H

#include "postgres_frontend.h"

/* What is left of the body is of no interest; then comes `next`. IGNORED: it is passed already. */
CUT_INLINE enum cut_parse cut_pg_skip_rest(struct cut_pg_half *half, enum cut_pg_field next,
					   struct cut_cursor *cursor, __u32 *skip)
{
	__u32 rest = half->body_left;

	half->field = next;
	half->body_left = 0;
	if (rest > cut_cursor_left(cursor)) {
		*skip = rest;
		return CUT_PARSE_SKIP;
	}
	cut_cursor_pass(cursor, rest);
	return CUT_PARSE_IGNORED;
}

/* In the parameters of a StartupMessage, whose last byte is the end of an empty name. */
CUT_INLINE enum cut_parse cut_pg_option_step(struct cut_pg_half *half, struct cut_cursor *cursor,
					     __u32 *skip)
{
	cut_pg_option_byte(half, cut_cursor_take(cursor));
	half->body_left--;
	if (half->field == CUT_PG_WALSENDER)
		return CUT_PARSE_EXCLUDE;
	if (half->field != CUT_PG_SKIP_REST)
		return half->body_left ? CUT_PARSE_IGNORED : CUT_PARSE_DESYNC;
	return cut_pg_skip_rest(half, CUT_PG_END, cursor, skip);
}

CUT_INLINE __u32 cut_pg_base36(__u8 byte)
{
	if (byte >= '0' && byte <= '9')
		return byte - '0';
	if (byte >= 'A' && byte <= 'Z')
		return byte - 'A' + 10;
	return 0;
}

/* What follows a string's zero byte. */
CUT_INLINE void cut_pg_end_string(struct cut_pg_half *half)
{
	switch ((enum cut_pg_field)half->field) {
	case CUT_PG_PARSE_NAME:
		half->field = CUT_PG_SQL;
		break;
	case CUT_PG_BIND_PORTAL:
		half->portal = half->name;
		half->name = CUT_PG_NAME_SEED;
		half->field = CUT_PG_BIND_NAME;
		break;
	case CUT_PG_ERROR_TEXT:
	case CUT_PG_ERROR_CODE:
		half->field = CUT_PG_ERROR_TYPE;
		break;
	case CUT_PG_HEADER:
	case CUT_PG_END:
	case CUT_PG_SKIP_REST:
	case CUT_PG_SQL:
	case CUT_PG_BIND_NAME:
	case CUT_PG_EXECUTE_PORTAL:
	case CUT_PG_CLOSE_KIND:
	case CUT_PG_CLOSE_NAME:
	case CUT_PG_TAG:
	case CUT_PG_ERROR_TYPE:
	case CUT_PG_NUMBER:
	case CUT_PG_CHARACTER:
	case CUT_PG_OPTION_NAME:
	case CUT_PG_OPTION_VALUE:
	case CUT_PG_WALSENDER:
		half->field = CUT_PG_SKIP_REST;
		break;
	}
}

/* One byte of the body, in the field that it stands in. */
CUT_INLINE void cut_pg_body_byte(struct cut_pg_half *half, __u8 byte)
{
	switch ((enum cut_pg_field)half->field) {
	case CUT_PG_SQL:
	case CUT_PG_TAG:
	case CUT_PG_PARSE_NAME:
	case CUT_PG_BIND_PORTAL:
	case CUT_PG_BIND_NAME:
	case CUT_PG_EXECUTE_PORTAL:
	case CUT_PG_CLOSE_NAME:
	case CUT_PG_ERROR_TEXT:
		cut_pg_end_string(half); /* cut_pg_string() has left the zero byte alone */
		break;
	case CUT_PG_CLOSE_KIND:
		half->name = byte == 'P' ? CUT_PG_PORTAL_SEED : CUT_PG_NAME_SEED;
		half->field = CUT_PG_CLOSE_NAME;
		break;
	case CUT_PG_ERROR_TYPE:
		half->field = byte == 0	    ? CUT_PG_SKIP_REST
			      : byte == 'C' ? CUT_PG_ERROR_CODE
					    : CUT_PG_ERROR_TEXT;
		break;
	case CUT_PG_ERROR_CODE:
		if (byte)
			half->number = half->number * 36 + cut_pg_base36(byte);
		else
			cut_pg_end_string(half);
		break;
	case CUT_PG_NUMBER:
		half->number = half->number << 8 | byte;
		if (++half->have == 4)
			half->field = CUT_PG_SKIP_REST;
		break;
	case CUT_PG_CHARACTER:
		half->character = byte;
		half->field = CUT_PG_SKIP_REST;
		break;
	case CUT_PG_HEADER:
	case CUT_PG_END:
	case CUT_PG_SKIP_REST:
	case CUT_PG_OPTION_NAME:
	case CUT_PG_OPTION_VALUE:
	case CUT_PG_WALSENDER:
		break;
	}
}

/*
 * Bytes of a string without its zero byte: of a text up to a statement's end, or for a while. What
 * is no text is taken as a name; nobody asks for that of an error's.
 */
CUT_INLINE void cut_pg_string(struct cut_postgres *pg, struct cut_pg_half *half,
			      struct cut_cursor *cursor)
{
	__u32 there = cut_cursor_left(cursor);
	__u32 limit = there < half->body_left ? there : half->body_left;
	__u32 taken;

	if (half->field != CUT_PG_SQL && half->field != CUT_PG_TAG)
		taken = cut_pg_feed_name(half, cursor->chunk, cursor->at, limit);
	else
		taken = cut_sql_feed_all(&half->sql, cursor->chunk, cursor->at, limit);
	cut_cursor_pass(cursor, taken);
	half->body_left -= taken;
	/* A tag is no SQL: a semicolon in it ends nothing. */
	if (half->sql.ended && half->field == CUT_PG_SQL)
		cut_pg_end_statement(pg, half);
	half->sql.ended = 0;
}

CUT_INLINE bool cut_pg_is_string(enum cut_direction direction, enum cut_pg_field field)
{
	if (direction == CUT_DOWNSTREAM)
		return field == CUT_PG_TAG || field == CUT_PG_ERROR_TEXT;
	return 1u << field &
	       (1u << CUT_PG_SQL | 1u << CUT_PG_PARSE_NAME | 1u << CUT_PG_BIND_PORTAL |
		1u << CUT_PG_BIND_NAME | 1u << CUT_PG_EXECUTE_PORTAL | 1u << CUT_PG_CLOSE_NAME);
}

/* At least a byte of the body. IGNORED: its end, or somewhere in it. */
CUT_INLINE enum cut_parse cut_pg_body(struct cut_postgres *pg, struct cut_pg_half *half,
				      enum cut_direction direction, struct cut_cursor *cursor,
				      __u32 *skip)
{
	if (direction == CUT_UPSTREAM && half->field >= CUT_PG_OPTION_NAME)
		return cut_pg_option_step(half, cursor, skip);
	if (cut_pg_is_string(direction, (enum cut_pg_field)half->field)) {
		if (cut_cursor_peek(cursor))
			cut_pg_string(pg, half, cursor);
		/* The string goes on, or nobody knows yet. */
		if (half->body_left && (cut_cursor_empty(cursor) || cut_cursor_peek(cursor)))
			return CUT_PARSE_IGNORED;
	}
	/* The body ends inside a field: no server or client accepts that. */
	if (!half->body_left)
		return CUT_PARSE_DESYNC;
	cut_pg_body_byte(half, cut_cursor_take(cursor));
	half->body_left--;
	if (half->field == CUT_PG_SKIP_REST)
		return cut_pg_skip_rest(half, CUT_PG_END, cursor, skip);
	return half->body_left ? CUT_PARSE_IGNORED : CUT_PARSE_DESYNC;
}

#endif
