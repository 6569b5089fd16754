/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Messages of the server (PostgreSQL 15 documentation, 55.7, marked B). */
#ifndef CUT_PROTO_POSTGRES_BACKEND_H
#define CUT_PROTO_POSTGRES_BACKEND_H

#include "postgres_transaction.h"

#define CUT_PG_TAG_BYTES 6   /* of the shortest that is taken as a whole: BEGIN */
#define CUT_PG_MOST_TAGS 255 /* that are counted of one answer */
#define CUT_PG_SEVEN(a, b, c, d, e, f, g)                                                          \
	((__u64)(a) << 48 | (__u64)(b) << 40 | (__u64)(c) << 32 | (__u64)(d) << 24 |               \
	 (__u64)(e) << 16 | (__u64)(f) << 8 | (__u64)(g))

/* First field of a server's message. CUT_PG_HEADER: no such message. */
CUT_INLINE enum cut_pg_field cut_pg_backend_field(__u8 type)
{
	switch (type) {
	case 'C':
		return CUT_PG_TAG;
	case 'E':
		return CUT_PG_ERROR_TYPE;
	case 'K': /* BackendKeyData */
	case 'R': /* Authentication */
		return CUT_PG_NUMBER;
	case 'Z':
		return CUT_PG_CHARACTER;
	case '1': /* ParseComplete */
	case '2': /* BindComplete */
	case '3': /* CloseComplete */
	case 'A': /* NotificationResponse */
	case 'D': /* DataRow */
	case 'G': /* CopyInResponse */
	case 'H': /* CopyOutResponse */
	case 'I': /* EmptyQueryResponse */
	case 'N': /* NoticeResponse */
	case 'S': /* ParameterStatus */
	case 'T': /* RowDescription */
	case 'V': /* FunctionCallResponse */
	case 'W': /* CopyBothResponse */
	case 'c': /* CopyDone */
	case 'd': /* CopyData */
	case 'n': /* NoData */
	case 's': /* PortalSuspended */
	case 't': /* ParameterDescription */
	case 'v': /* NegotiateProtocolVersion */
		return CUT_PG_SKIP_REST;
	}
	return CUT_PG_HEADER;
}

/* What the tag COMMIT, ROLLBACK or PREPARE TRANSACTION answers; NULL: a request not understood. */
CUT_INLINE const struct cut_pg_question *cut_pg_next_question(struct cut_postgres *pg)
{
	const struct cut_pg_question *question =
		&pg->questions[pg->answered & (CUT_PG_QUESTIONS - 1)];

	if (pg->answered == pg->asked || question->request != pg->replies + 1 ||
	    cut_seq_before(pg->replies, pg->unasked_until))
		return 0;
	pg->answered++;
	return question;
}

/* The tag of a command that ends a transaction. ROLLBACK TO has the same tag as ROLLBACK. */
CUT_INLINE void cut_pg_end_transaction(struct cut_postgres *pg, struct cut_pg_half *half,
				       enum cut_postgres_command command, bool open)
{
	const struct cut_pg_question *question = cut_pg_next_question(pg);
	__u8 asked = question ? question->command : (__u8)command;

	if (command == CUT_SQL_ROLLBACK && asked == CUT_SQL_ROLLBACK_TO) {
		half->commands = 1u << CUT_SQL_ROLLBACK_TO;
		return;
	}
	if (command == CUT_SQL_COMMIT && open)
		half->moments = CUT_PG_BIT(COMMIT_ACK);
	if (command == CUT_SQL_ROLLBACK)
		half->moments = CUT_PG_BIT(ROLLBACK_ACK);
	half->mismatch = (command == CUT_SQL_COMMIT && asked == CUT_SQL_ROLLBACK) ||
			 (command == CUT_SQL_ROLLBACK && asked == CUT_SQL_COMMIT);
	pg->open = question && question->chains;
	pg->tags = 0;
}

/*
 * The command, as a set, of the tag whose `length` bytes stand at `at`, its zero included, if it is
 * one of those that most have; 0: it is to be read. Seven bytes tell them apart.
 */
CUT_INLINE __u32 cut_pg_tag_at(const struct cut_bytes *bytes, __u32 at, __u32 length)
{
	__u64 tag = cut_word_at(bytes, at) >> 8;

	if (length < CUT_PG_TAG_BYTES || cut_byte_at(bytes, at + length - 1))
		return 0;
	if (length == CUT_PG_TAG_BYTES)
		return tag >> 8 == CUT_PG_SEVEN(0, 'B', 'E', 'G', 'I', 'N', 0) ? 1u << CUT_SQL_BEGIN
									       : 0;
	if (length == CUT_PG_TAG_BYTES + 1)
		return tag == CUT_PG_SEVEN('C', 'O', 'M', 'M', 'I', 'T', 0) ? 1u << CUT_SQL_COMMIT
									    : 0;
	if (tag == CUT_PG_SEVEN('S', 'E', 'L', 'E', 'C', 'T', ' '))
		return 1u << CUT_SQL_SELECT;
	if (tag == CUT_PG_SEVEN('U', 'P', 'D', 'A', 'T', 'E', ' '))
		return 1u << CUT_SQL_UPDATE;
	if (tag == CUT_PG_SEVEN('I', 'N', 'S', 'E', 'R', 'T', ' '))
		return 1u << CUT_SQL_INSERT;
	if (tag == CUT_PG_SEVEN('D', 'E', 'L', 'E', 'T', 'E', ' '))
		return 1u << CUT_SQL_DELETE;
	return 0;
}

/* The one of a set that ends a transaction; CUT_SQL_OTHER: none does. */
CUT_INLINE enum cut_postgres_command cut_pg_ending_command(__u32 commands)
{
	if (commands & 1u << CUT_SQL_COMMIT)
		return CUT_SQL_COMMIT;
	if (commands & 1u << CUT_SQL_ROLLBACK)
		return CUT_SQL_ROLLBACK;
	if (commands & 1u << CUT_SQL_PREPARE_TRANSACTION)
		return CUT_SQL_PREPARE_TRANSACTION;
	return CUT_SQL_OTHER;
}

CUT_INLINE void cut_pg_end_tag(struct cut_postgres *pg, struct cut_pg_half *half)
{
	enum cut_postgres_command command;
	bool open = pg->open || pg->tags;

	half->in_transaction = open;
	if (pg->tags < CUT_PG_MOST_TAGS)
		pg->tags++;
	/* It was read by the lexer, which begins anew with the next tag. */
	if (!half->commands) {
		cut_sql_finish(&half->sql);
		half->commands = 1u << cut_sql_command(&half->sql);
		__builtin_memset(&half->sql, 0, sizeof(half->sql));
	}
	if (half->commands & 1u << CUT_SQL_BEGIN)
		pg->open = 1;
	command = cut_pg_ending_command(half->commands);
	if (command != CUT_SQL_OTHER)
		cut_pg_end_transaction(pg, half, command, open);
}

CUT_INLINE void cut_pg_end_ready(struct cut_postgres *pg, struct cut_pg_half *half)
{
	__u8 status = half->character;

	half->moments = CUT_PG_BIT(READY);
	if (status == 'I' && pg->tags && !pg->failed)
		half->moments |= CUT_PG_BIT(COMMIT_IMPLICIT);
	pg->status = status;
	pg->replies++;
	pg->open = status != 'I';
	pg->tags = 0;
	pg->failed = 0;
	/* The message is answered: what of it is still open was answered by an error. */
	CUT_NO_UNROLL
	for (int i = 0; i < CUT_PG_QUESTIONS && pg->answered != pg->asked; i++) {
		if (cut_seq_before(pg->replies,
				   pg->questions[pg->answered & (CUT_PG_QUESTIONS - 1)].request))
			break;
		pg->answered++;
	}
}

/* All bytes of a server's message were read. */
CUT_INLINE void cut_pg_end_backend(struct cut_postgres *pg, struct cut_pg_half *half)
{
	switch (half->type) {
	case 'C':
		cut_pg_end_tag(pg, half);
		break;
	case 'E':
		half->moments = CUT_PG_BIT(ERROR);
		pg->failed = 1;
		break;
	case 'K':
		half->moments = CUT_PG_BIT(BACKEND_KEY);
		break;
	case 'R':
		if (half->number == 0)
			half->moments = CUT_PG_BIT(AUTH_OK);
		break;
	case 'Z':
		cut_pg_end_ready(pg, half);
		break;
	}
}

#endif
