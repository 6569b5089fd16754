/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Messages of the client (PostgreSQL 15 documentation, 55.7, marked F). */
#ifndef CUT_PROTO_POSTGRES_FRONTEND_H
#define CUT_PROTO_POSTGRES_FRONTEND_H

#include "postgres_names.h"
#include "postgres_transaction.h"

#define CUT_PG_CODE_CANCEL 80877102u
#define CUT_PG_CODE_SSL 80877103u
#define CUT_PG_CODE_GSSENC 80877104u
#define CUT_PG_REPLICATION 0x7af8cf18b7af3a09ULL /* cut_pg_hash_name of "replication" */
#define CUT_PG_TLS_HANDSHAKE 0x16 /* first byte of a TLS record: direct TLS (PostgreSQL 17) */

/* First field of a client's message. CUT_PG_HEADER: no such message. */
CUT_INLINE enum cut_pg_field cut_pg_frontend_field(__u8 type)
{
	switch (type) {
	case 'Q':
		return CUT_PG_SQL;
	case 'P':
		return CUT_PG_PARSE_NAME;
	case 'B':
		return CUT_PG_BIND_PORTAL;
	case 'E':
		return CUT_PG_EXECUTE_PORTAL;
	case 'C':
		return CUT_PG_CLOSE_KIND;
	case 'D': /* Describe */
	case 'F': /* FunctionCall */
	case 'H': /* Flush */
	case 'S': /* Sync */
	case 'X': /* Terminate */
	case 'c': /* CopyDone */
	case 'd': /* CopyData */
	case 'f': /* CopyFail */
	case 'p': /* password, SASL, GSS */
		return CUT_PG_SKIP_REST;
	}
	return CUT_PG_HEADER;
}

/* Messages that end without anything being due: they can be skipped in one step. */
CUT_INLINE bool cut_pg_frontend_is_mute(__u8 type)
{
	return type == 'D' || type == 'p';
}

/*
 * May `replication` have this value without the server making a walsender (55.2.1; parse_bool in
 * src/backend/utils/adt/bool.c)? `letters`: its first two, as one number.
 */
CUT_INLINE bool cut_pg_declines(__u32 letters)
{
	__u32 lower = letters | 0x2020;
	__u8 first = letters > 0xff ? lower >> 8 : lower;

	return first == 'f' || first == 'n' || first == '0' || lower == ('o' << 8 | 'f');
}

/* One byte of the parameters of a StartupMessage. */
CUT_GLOBAL int cut_pg_option_byte(struct cut_pg_half *half, __u8 byte)
{
	if (!half)
		return 0;
	if (byte && half->field == CUT_PG_OPTION_NAME) {
		half->name = cut_pg_hash_name(half->name, byte);
	} else if (byte) {
		if (half->have < 2)
			half->number = half->number << 8 | byte;
		half->have = 1 + (half->have > 0);
	} else if (half->field == CUT_PG_OPTION_NAME) {
		half->field =
			half->name == CUT_PG_NAME_SEED ? CUT_PG_SKIP_REST : CUT_PG_OPTION_VALUE;
	} else if (half->name == CUT_PG_REPLICATION && !cut_pg_declines(half->number)) {
		half->field = CUT_PG_WALSENDER;
	} else {
		half->field = CUT_PG_OPTION_NAME;
		half->name = CUT_PG_NAME_SEED;
		half->number = 0;
		half->have = 0;
	}
	return 0;
}

/* The eight bytes of an untyped message are complete. False: none that a server would accept. */
CUT_INLINE bool cut_pg_startup(struct cut_postgres *pg, struct cut_pg_half *half, __u32 code)
{
	if (code == CUT_PG_CODE_SSL || code == CUT_PG_CODE_GSSENC) {
		pg->negotiating = 1;
		return half->body_left == 0;
	}
	if (code == CUT_PG_CODE_CANCEL) {
		half->moments = CUT_PG_BIT(CANCEL);
		half->phase = CUT_PG_OVER;
		return true;
	}
	if (code >> 16 != 3)
		return false;
	half->moments = CUT_PG_BIT(STARTUP);
	half->phase = CUT_PG_TYPED;
	pg->requests = 1; /* authentication ends with a ReadyForQuery */
	return true;
}

CUT_GLOBAL int cut_pg_end_statement(struct cut_postgres *pg, struct cut_pg_half *half)
{
	enum cut_postgres_command command;
	__u64 moments;

	if (!pg || !half)
		return 0;
	command = cut_sql_command(&half->sql);
	if (command >= CUT_SQL_COMMANDS)
		return 0;
	half->commands |= 1u << command;
	if (half->type == 'Q') {
		moments = cut_pg_apply(pg, half, command, cut_sql_chains(&half->sql));
		if (half->moments & moments & CUT_PG_BIT(COMMIT_REQUEST))
			half->several = 1;
		half->moments |= moments;
	} else {
		half->chains = cut_sql_chains(&half->sql);
	}
	cut_sql_next_statement(&half->sql);
	return 0;
}

CUT_INLINE void cut_pg_end_parse(struct cut_postgres *pg, struct cut_pg_half *half)
{
	half->moments = CUT_PG_BIT(PARSE);
	pg->parsed_name = half->name;
	pg->parse_begin = half->begin;
	pg->parse_in_group = 1;
	if (half->name == CUT_PG_NAME_SEED) {
		pg->unnamed_commands = half->commands;
		pg->unnamed_chains = half->chains;
	} else {
		cut_pg_remember(pg, half->name, half->commands, half->chains);
	}
}

CUT_INLINE void cut_pg_end_bind(struct cut_postgres *pg, struct cut_pg_half *half)
{
	const struct cut_pg_name *known;

	half->moments = CUT_PG_BIT(BIND);
	pg->bound_portal = half->portal;
	pg->bind_begin = half->begin;
	if (pg->parse_in_group && pg->parsed_name == half->name)
		pg->bind_begin = pg->parse_begin;
	pg->bind_in_group = 1;
	if (half->name == CUT_PG_NAME_SEED) {
		pg->bound_commands = pg->unnamed_commands;
		pg->bound_chains = pg->unnamed_chains;
	} else {
		known = cut_pg_recall(pg, half->name);
		pg->bound_commands = known ? known->commands : 0;
		pg->bound_chains = known ? known->chains : 0;
	}
	if (half->portal == CUT_PG_PORTAL_SEED) {
		pg->portal_commands = pg->bound_commands;
		pg->portal_chains = pg->bound_chains;
	} else {
		cut_pg_remember(pg, half->portal, pg->bound_commands, pg->bound_chains);
	}
	half->commands = pg->bound_commands;
}

/* The command of a set that holds at most one. */
CUT_INLINE enum cut_postgres_command cut_pg_only_command(__u32 commands)
{
	if (!(commands & ~(1u << CUT_SQL_OTHER)))
		return CUT_SQL_OTHER;
	CUT_NO_UNROLL
	for (int i = 0; i < CUT_SQL_COMMANDS; i++) {
		if (commands & (1u << i))
			return (enum cut_postgres_command)i;
	}
	return CUT_SQL_OTHER;
}

CUT_INLINE void cut_pg_end_group(struct cut_postgres *pg)
{
	pg->parse_in_group = 0;
	pg->bind_in_group = 0;
}

CUT_INLINE void cut_pg_end_execute(struct cut_postgres *pg, struct cut_pg_half *half)
{
	const struct cut_pg_name *known;
	bool bound_last, chains;

	bound_last = pg->bound_portal == half->name;
	half->commands = pg->bound_commands;
	chains = pg->bound_chains;
	if (!bound_last && half->name == CUT_PG_PORTAL_SEED) {
		half->commands = pg->portal_commands;
		chains = pg->portal_chains;
	} else if (!bound_last) {
		known = cut_pg_recall(pg, half->name);
		half->commands = known ? known->commands : 0;
		chains = known && known->chains;
	}
	half->moments = CUT_PG_BIT(EXECUTE) |
			cut_pg_apply(pg, half, cut_pg_only_command(half->commands), chains);
	if (bound_last && pg->bind_in_group)
		half->begin = pg->bind_begin;
	cut_pg_end_group(pg);
	pg->executed = 1;
	pg->copy_synced = 0;
}

/* `synced`: by a Sync that follows an Execute. */
CUT_INLINE void cut_pg_end_of_request(struct cut_postgres *pg, bool synced)
{
	pg->requests++;
	pg->implicit = 0;
	pg->executed = 0;
	pg->copy_synced = synced;
	cut_pg_end_group(pg);
}

/* In copy-in mode a server ignores Sync (55.2.6): the one before the data has no reply. */
CUT_INLINE void cut_pg_end_copy_message(struct cut_postgres *pg)
{
	pg->requests -= pg->copy_synced;
	pg->copy_synced = 0;
}

/* All bytes of a client's message were read. */
CUT_INLINE void cut_pg_end_frontend(struct cut_postgres *pg, struct cut_pg_half *half)
{
	switch (half->type) {
	case 'Q':
		if (cut_sql_finish(&half->sql))
			cut_pg_end_statement(pg, half);
		half->moments |= CUT_PG_BIT(QUERY);
		cut_pg_end_of_request(pg, false);
		break;
	case 'P':
		if (cut_sql_finish(&half->sql))
			cut_pg_end_statement(pg, half);
		cut_pg_end_parse(pg, half);
		break;
	case 'B':
		cut_pg_end_bind(pg, half);
		break;
	case 'E':
		cut_pg_end_execute(pg, half);
		break;
	case 'C':
		cut_pg_remember(pg, half->name, 0, 0);
		break;
	case 'S':
		cut_pg_end_of_request(pg, pg->executed);
		break;
	case 'F':
		cut_pg_end_of_request(pg, false);
		break;
	case 'H':
		/* The client waits for an answer: what follows is no part of the group any more. */
		cut_pg_end_group(pg);
		break;
	case 'c':
	case 'f':
		cut_pg_end_copy_message(pg);
		break;
	case 'X':
		half->moments = CUT_PG_BIT(TERMINATE);
		break;
	case 'd':
		half->moments = CUT_PG_BIT(COPY_DATA);
		cut_pg_end_copy_message(pg);
		break;
	}
}

#endif
