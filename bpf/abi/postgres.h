/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * What the PostgreSQL parser reports: moments, attributes and SQL commands, each in one list from
 * which the kernel side, the scenario registry and the documentation take it.
 * Source: PostgreSQL 15 documentation, chapter 55 (Frontend/Backend Protocol).
 */
#ifndef CUT_ABI_POSTGRES_H
#define CUT_ABI_POSTGRES_H

#include "transport.h"
#include "types.h"
#include "vocabulary.h"

/* X(identifier, "name", direction, evidence, "description") */
/* evidence: reported as an event in every run, because belief and truth are derived from it */
#define CUT_POSTGRES_MOMENTS(X)                                                                    \
	X(STARTUP, "startup", CUT_UPSTREAM, 0, "StartupMessage")                                   \
	X(AUTH_OK, "auth.ok", CUT_DOWNSTREAM, 0, "AuthenticationOk")                               \
	X(BACKEND_KEY, "backend.key", CUT_DOWNSTREAM, 1, "BackendKeyData: the backend's pid")      \
	X(QUERY, "query", CUT_UPSTREAM, 0, "simple Query")                                         \
	X(BEGIN, "begin", CUT_UPSTREAM, 0, "request that opens a transaction block")               \
	X(STATEMENT, "statement", CUT_UPSTREAM, 0, "any executed SQL statement")                   \
	X(PARSE, "parse", CUT_UPSTREAM, 0, "Parse")                                                \
	X(BIND, "bind", CUT_UPSTREAM, 0, "Bind")                                                   \
	X(EXECUTE, "execute", CUT_UPSTREAM, 0, "Execute")                                          \
	X(COMMIT_REQUEST, "commit.request", CUT_UPSTREAM, 1, "COMMIT of an open transaction")      \
	X(COMMIT_ACK, "commit.ack", CUT_DOWNSTREAM, 1, "CommandComplete COMMIT of one")            \
	X(COMMIT_IMPLICIT, "commit.implicit", CUT_DOWNSTREAM, 0,                                   \
	  "ReadyForQuery that ends a transaction without COMMIT")                                  \
	X(ROLLBACK_REQUEST, "rollback.request", CUT_UPSTREAM, 1, "ROLLBACK or ABORT")              \
	X(ROLLBACK_ACK, "rollback.ack", CUT_DOWNSTREAM, 1, "CommandComplete ROLLBACK")             \
	X(PREPARE_REQUEST, "prepare.request", CUT_UPSTREAM, 1, "PREPARE TRANSACTION")              \
	X(COMMIT_PREPARED_REQUEST, "commit-prepared.request", CUT_UPSTREAM, 1, "COMMIT PREPARED")  \
	X(ROLLBACK_PREPARED_REQUEST, "rollback-prepared.request", CUT_UPSTREAM, 1,                 \
	  "ROLLBACK PREPARED")                                                                     \
	X(ERROR, "error", CUT_DOWNSTREAM, 1, "ErrorResponse")                                      \
	X(READY, "ready", CUT_DOWNSTREAM, 0, "ReadyForQuery")                                      \
	X(COPY_DATA, "copy.data", CUT_UPSTREAM, 0, "CopyData from the client")                     \
	X(CANCEL, "cancel", CUT_UPSTREAM, 0, "CancelRequest, on a connection of its own")          \
	X(TERMINATE, "terminate", CUT_UPSTREAM, 0, "Terminate")

/* X(identifier, "name", kind, "description"): the filters that a trigger may use */
#define CUT_POSTGRES_ATTRIBUTES(X)                                                                 \
	X(COMMAND, "command", CUT_ATTR_COMMANDS, "SQL command, e.g. INSERT")                       \
	X(SQLSTATE, "sqlstate", CUT_ATTR_SQLSTATE, "five characters, e.g. 40001")                  \
	X(STATUS, "status", CUT_ATTR_CHARACTER, "transaction status: I, T or E")                   \
	X(PID, "pid", CUT_ATTR_NUMBER, "process id of the backend")

/* X(identifier, "NAME"): bit numbers of the command attribute (one message may hold several) */
#define CUT_POSTGRES_COMMANDS(X)                                                                   \
	X(OTHER, "OTHER")                                                                          \
	X(BEGIN, "BEGIN")                                                                          \
	X(COMMIT, "COMMIT")                                                                        \
	X(ROLLBACK, "ROLLBACK")                                                                    \
	X(ROLLBACK_TO, "ROLLBACK TO")                                                              \
	X(SAVEPOINT, "SAVEPOINT")                                                                  \
	X(RELEASE, "RELEASE")                                                                      \
	X(PREPARE_TRANSACTION, "PREPARE TRANSACTION")                                              \
	X(COMMIT_PREPARED, "COMMIT PREPARED")                                                      \
	X(ROLLBACK_PREPARED, "ROLLBACK PREPARED")                                                  \
	X(SELECT, "SELECT")                                                                        \
	X(INSERT, "INSERT")                                                                        \
	X(UPDATE, "UPDATE")                                                                        \
	X(DELETE, "DELETE")                                                                        \
	X(MERGE, "MERGE")                                                                          \
	X(COPY, "COPY")                                                                            \
	X(CALL, "CALL")                                                                            \
	X(DO, "DO")

enum cut_postgres_moment {
#define X(id, name, direction, evidence, description) CUT_PG_##id,
	CUT_POSTGRES_MOMENTS(X)
#undef X
		CUT_PG_MOMENTS
};

enum cut_postgres_attribute {
#define X(id, name, kind, description) CUT_PG_ATTR_##id,
	CUT_POSTGRES_ATTRIBUTES(X)
#undef X
		CUT_PG_ATTRIBUTES
};

enum cut_postgres_command {
#define X(id, name) CUT_SQL_##id,
	CUT_POSTGRES_COMMANDS(X)
#undef X
		CUT_SQL_COMMANDS
};

CUT_STATIC_ASSERT(CUT_PG_MOMENTS <= CUT_TRANSPORT_FIRST, "moments are a 64-bit set");
CUT_STATIC_ASSERT(CUT_SQL_COMMANDS <= 32, "commands are a 32-bit set");

#endif
