/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* A message as it begins, and the facts of one that has ended. */
#ifndef CUT_PROTO_POSTGRES_MESSAGE_H
#define CUT_PROTO_POSTGRES_MESSAGE_H

#include "postgres_names.h"
#include "postgres_transaction.h"

#define CUT_PG_UNTYPED_BYTES 8 /* a length, and a code of four bytes */

CUT_INLINE void cut_pg_begin_message(struct cut_pg_half *half, __u32 seq)
{
	half->begin = seq;
	half->body_left = 0;
	half->number = 0;
	half->moments = 0;
	half->commands = 0;
	half->character = 0;
	half->in_transaction = 0;
	half->mismatch = 0;
	half->chains = 0;
	half->several = 0;
	half->type = 0;
	half->name = CUT_PG_NAME_SEED;
}

/* The facts of the message that ends at `end`: every one, for they are set in place of others. */
CUT_INLINE void cut_pg_report(const struct cut_pg_half *half, __u32 end, struct cut_facts *facts)
{
	facts->moments = half->moments;
	facts->begin = half->begin;
	facts->end = end;
	facts->attr[CUT_PG_ATTR_COMMAND] = half->commands;
	facts->attr[CUT_PG_ATTR_SQLSTATE] = 0;
	facts->attr[CUT_PG_ATTR_STATUS] = 0;
	facts->attr[CUT_PG_ATTR_PID] = 0;
	if (half->moments & CUT_PG_BIT(ERROR))
		facts->attr[CUT_PG_ATTR_SQLSTATE] = half->number;
	if (half->moments & CUT_PG_BIT(READY))
		facts->attr[CUT_PG_ATTR_STATUS] = half->character;
	if (half->moments & CUT_PG_BIT(BACKEND_KEY))
		facts->attr[CUT_PG_ATTR_PID] = half->number;
	facts->flags = (half->in_transaction ? CUT_FACT_IN_TRANSACTION : 0) |
		       (half->several ? CUT_FACT_SEVERAL : 0);
	facts->mismatch = half->mismatch;
	facts->forgot = 0;
	facts->untold = 0;
	/* Untyped messages have a code behind their length. */
	facts->body = half->type ? CUT_PG_HEADER_BYTES : CUT_PG_UNTYPED_BYTES;
}

#endif
