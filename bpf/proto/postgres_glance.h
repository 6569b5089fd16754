/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * What most segments of most connections are, taken as a whole: a prepared statement is executed
 * (Bind, Describe, Execute, Sync), or a statement is answered (rows, CommandComplete,
 * ReadyForQuery). The steps of postgres.h would remember and say the same, message by message.
 * Source: PostgreSQL 15 documentation, 55.2.3 and 55.7.
 */
#ifndef CUT_PROTO_POSTGRES_GLANCE_H
#define CUT_PROTO_POSTGRES_GLANCE_H

#include "postgres_backend.h"
#include "postgres_frontend.h"

/* Sizes with type and length, of the unnamed portal. (What Describe names is not looked at.) */
#define CUT_PG_DESCRIBE_BYTES 7
#define CUT_PG_EXECUTE_BYTES 10
#define CUT_PG_SYNC_BYTES 5
#define CUT_PG_READY_BYTES 6
#define CUT_PG_GLANCE_ROWS 8 /* messages in front of a CommandComplete */

/* The moments that a glance may tell. */
#define CUT_POSTGRES_GLANCED                                                                       \
	(CUT_PG_BIT(BIND) | CUT_PG_BIT(EXECUTE) | CUT_PG_BIT(STATEMENT) | CUT_PG_BIT(READY) |      \
	 CUT_PG_BIT(COMMIT_IMPLICIT))

/* Between two messages of a connection that has begun. */
CUT_INLINE bool cut_pg_is_between(const struct cut_pg_half *half)
{
	return half->field == CUT_PG_HEADER && !half->have && half->phase != CUT_PG_OVER;
}

/* The length that a message at `at` gives itself, without its type. Only where its header is. */
CUT_INLINE __u32 cut_pg_length_at(const struct cut_bytes *bytes, __u32 at)
{
	const struct cut_cursor cursor = {bytes, at, CUT_CHUNK, 0};

	return cut_cursor_peek32(&cursor, 1);
}

/* A message of this type and size, its type included, stands at `at`. Only where there is room. */
CUT_INLINE bool cut_pg_stands_at(const struct cut_bytes *bytes, __u32 at, __u8 type, __u32 size)
{
	return cut_byte_at(bytes, at) == type && cut_pg_length_at(bytes, at) == size - 1;
}

/*
 * Bind of a named statement that is no transaction command to the unnamed portal, perhaps Describe,
 * then Execute and Sync.
 */
CUT_INLINE __u32 cut_pg_glance_up(struct cut_postgres *pg, const struct cut_bytes *bytes,
				  __u32 filled, __u64 *moments)
{
	const __u32 tail = CUT_PG_EXECUTE_BYTES + CUT_PG_SYNC_BYTES;
	const __u32 from = CUT_PG_HEADER_BYTES + 1; /* of the statement's name */
	struct cut_pg_half *half = &pg->half[CUT_UPSTREAM];
	__u32 execute = filled - tail, bind, at;
	__u64 name = CUT_PG_NAME_SEED;

	if (filled < tail + CUT_PG_HEADER_BYTES || cut_byte_at(bytes, 0) != 'B' ||
	    !cut_pg_is_between(half) || half->phase != CUT_PG_TYPED || pg->pending ||
	    pg->names_full)
		return 0;
	bind = cut_pg_length_at(bytes, 0) + 1;
	if (bind > execute)
		return 0;
	if (bind != execute && (bind + CUT_PG_DESCRIBE_BYTES != execute ||
				!cut_pg_stands_at(bytes, bind, 'D', CUT_PG_DESCRIBE_BYTES)))
		return 0;
	if (!cut_pg_stands_at(bytes, execute, 'E', CUT_PG_EXECUTE_BYTES) ||
	    !cut_pg_stands_at(bytes, execute + CUT_PG_EXECUTE_BYTES, 'S', CUT_PG_SYNC_BYTES) ||
	    cut_byte_at(bytes, CUT_PG_HEADER_BYTES) ||
	    cut_byte_at(bytes, execute + CUT_PG_HEADER_BYTES))
		return 0;
	CUT_NO_UNROLL
	for (at = from; at < from + CUT_RUN; at++) {
		__u8 byte = cut_byte_at(bytes, at);

		if (!byte)
			break;
		name = cut_pg_hash_name(name, byte);
	}
	if (at == from || at == from + CUT_RUN || at >= bind || cut_pg_may_know(pg, name))
		return 0;
	half->name = name;
	half->portal = CUT_PG_PORTAL_SEED;
	cut_pg_end_bind(pg, half);
	cut_pg_end_of_request(pg, true);
	*moments = CUT_PG_BIT(BIND) | CUT_PG_BIT(EXECUTE) | CUT_PG_BIT(STATEMENT);
	return 2;
}

/* A server's message that changes nothing, as they stand in front of a CommandComplete. */
CUT_INLINE bool cut_pg_precedes_tag(__u8 type)
{
	return type == 'D' || /* DataRow */
	       type == '2' || /* BindComplete */
	       type == 'T' || /* RowDescription */
	       type == 'n' || /* NoData */
	       type == '1';   /* ParseComplete */
}

/* Rows, the CommandComplete of a command that is no transaction's, ReadyForQuery. */
CUT_INLINE __u32 cut_pg_glance_down(struct cut_postgres *pg, const struct cut_bytes *bytes,
				    __u32 filled, __u64 *moments)
{
	struct cut_pg_half *half = &pg->half[CUT_DOWNSTREAM];
	struct cut_cursor tag = {bytes, 0, filled, 0};
	__u32 ready = filled - CUT_PG_READY_BYTES, at = 0, length = 0;
	bool tagged;
	__u8 type = 0;

	if (filled < CUT_PG_HEADER_BYTES + CUT_PG_READY_BYTES || !cut_pg_is_between(half) ||
	    pg->negotiating || !cut_pg_stands_at(bytes, ready, 'Z', CUT_PG_READY_BYTES))
		return 0;
	CUT_NO_UNROLL
	for (int i = 0; i <= CUT_PG_GLANCE_ROWS && at + CUT_PG_HEADER_BYTES <= ready; i++) {
		type = cut_byte_at(bytes, at);
		length = cut_pg_length_at(bytes, at);
		if (!cut_pg_precedes_tag(type) || length < 4 || length > ready - at - 1)
			break;
		at += length + 1;
	}
	if (type != 'C' || length < 4 || at + length + 1 != ready)
		return 0;
	tag.at = at + CUT_PG_HEADER_BYTES;
	half->body_left = length - 4;
	tagged = cut_pg_take_tag(half, &tag);
	half->body_left = 0;
	if (!tagged)
		return 0;
	half->character = cut_byte_at(bytes, ready + CUT_PG_HEADER_BYTES);
	cut_pg_count_tag(pg);
	cut_pg_end_ready(pg, half);
	*moments = half->moments;
	return 1;
}

/*
 * The whole of a segment at a glance, for somebody who wants no more of CUT_POSTGRES_GLANCED than
 * to count them: how many messages say something, and the moments of them all, each of one message.
 * 0: it has something else in it, or needs the state of a message; it is for the steps.
 */
CUT_INLINE __u32 cut_postgres_glance(struct cut_postgres *pg, enum cut_direction direction,
				     const struct cut_bytes *bytes, __u32 filled, __u64 *moments)
{
	return direction == CUT_UPSTREAM ? cut_pg_glance_up(pg, bytes, filled, moments)
					 : cut_pg_glance_down(pg, bytes, filled, moments);
}

#endif
