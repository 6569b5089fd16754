/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Messages of the server (PostgreSQL 15 documentation, 55.7, marked B). */
#ifndef CUT_PROTO_POSTGRES_BACKEND_H
#define CUT_PROTO_POSTGRES_BACKEND_H

#include "postgres_transaction.h"

#define CUT_PG_TAG_BYTES 6 /* of the shortest that is taken as a whole: BEGIN */
#define CUT_PG_LETTERS(a, b, c, d) ((__u32)(a) << 24 | (b) << 16 | (c) << 8 | (d))

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
 * The tags that most commands have, taken as a whole: the `body_left` bytes are there. False: to be
 * read; half->commands stays empty.
 */
CUT_INLINE bool cut_pg_take_tag(struct cut_pg_half *half, const struct cut_cursor *cursor)
{
	__u32 first, last;

	if (half->body_left < CUT_PG_TAG_BYTES ||
	    cut_byte_at(cursor->chunk, cursor->at + half->body_left - 1))
		return false;
	first = cut_cursor_peek32(cursor, 0);
	last = cut_cursor_peek32(cursor, half->body_left == CUT_PG_TAG_BYTES ? 2 : 3);
	if (half->body_left == CUT_PG_TAG_BYTES) {
		if (first != CUT_PG_LETTERS('B', 'E', 'G', 'I') ||
		    last != CUT_PG_LETTERS('G', 'I', 'N', 0))
			return false;
		half->commands = 1u << CUT_SQL_BEGIN;
	} else if (half->body_left == CUT_PG_TAG_BYTES + 1) {
		if (first != CUT_PG_LETTERS('C', 'O', 'M', 'M') ||
		    last != CUT_PG_LETTERS('M', 'I', 'T', 0))
			return false;
		half->commands = 1u << CUT_SQL_COMMIT;
	} else if (first == CUT_PG_LETTERS('S', 'E', 'L', 'E') &&
		   last == CUT_PG_LETTERS('E', 'C', 'T', ' ')) {
		half->commands = 1u << CUT_SQL_SELECT;
	} else if (first == CUT_PG_LETTERS('U', 'P', 'D', 'A') &&
		   last == CUT_PG_LETTERS('A', 'T', 'E', ' ')) {
		half->commands = 1u << CUT_SQL_UPDATE;
	} else if (first == CUT_PG_LETTERS('I', 'N', 'S', 'E') &&
		   last == CUT_PG_LETTERS('E', 'R', 'T', ' ')) {
		half->commands = 1u << CUT_SQL_INSERT;
	} else if (first == CUT_PG_LETTERS('D', 'E', 'L', 'E') &&
		   last == CUT_PG_LETTERS('E', 'T', 'E', ' ')) {
		half->commands = 1u << CUT_SQL_DELETE;
	} else {
		return false;
	}
	return true;
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
	if (pg->tags < 255)
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
