/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * What most segments of most connections are, taken as a whole: a prepared statement is executed
 * (Bind, Describe, Execute, Sync), or a statement is answered (rows, CommandComplete,
 * ReadyForQuery). The steps of postgres.h would remember and say the same, message by message.
 * Source: PostgreSQL 15 documentation, 55.2.3 and 55.7.
 */
#ifndef CUT_PROTO_POSTGRES_GLANCE_H
#define CUT_PROTO_POSTGRES_GLANCE_H

#include "../core/glance.h"
#include "postgres_backend.h"
#include "postgres_frontend.h"
#include "postgres_message.h"

enum { cut_postgres_glances = 1 };

/* Sizes with type and length, of the unnamed portal. (What Describe names is not looked at.) */
#define CUT_PG_DESCRIBE_BYTES 7
#define CUT_PG_EXECUTE_BYTES 10
#define CUT_PG_SYNC_BYTES 5
#define CUT_PG_READY_BYTES 6
#define CUT_PG_GLANCE_ROWS 8 /* messages in front of a CommandComplete */

/* The moments of each direction's usual segment. Whoever wants more of one, wants the steps. */
#define CUT_PG_GLANCED_UP (CUT_PG_BIT(BIND) | CUT_PG_BIT(EXECUTE) | CUT_PG_BIT(STATEMENT))
#define CUT_PG_GLANCED_DOWN (CUT_PG_BIT(READY) | CUT_PG_BIT(COMMIT_IMPLICIT))

/* Between two messages of a connection that has begun. */
CUT_INLINE bool cut_pg_is_between(const struct cut_pg_half *half)
{
	return half->field == CUT_PG_HEADER && !half->have && half->phase != CUT_PG_OVER;
}

/* A message of this type and size, its type included, stands at `at`. Only where there is room. */
CUT_INLINE bool cut_pg_stands_at(const struct cut_bytes *bytes, __u32 at, __u8 type, __u32 size)
{
	return cut_word_at(bytes, at) >> 24 == ((__u64)type << 32 | (size - 1));
}

/* The same, and zero behind that header: its first text is empty. */
CUT_INLINE bool cut_pg_stands_unnamed_at(const struct cut_bytes *bytes, __u32 at, __u8 type,
					 __u32 size)
{
	return cut_word_at(bytes, at) >> 16 == ((__u64)type << 40 | (__u64)(size - 1) << 8);
}

/*
 * May what was bound be executed at a glance? BEGIN, if it is but counted; COMMIT; and ROLLBACK, or
 * the COMMIT of a transaction that has failed, if these are but counted. Two-phase commands and
 * sets of several are for the steps.
 */
CUT_INLINE bool cut_pg_is_glanced(const struct cut_postgres *pg, __u32 commands, __u64 wanted)
{
	if (commands == 1u << CUT_SQL_BEGIN)
		return !(wanted & CUT_PG_BIT(BEGIN));
	if (commands == 1u << CUT_SQL_COMMIT && !cut_pg_has_failed(pg))
		return true;
	return commands & (1u << CUT_SQL_COMMIT | 1u << CUT_SQL_ROLLBACK) &&
	       !(commands & (commands - 1)) && !(wanted & CUT_PG_BIT(ROLLBACK_REQUEST));
}

/* The hash of the zero-ended name at `from`; CUT_PG_NAME_SEED: it is empty, or too long. */
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

/* The one of a set that is glanced. */
CUT_INLINE enum cut_postgres_command cut_pg_glanced_command(__u32 commands)
{
	if (commands == 1u << CUT_SQL_BEGIN)
		return CUT_SQL_BEGIN;
	return commands == 1u << CUT_SQL_COMMIT ? CUT_SQL_COMMIT : CUT_SQL_ROLLBACK;
}

/* As cut_pg_end_bind() binds a named statement to the unnamed portal. */
CUT_INLINE void cut_pg_glance_bind(struct cut_postgres *pg, const struct cut_glance *glance,
				   __u64 name, __u32 commands, __u8 chains)
{
	pg->half[CUT_UPSTREAM].portal = CUT_PG_PORTAL_SEED;
	pg->bound_portal = CUT_PG_PORTAL_SEED;
	pg->bind_begin =
		pg->parse_in_group && pg->parsed_name == name ? pg->parse_begin : glance->seq;
	pg->bound_commands = commands;
	pg->bound_chains = chains;
	pg->portal_commands = commands;
	pg->portal_chains = chains;
}

/* What is bound is no transaction command: it is counted. */
CUT_INLINE __u32 cut_pg_glance_statement(struct cut_postgres *pg, struct cut_glance *glance,
					 __u64 name)
{
	cut_pg_glance_bind(pg, glance, name, 0, 0);
	glance->kind = CUT_GLANCED_PG_EXECUTED;
	return 2;
}

/*
 * A transaction command is bound and executed: that is told, if it is wanted, a COMMIT with the
 * Sync behind it. Returns how many messages are counted; 0: it is for the steps.
 */
CUT_APART __u32 cut_pg_glance_command(struct cut_postgres *pg, struct cut_glance *glance,
				      struct cut_facts *facts, __u64 name)
{
	const struct cut_pg_name *known = cut_pg_recall(pg, name);
	struct cut_pg_half *half = &pg->half[CUT_UPSTREAM];
	__u32 commands, end = glance->seq + glance->filled;

	/* The name only looked like one that is known. */
	if (!known)
		return cut_pg_glance_statement(pg, glance, name);
	commands = known->commands;
	if (!cut_pg_is_glanced(pg, commands, glance->wanted))
		return 0;
	cut_pg_glance_bind(pg, glance, name, commands, known->chains);
	cut_pg_begin_message(half, pg->bind_begin);
	half->type = 'E';
	half->commands = commands;
	half->moments = CUT_PG_BIT(EXECUTE) |
			cut_pg_apply(pg, half, cut_pg_glanced_command(commands), pg->bound_chains);
	glance->moments = CUT_PG_BIT(BIND) | half->moments;
	if (half->moments & CUT_PG_BIT(BEGIN))
		glance->kind = CUT_GLANCED_PG_BEGUN;
	if (half->moments & CUT_PG_BIT(COMMIT_REQUEST))
		glance->kind = CUT_GLANCED_PG_COMMITTED;
	if (!(half->moments & glance->wanted))
		return 2;
	/* The other direction may just have seen the transaction fail. */
	if (!(half->moments & CUT_PG_BIT(COMMIT_REQUEST)))
		end -= CUT_PG_SYNC_BYTES;
	facts->exchange = pg->requests + 1;
	cut_pg_report(half, end, facts);
	return 2;
}

/* Bind of a named statement to the unnamed portal, perhaps Describe, then Execute and Sync. */
CUT_INLINE __u32 cut_pg_glance_up(struct cut_postgres *pg, struct cut_glance *glance,
				  struct cut_facts *facts)
{
	const __u32 tail = CUT_PG_EXECUTE_BYTES + CUT_PG_SYNC_BYTES;
	struct cut_pg_half *half = &pg->half[CUT_UPSTREAM];
	const struct cut_bytes *bytes = glance->bytes;
	__u32 execute = glance->filled - tail, bind, messages;
	__u64 header = cut_word_at(bytes, 0), name;

	if (glance->wanted & CUT_PG_GLANCED_UP || glance->filled < tail + CUT_PG_HEADER_BYTES ||
	    header >> 56 != 'B' || !cut_pg_is_between(half) || half->phase != CUT_PG_TYPED ||
	    pg->pending || pg->names_full)
		return 0;
	bind = (__u32)(header >> 24) + 1;
	if (bind > execute)
		return 0;
	if (bind != execute && (bind + CUT_PG_DESCRIBE_BYTES != execute ||
				!cut_pg_stands_at(bytes, bind, 'D', CUT_PG_DESCRIBE_BYTES)))
		return 0;
	/* Of an empty portal's name Bind has the zero alone, as Execute has. */
	if (header >> 16 & 0xff ||
	    !cut_pg_stands_unnamed_at(bytes, execute, 'E', CUT_PG_EXECUTE_BYTES) ||
	    !cut_pg_stands_at(bytes, execute + CUT_PG_EXECUTE_BYTES, 'S', CUT_PG_SYNC_BYTES))
		return 0;
	name = cut_pg_name_at(bytes, CUT_PG_HEADER_BYTES + 1, bind);
	if (name == CUT_PG_NAME_SEED)
		return 0;
	messages = cut_pg_may_know(pg, name) ? cut_pg_glance_command(pg, glance, facts, name)
					     : cut_pg_glance_statement(pg, glance, name);
	if (messages)
		cut_pg_end_of_request(pg, true);
	return messages;
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

/* The oldest question that is open is no COMMIT, whichever reply will answer it. */
CUT_INLINE bool cut_pg_expects_another(const struct cut_postgres *pg)
{
	return pg->answered != pg->asked &&
	       pg->questions[pg->answered & (CUT_PG_QUESTIONS - 1)].command != CUT_SQL_COMMIT;
}

/* Where the CommandComplete stands that only a ReadyForQuery follows; 0: it is another segment. */
CUT_INLINE __u32 cut_pg_find_tag(const struct cut_bytes *bytes, __u32 ready)
{
	__u64 at = 0, next, header;

	if (!cut_pg_stands_at(bytes, ready, 'Z', CUT_PG_READY_BYTES))
		return 0;
	CUT_NO_UNROLL
	for (int i = 0; i <= CUT_PG_GLANCE_ROWS; i++) {
		header = cut_word_at(bytes, at);
		next = at + 1 + (header >> 24 & 0xffffffff);
		if (next < at + CUT_PG_HEADER_BYTES || next > ready)
			return 0;
		if (header >> 56 == 'C')
			return next == ready ? at + CUT_PG_HEADER_BYTES : 0;
		if (!cut_pg_precedes_tag(header >> 56))
			return 0;
		at = next;
	}
	return 0;
}

/*
 * The tag of BEGIN or COMMIT: it is told, if it is wanted. Returns how many messages are counted.
 */
CUT_APART __u32 cut_pg_glance_turn(struct cut_postgres *pg, struct cut_glance *glance,
				   struct cut_facts *facts, __u32 tag, __u32 commands)
{
	struct cut_pg_half *half = &pg->half[CUT_DOWNSTREAM];

	cut_pg_begin_message(half, glance->seq + tag - CUT_PG_HEADER_BYTES);
	half->type = 'C';
	half->commands = commands;
	cut_pg_end_tag(pg, half);
	if (half->moments & glance->wanted || (half->moments && half->mismatch)) {
		facts->exchange = pg->replies + 1;
		cut_pg_report(half, glance->seq + glance->filled - CUT_PG_READY_BYTES, facts);
	}
	glance->moments = half->moments;
	return half->moments ? 1 : 0;
}

/* The kind of an answer by its moments. */
CUT_INLINE enum cut_glanced cut_pg_glanced_answer(__u64 moments)
{
	if (moments == CUT_PG_BIT(READY))
		return CUT_GLANCED_PG_ANSWERED;
	if (moments == (CUT_PG_BIT(READY) | CUT_PG_BIT(COMMIT_IMPLICIT)))
		return CUT_GLANCED_PG_ANSWERED_IMPLICIT;
	return moments == (CUT_PG_BIT(READY) | CUT_PG_BIT(COMMIT_ACK))
		       ? CUT_GLANCED_PG_ANSWERED_COMMIT
		       : CUT_GLANCED_OTHER;
}

/* Rows, CommandComplete, ReadyForQuery. */
CUT_INLINE __u32 cut_pg_glance_down(struct cut_postgres *pg, struct cut_glance *glance,
				    struct cut_facts *facts)
{
	const __u32 turns = 1u << CUT_SQL_BEGIN | 1u << CUT_SQL_COMMIT;
	struct cut_pg_half *half = &pg->half[CUT_DOWNSTREAM];
	__u32 ready = glance->filled - CUT_PG_READY_BYTES, tag, commands, messages = 1;

	if (glance->wanted & CUT_PG_GLANCED_DOWN || pg->negotiating || !cut_pg_is_between(half) ||
	    glance->filled < CUT_PG_HEADER_BYTES + CUT_PG_READY_BYTES)
		return 0;
	tag = cut_pg_find_tag(glance->bytes, ready);
	if (!tag)
		return 0;
	commands = cut_pg_tag_at(glance->bytes, tag, ready - tag);
	/* The steps say that it does not answer what was asked, if it does not. */
	if (!commands || (commands & 1u << CUT_SQL_COMMIT &&
			  (glance->acted & CUT_PG_BIT(COMMIT_ACK) || cut_pg_expects_another(pg))))
		return 0;
	if (commands & turns)
		messages += cut_pg_glance_turn(pg, glance, facts, tag, commands);
	else if (pg->tags < CUT_PG_MOST_TAGS)
		pg->tags++;
	half->character = cut_byte_at(glance->bytes, ready + CUT_PG_HEADER_BYTES);
	cut_pg_end_ready(pg, half);
	glance->moments |= half->moments;
	glance->kind = cut_pg_glanced_answer(glance->moments);
	return messages;
}

/*
 * The whole of a segment at a glance: how many messages are counted. What is wanted of COMMIT and
 * of its acknowledgement is told by `facts`, too, whose moments are 0 before. 0: it is for the
 * steps, and so is whatever else may be wanted, or in a segment.
 */
CUT_INLINE __u32 cut_postgres_glance(struct cut_postgres *pg, enum cut_direction direction,
				     struct cut_glance *glance, struct cut_facts *facts)
{
	return direction == CUT_UPSTREAM ? cut_pg_glance_up(pg, glance, facts)
					 : cut_pg_glance_down(pg, glance, facts);
}

#endif
