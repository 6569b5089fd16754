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

/* The moments that a glance may tell: always, and where it is a transaction that is begun or ended. */
#define CUT_PG_GLANCED_UP (CUT_PG_BIT(BIND) | CUT_PG_BIT(EXECUTE) | CUT_PG_BIT(STATEMENT))
#define CUT_PG_GLANCED_DOWN (CUT_PG_BIT(READY) | CUT_PG_BIT(COMMIT_IMPLICIT))
#define CUT_PG_GLANCED_ENDS (CUT_PG_BIT(COMMIT_REQUEST) | CUT_PG_BIT(ROLLBACK_REQUEST))
#define CUT_POSTGRES_GLANCED                                                                       \
	(CUT_PG_GLANCED_UP | CUT_PG_GLANCED_DOWN | CUT_PG_BIT(BEGIN) | CUT_PG_GLANCED_ENDS |       \
	 CUT_PG_BIT(COMMIT_ACK))

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
 * The moments that the execution of what was bound may be, beside those of every statement. ~0: it is
 * for the steps.
 */
CUT_INLINE __u64 cut_pg_may_be(__u32 commands)
{
	if (!commands)
		return 0;
	if (commands == 1u << CUT_SQL_BEGIN)
		return CUT_PG_BIT(BEGIN);
	/* A COMMIT of a transaction that has failed is a ROLLBACK. */
	if (commands == 1u << CUT_SQL_COMMIT || commands == 1u << CUT_SQL_ROLLBACK)
		return CUT_PG_GLANCED_ENDS;
	return ~0ULL;
}

/* The hash of the zero-ended name at `from`; CUT_PG_NAME_SEED: it has none, or none that ends in time. */
CUT_INLINE __u64 cut_pg_name_at(const struct cut_bytes *bytes, __u32 from, __u32 end)
{
	__u64 name = CUT_PG_NAME_SEED;

	CUT_NO_UNROLL
	for (__u32 at = from; at < from + CUT_RUN && at < end; at++) {
		__u8 byte = cut_byte_at(bytes, at);

		if (!byte)
			return name;
		name = cut_pg_hash_name(name, byte);
	}
	return CUT_PG_NAME_SEED;
}

/* Bind of a named statement to the unnamed portal, perhaps Describe, then Execute and Sync. */
CUT_INLINE __u32 cut_pg_glance_up(struct cut_postgres *pg, const struct cut_bytes *bytes,
				  __u32 filled, __u64 wanted, __u64 *moments)
{
	const __u32 tail = CUT_PG_EXECUTE_BYTES + CUT_PG_SYNC_BYTES;
	struct cut_pg_half *half = &pg->half[CUT_UPSTREAM];
	__u32 execute = filled - tail, bind;
	__u64 may_be;

	if (wanted & CUT_PG_GLANCED_UP || filled < tail + CUT_PG_HEADER_BYTES ||
	    cut_byte_at(bytes, 0) != 'B' || !cut_pg_is_between(half) ||
	    half->phase != CUT_PG_TYPED || pg->pending || pg->names_full)
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
	half->name = cut_pg_name_at(bytes, CUT_PG_HEADER_BYTES + 1, bind);
	if (half->name == CUT_PG_NAME_SEED)
		return 0;
	/* The steps bind it again, if it is for them after all. */
	half->portal = CUT_PG_PORTAL_SEED;
	cut_pg_end_bind(pg, half);
	may_be = cut_pg_may_be(half->commands);
	if (wanted & may_be || may_be == ~0ULL)
		return 0;
	*moments = CUT_PG_GLANCED_UP;
	if (half->commands)
		*moments |= cut_pg_apply(pg, half, cut_pg_only_command(half->commands),
					 pg->bound_chains);
	cut_pg_end_of_request(pg, true);
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

/* Rows, CommandComplete, ReadyForQuery. */
CUT_INLINE __u32 cut_pg_glance_down(struct cut_postgres *pg, const struct cut_bytes *bytes,
				    __u32 filled, __u64 wanted, __u64 *moments)
{
	struct cut_pg_half *half = &pg->half[CUT_DOWNSTREAM];
	struct cut_cursor tag = {bytes, 0, filled, 0};
	__u32 ready = filled - CUT_PG_READY_BYTES, at = 0, length = 0;
	bool taken;
	__u8 type = 0;

	if (wanted & CUT_PG_GLANCED_DOWN || filled < CUT_PG_HEADER_BYTES + CUT_PG_READY_BYTES ||
	    !cut_pg_is_between(half) || pg->negotiating ||
	    !cut_pg_stands_at(bytes, ready, 'Z', CUT_PG_READY_BYTES))
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
	half->commands = 0;
	half->moments = 0;
	half->body_left = length - 4;
	taken = cut_pg_take_tag(half, &tag);
	half->body_left = 0;
	/* The steps say that it does not answer what was asked, if it does not. */
	if (!taken || (half->commands & 1u << CUT_SQL_COMMIT &&
		       (wanted & CUT_PG_BIT(COMMIT_ACK) || cut_pg_expects_another(pg))))
		return 0;
	cut_pg_end_tag(pg, half);
	*moments = half->moments;
	half->character = cut_byte_at(bytes, ready + CUT_PG_HEADER_BYTES);
	cut_pg_end_ready(pg, half);
	*moments |= half->moments;
	return *moments & CUT_PG_BIT(COMMIT_ACK) ? 2 : 1;
}

/*
 * The whole of a segment at a glance, for somebody who wants to know more of the `wanted` moments
 * than how many there are: how many messages say something, and the moments of them all, each of one
 * message and none of them wanted. 0: it is for the steps, for it has something else in it, or is
 * wanted, or needs the state of a message.
 */
CUT_INLINE __u32 cut_postgres_glance(struct cut_postgres *pg, enum cut_direction direction,
				     const struct cut_bytes *bytes, __u32 filled, __u64 wanted,
				     __u64 *moments)
{
	return direction == CUT_UPSTREAM ? cut_pg_glance_up(pg, bytes, filled, wanted, moments)
					 : cut_pg_glance_down(pg, bytes, filled, wanted, moments);
}

#endif
