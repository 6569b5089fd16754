/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Is a transaction open, what does a command do to it, and which moments is it. */
#ifndef CUT_PROTO_POSTGRES_TRANSACTION_H
#define CUT_PROTO_POSTGRES_TRANSACTION_H

#include "postgres_state.h"

#define CUT_PG_BIT(moment) (1ULL << CUT_PG_##moment)

/* Will the server be inside an explicit transaction when it reads the next request? */
CUT_INLINE bool cut_pg_in_transaction(const struct cut_postgres *pg)
{
	if (cut_seq_before(pg->replies, pg->predicted_at))
		return pg->predicted;
	return pg->status == 'T' || pg->status == 'E';
}

/* Has the server said that the open transaction failed, with nothing sent since to end it? */
CUT_INLINE bool cut_pg_has_failed(const struct cut_postgres *pg)
{
	return !cut_seq_before(pg->replies, pg->predicted_at) && pg->status == 'E';
}

CUT_INLINE void cut_pg_predict(struct cut_postgres *pg, bool in_transaction)
{
	pg->predicted = in_transaction;
	pg->predicted_at = pg->requests + 1;
}

/* Notes what the next tag COMMIT or ROLLBACK of this message will be the answer to. */
CUT_INLINE void cut_pg_ask(struct cut_postgres *pg, enum cut_postgres_command command, bool chains)
{
	struct cut_pg_question *question;

	if ((__u8)(pg->asked - pg->answered) >= CUT_PG_QUESTIONS) {
		pg->unasked_until = pg->requests + 1;
		return;
	}
	question = &pg->questions[pg->asked & (CUT_PG_QUESTIONS - 1)];
	question->request = pg->requests + 1;
	question->command = command;
	question->chains = chains;
	pg->asked++;
}

CUT_INLINE __u64 cut_pg_apply_end(struct cut_postgres *pg, struct cut_pg_half *half, bool commits,
				  bool chains)
{
	bool real = cut_pg_in_transaction(pg) || pg->implicit;

	half->in_transaction |= real;
	pg->implicit = 0;
	/* A COMMIT of a failed transaction is answered ROLLBACK (SQL COMMIT, Outputs). */
	if (cut_pg_has_failed(pg))
		commits = false;
	cut_pg_predict(pg, real && chains);
	cut_pg_ask(pg, commits ? CUT_SQL_COMMIT : CUT_SQL_ROLLBACK, real && chains);
	if (!commits)
		return CUT_PG_BIT(ROLLBACK_REQUEST);
	/* COMMIT outside a transaction: the server only warns. */
	return real ? CUT_PG_BIT(COMMIT_REQUEST) : 0;
}

/* One statement is about to be executed by the server. The moments that it is. */
CUT_GLOBAL __u64 cut_pg_apply(struct cut_postgres *pg, struct cut_pg_half *half,
			      enum cut_postgres_command command, __u32 chains)
{
	bool inside;

	if (!pg || !half)
		return 0;
	inside = cut_pg_in_transaction(pg);
	half->in_transaction |= inside;
	switch (command) {
	case CUT_SQL_BEGIN:
		cut_pg_predict(pg, true);
		pg->implicit = 0;
		return CUT_PG_BIT(STATEMENT) | CUT_PG_BIT(BEGIN);
	case CUT_SQL_COMMIT:
		return CUT_PG_BIT(STATEMENT) | cut_pg_apply_end(pg, half, true, chains);
	case CUT_SQL_ROLLBACK:
		return CUT_PG_BIT(STATEMENT) | cut_pg_apply_end(pg, half, false, chains);
	case CUT_SQL_PREPARE_TRANSACTION:
		cut_pg_predict(pg, false);
		cut_pg_ask(pg, command, false);
		return CUT_PG_BIT(STATEMENT) | CUT_PG_BIT(PREPARE_REQUEST);
	case CUT_SQL_COMMIT_PREPARED:
		return CUT_PG_BIT(STATEMENT) | CUT_PG_BIT(COMMIT_PREPARED_REQUEST);
	case CUT_SQL_ROLLBACK_PREPARED:
		return CUT_PG_BIT(STATEMENT) | CUT_PG_BIT(ROLLBACK_PREPARED_REQUEST);
	case CUT_SQL_ROLLBACK_TO:
		/* Answered by the tag ROLLBACK. A failed transaction is sound again after it. */
		if (inside)
			cut_pg_predict(pg, true);
		cut_pg_ask(pg, command, true);
		break;
	case CUT_SQL_OTHER:
	case CUT_SQL_SAVEPOINT:
	case CUT_SQL_RELEASE:
	case CUT_SQL_SELECT:
	case CUT_SQL_INSERT:
	case CUT_SQL_UPDATE:
	case CUT_SQL_DELETE:
	case CUT_SQL_MERGE:
	case CUT_SQL_COPY:
	case CUT_SQL_CALL:
	case CUT_SQL_DO:
	case CUT_SQL_COMMANDS:
		break;
	}
	pg->implicit = !inside;
	return CUT_PG_BIT(STATEMENT);
}

#endif
