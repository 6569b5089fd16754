/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Names of prepared statements and portals that hold a transaction command. Other statements are
 * not remembered: an application prepares thousands of them, and a COMMIT only once.
 */
#ifndef CUT_PROTO_POSTGRES_NAMES_H
#define CUT_PROTO_POSTGRES_NAMES_H

#include "postgres_state.h"

#define CUT_PG_TRANSACTION_COMMANDS                                                                \
	((1u << CUT_SQL_BEGIN) | (1u << CUT_SQL_COMMIT) | (1u << CUT_SQL_ROLLBACK) |               \
	 (1u << CUT_SQL_ROLLBACK_TO) | (1u << CUT_SQL_PREPARE_TRANSACTION) |                       \
	 (1u << CUT_SQL_COMMIT_PREPARED) | (1u << CUT_SQL_ROLLBACK_PREPARED))

#define CUT_PG_NAME_SEED 14695981039346656037ULL /* FNV-1a, 64 bits */
#define CUT_PG_PORTAL_SEED (CUT_PG_NAME_SEED ^ 0xffULL)

CUT_INLINE __u64 cut_pg_hash_name(__u64 hash, __u8 byte)
{
	return (hash ^ byte) * 1099511628211ULL;
}

/*
 * Feeds `bytes` from index `at` on, at most `limit` of them, to half->name: up to a zero byte, or
 * for a while. Returns how many it took.
 */
CUT_GLOBAL int cut_pg_feed_name(struct cut_pg_half *half, const struct cut_bytes *bytes, __u32 at,
				__u32 limit)
{
	__u32 taken = 0;
	__u64 hash;

	if (!half || !bytes)
		return 0;
	hash = half->name;
	CUT_NO_UNROLL
	for (; taken < CUT_RUN && taken < limit; taken++) {
		__u8 byte = cut_byte_at(bytes, at + taken);

		if (!byte)
			break;
		hash = cut_pg_hash_name(hash, byte);
	}
	half->name = hash;
	return taken;
}

/* False for almost every name that was not remembered: then there is no need to look. */
CUT_INLINE bool cut_pg_may_know(const struct cut_postgres *pg, __u64 hash)
{
	return pg->names_bits >> (hash & 63) & 1;
}

/*
 * Binds a name to what it stands for; 0: to nothing any more. A name that is reused for something
 * else must not keep its old meaning.
 */
CUT_GLOBAL int cut_pg_remember(struct cut_postgres *pg, __u64 hash, __u32 commands, __u32 chains)
{
	__u32 unused = CUT_PG_NAMES; /* the first: it is found soonest */
	bool matters = commands & CUT_PG_TRANSACTION_COMMANDS;

	if (!pg || (!matters && !cut_pg_may_know(pg, hash)))
		return 0;
	CUT_NO_UNROLL
	for (__u32 i = 0; i < CUT_PG_NAMES; i++) {
		if (pg->names[i].hash == hash)
			pg->names[i].hash = 0;
		if (!pg->names[i].hash && unused == CUT_PG_NAMES)
			unused = i;
	}
	if (!matters)
		return 0;
	if (unused >= CUT_PG_NAMES) {
		pg->names_full = 1;
		return 0;
	}
	pg->names_bits |= 1ULL << (hash & 63);
	pg->names[unused].hash = hash;
	pg->names[unused].commands = commands;
	pg->names[unused].chains = chains;
	return 0;
}

/* The slot of a remembered name; NULL: not one that was remembered. */
CUT_INLINE const struct cut_pg_name *cut_pg_recall(const struct cut_postgres *pg, __u64 hash)
{
	if (!cut_pg_may_know(pg, hash))
		return 0;
	CUT_NO_UNROLL
	for (int i = 0; i < CUT_PG_NAMES; i++) {
		if (pg->names[i].hash == hash)
			return &pg->names[i];
	}
	return 0;
}

#endif
