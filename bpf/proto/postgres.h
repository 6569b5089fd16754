/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * PostgreSQL frontend/backend protocol 3.x, both directions, as a machine that can stop and go on
 * at any byte. Source: PostgreSQL 15 documentation, chapter 55.
 */
#ifndef CUT_PROTO_POSTGRES_H
#define CUT_PROTO_POSTGRES_H

#include "postgres_backend.h"
#include "postgres_body.h"
#include "postgres_frontend.h"
#include "postgres_glance.h"
#include "postgres_message.h"

#define CUT_PG_STRIDE 8 /* messages without facts that one step passes over */

/* Untyped header: 4 bytes of length (itself included), 4 bytes of code. */
CUT_INLINE enum cut_parse cut_pg_untyped_header(struct cut_postgres *pg, struct cut_pg_half *half,
						struct cut_cursor *cursor, __u32 *skip)
{
	if (half->have == 0) {
		cut_pg_begin_message(half, cursor->seq);
		if (cut_cursor_peek(cursor) == CUT_PG_TLS_HANDSHAKE)
			return CUT_PARSE_SWITCH;
	}
	half->number = half->number << 8 | cut_cursor_take(cursor);
	half->have++;
	if (half->have == 4) {
		if (half->number < 8 || half->number > CUT_PG_MAX_STARTUP)
			return CUT_PARSE_DESYNC;
		half->body_left = half->number - 8;
	}
	if (half->have < 8)
		return CUT_PARSE_IGNORED;
	half->have = 0;
	if (!cut_pg_startup(pg, half, half->number))
		return CUT_PARSE_DESYNC;
	half->number = 0;
	if (half->moments & CUT_PG_BIT(STARTUP) && half->body_left) {
		half->field = CUT_PG_OPTION_NAME;
		return CUT_PARSE_IGNORED;
	}
	return cut_pg_skip_rest(half, CUT_PG_END, cursor, skip);
}

/* The five bytes of a typed header are complete. */
CUT_INLINE enum cut_parse cut_pg_open_body(struct cut_pg_half *half, enum cut_direction direction,
					   struct cut_cursor *cursor, __u32 *skip)
{
	enum cut_pg_field field = direction == CUT_UPSTREAM ? cut_pg_frontend_field(half->type)
							    : cut_pg_backend_field(half->type);
	bool mute = direction == CUT_UPSTREAM && cut_pg_frontend_is_mute(half->type);

	if (field == CUT_PG_HEADER || half->number < 4 || half->number > CUT_PG_MAX_MESSAGE)
		return CUT_PARSE_DESYNC;
	half->body_left = half->number - 4;
	half->number = 0;
	half->have = 0;
	/* A server's message without a field of interest has no facts either. */
	if (field == CUT_PG_SKIP_REST)
		return cut_pg_skip_rest(
			half, mute || direction == CUT_DOWNSTREAM ? CUT_PG_HEADER : CUT_PG_END,
			cursor, skip);
	if (field == CUT_PG_SQL || field == CUT_PG_PARSE_NAME)
		cut_sql_start(&half->sql);
	if (field == CUT_PG_TAG && half->body_left <= cut_cursor_left(cursor))
		half->commands = cut_pg_tag_at(cursor->chunk, cursor->at, half->body_left);
	if (half->commands)
		return cut_pg_skip_rest(half, CUT_PG_END, cursor, skip);
	if (field == CUT_PG_BIND_PORTAL || field == CUT_PG_EXECUTE_PORTAL)
		half->name = CUT_PG_PORTAL_SEED;
	half->field = field;
	return half->body_left ? CUT_PARSE_IGNORED : CUT_PARSE_DESYNC;
}

/* Whole headers. IGNORED: of the message at hand, or of several that had nothing to say. */
CUT_INLINE enum cut_parse cut_pg_whole_headers(struct cut_pg_half *half,
					       enum cut_direction direction,
					       struct cut_cursor *cursor, __u32 *skip)
{
	enum cut_parse parse = CUT_PARSE_IGNORED;

	CUT_NO_UNROLL
	for (int i = 0; i < CUT_PG_STRIDE && cut_cursor_left(cursor) >= CUT_PG_HEADER_BYTES; i++) {
		cut_pg_begin_message(half, cursor->seq);
		half->type = cut_cursor_peek(cursor);
		half->number = cut_cursor_peek32(cursor, 1);
		cut_cursor_pass(cursor, CUT_PG_HEADER_BYTES);
		parse = cut_pg_open_body(half, direction, cursor, skip);
		if (parse != CUT_PARSE_IGNORED || half->field != CUT_PG_HEADER)
			break;
	}
	return parse;
}

CUT_INLINE enum cut_parse cut_pg_typed_header(struct cut_postgres *pg, struct cut_pg_half *half,
					      enum cut_direction direction,
					      struct cut_cursor *cursor, __u32 *skip)
{
	__u8 byte = cut_cursor_peek(cursor);

	if (half->have == 0 && direction == CUT_DOWNSTREAM && pg->negotiating) {
		/* One byte: N, S or G. An error of a server too old to know is typed. */
		pg->negotiating = 0;
		if (byte == 'G')
			return CUT_PARSE_OPAQUE;
		if (byte == 'S') {
			cut_cursor_take(cursor);
			return CUT_PARSE_SWITCH;
		}
		if (byte == 'N') {
			cut_cursor_take(cursor);
			return CUT_PARSE_IGNORED;
		}
	}
	if (half->have == 0 && cut_cursor_left(cursor) >= CUT_PG_HEADER_BYTES)
		return cut_pg_whole_headers(half, direction, cursor, skip);
	if (half->have == 0) {
		cut_pg_begin_message(half, cursor->seq);
		half->type = byte;
	}
	CUT_NO_UNROLL
	for (int i = 0; i < CUT_PG_HEADER_BYTES && half->have < CUT_PG_HEADER_BYTES &&
			!cut_cursor_empty(cursor);
	     i++) {
		byte = cut_cursor_take(cursor);
		if (half->have++)
			half->number = half->number << 8 | byte;
	}
	if (half->have < CUT_PG_HEADER_BYTES)
		return CUT_PARSE_MORE;
	return cut_pg_open_body(half, direction, cursor, skip);
}

/* The message is complete at `end`. A COMMIT by Execute waits for the Sync that may follow. */
CUT_INLINE enum cut_parse cut_pg_end_message(struct cut_postgres *pg, struct cut_pg_half *half,
					     enum cut_direction direction, __u32 end,
					     struct cut_facts *facts)
{
	half->field = CUT_PG_HEADER;
	half->have = 0;
	/* An exchange ends with a ReadyForQuery; both directions count them. */
	facts->exchange = (direction == CUT_UPSTREAM ? pg->requests : pg->replies) + 1;
	if (direction == CUT_DOWNSTREAM) {
		cut_pg_end_backend(pg, half);
		if (!half->moments)
			return CUT_PARSE_IGNORED;
		cut_pg_report(half, end, facts);
		return CUT_PARSE_OK;
	}
	if (half->type)
		cut_pg_end_frontend(pg, half);
	if (half->type == 'S' && pg->pending) {
		*facts = pg->due;
		facts->end = end;
		pg->pending = 0;
		return CUT_PARSE_OK;
	}
	if (!half->moments)
		return CUT_PARSE_IGNORED;
	cut_pg_report(half, end, facts);
	facts->forgot = pg->names_full;
	pg->names_full = 0;
	if (half->type == 'E' && (half->moments & CUT_PG_BIT(COMMIT_REQUEST))) {
		pg->due = *facts;
		pg->pending = 1;
		return CUT_PARSE_IGNORED;
	}
	return CUT_PARSE_OK;
}

/* Between two messages, or in a header. */
CUT_INLINE enum cut_parse cut_pg_header(struct cut_postgres *pg, struct cut_pg_half *half,
					enum cut_direction direction, struct cut_cursor *cursor,
					__u32 *skip, struct cut_facts *facts)
{
	if (half->have == 0 && pg->pending && direction == CUT_UPSTREAM &&
	    cut_cursor_peek(cursor) != 'S') {
		*facts = pg->due;
		pg->pending = 0;
		return CUT_PARSE_OK;
	}
	if (half->phase == CUT_PG_OVER)
		return CUT_PARSE_DESYNC;
	if (half->phase == CUT_PG_UNTYPED && direction == CUT_UPSTREAM)
		return cut_pg_untyped_header(pg, half, cursor, skip);
	return cut_pg_typed_header(pg, half, direction, cursor, skip);
}

/*
 * Consumes from the cursor until something is to be said. Called again until it says MORE; also
 * with an empty cursor, to report a message that ended with the segment. After SKIP the caller
 * passes over `*skip` bytes of the stream, and calls again once they are behind. After OK with an
 * empty cursor only cut_postgres_flush() can have something to say.
 */
CUT_INLINE enum cut_parse cut_postgres_step(struct cut_postgres *pg, enum cut_direction direction,
					    struct cut_cursor *cursor, __u32 *skip,
					    struct cut_facts *facts)
{
	struct cut_pg_half *half = &pg->half[direction];
	enum cut_parse parse;

	if (half->field == CUT_PG_HEADER) {
		if (cut_cursor_empty(cursor))
			return CUT_PARSE_MORE;
		parse = cut_pg_header(pg, half, direction, cursor, skip, facts);
		if (parse != CUT_PARSE_IGNORED || half->field == CUT_PG_HEADER)
			return parse;
	}
	/* Two strings at most: Bind has two names, Parse a name and a text. */
	for (int i = 0; i < 2 && half->field != CUT_PG_END; i++) {
		if (cut_cursor_empty(cursor))
			return CUT_PARSE_MORE;
		parse = cut_pg_body(pg, half, direction, cursor, skip);
		if (parse != CUT_PARSE_IGNORED)
			return parse;
	}
	if (half->field != CUT_PG_END)
		return CUT_PARSE_IGNORED;
	parse = cut_pg_end_message(pg, half, direction, cursor->seq, facts);
	return parse == CUT_PARSE_IGNORED && cut_cursor_empty(cursor) ? CUT_PARSE_MORE : parse;
}

/* No attribute is a text. */
CUT_INLINE const struct cut_text *cut_postgres_text(const struct cut_postgres *pg,
						    enum cut_direction direction, __u32 which)
{
	(void)pg;
	(void)direction;
	(void)which;
	return 0;
}

/* ReadyForQuery's status, if these are the bytes of one (55.7); 0: they are not. */
CUT_INLINE __u8 cut_postgres_rest_word(const __u8 bytes[CUT_REST_BYTES])
{
	if (bytes[0] != 'Z' || bytes[1] || bytes[2] || bytes[3] || bytes[4] != 5)
		return 0;
	return bytes[5] == 'I' || bytes[5] == 'T' || bytes[5] == 'E' ? bytes[5] : 0;
}

/*
 * Takes up a connection whose start was not seen, after a ReadyForQuery of that status. What was
 * prepared before is not known. False: no such status.
 */
CUT_INLINE bool cut_postgres_join(struct cut_postgres *pg, __u8 status)
{
	if (status != 'I' && status != 'T' && status != 'E')
		return false;
	__builtin_memset(pg, 0, sizeof(*pg));
	pg->half[CUT_UPSTREAM].phase = CUT_PG_TYPED;
	pg->half[CUT_DOWNSTREAM].phase = CUT_PG_TYPED;
	pg->status = status;
	pg->open = status != 'I';
	return true;
}

CUT_INLINE bool cut_postgres_rests(const struct cut_postgres *pg)
{
	const struct cut_pg_half *up = &pg->half[CUT_UPSTREAM];
	const struct cut_pg_half *down = &pg->half[CUT_DOWNSTREAM];

	return up->field == CUT_PG_HEADER && !up->have && down->field == CUT_PG_HEADER &&
	       !down->have && pg->replies && pg->replies == pg->requests;
}

/* A COMMIT or ROLLBACK was sent that the server has not answered. */
CUT_INLINE bool cut_postgres_owes(const struct cut_postgres *pg)
{
	return pg->answered != pg->asked;
}

/* The segment has ended: what was held back for a message that did not follow in it. */
CUT_INLINE enum cut_parse cut_postgres_flush(struct cut_postgres *pg, enum cut_direction direction,
					     struct cut_facts *facts)
{
	if (direction == CUT_DOWNSTREAM || !pg->pending)
		return CUT_PARSE_MORE;
	*facts = pg->due;
	pg->pending = 0;
	return CUT_PARSE_OK;
}

#endif
