/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* What the PostgreSQL parser remembers of one connection. */
#ifndef CUT_PROTO_POSTGRES_STATE_H
#define CUT_PROTO_POSTGRES_STATE_H

#include "../core/cursor.h"
#include "../core/facts.h"
#include "sql_lexer.h"

#define CUT_PG_NAMES 16		      /* prepared transaction commands remembered per connection */
#define CUT_PG_QUESTIONS 16	      /* unanswered ones; a power of two */
#define CUT_PG_HEADER_BYTES 5	      /* a type, and a length of four bytes */
#define CUT_PG_MAX_STARTUP 10000      /* MAX_STARTUP_PACKET_LENGTH, src/include/libpq/pqcomm.h */
#define CUT_PG_MAX_MESSAGE (1u << 30) /* MaxAllocSize, the longest that a server accepts */

enum cut_pg_phase {
	CUT_PG_UNTYPED = 0, /* start-up: length and code, no message type (55.2.1) */
	CUT_PG_TYPED,
	CUT_PG_OVER, /* a CancelRequest was sent: nothing follows */
};

/* Where in the current message the next byte stands. */
enum cut_pg_field {
	CUT_PG_HEADER = 0,
	CUT_PG_END, /* the message is complete; its facts are due */
	CUT_PG_SKIP_REST,
	CUT_PG_SQL,	   /* up to its zero byte */
	CUT_PG_PARSE_NAME, /* Parse: destination statement */
	CUT_PG_BIND_PORTAL,
	CUT_PG_BIND_NAME, /* Bind: source statement */
	CUT_PG_EXECUTE_PORTAL,
	CUT_PG_CLOSE_KIND,
	CUT_PG_CLOSE_NAME,
	CUT_PG_TAG,	   /* CommandComplete */
	CUT_PG_ERROR_TYPE, /* ErrorResponse: a field's type byte */
	CUT_PG_ERROR_TEXT,
	CUT_PG_ERROR_CODE,  /* SQLSTATE */
	CUT_PG_NUMBER,	    /* four bytes, then the rest is skipped */
	CUT_PG_CHARACTER,   /* one byte, then the rest is skipped */
	CUT_PG_OPTION_NAME, /* StartupMessage: pairs of name and value, and an empty name */
	CUT_PG_OPTION_VALUE,
	CUT_PG_WALSENDER, /* the connection is one for replication */
};

/* One direction. */
struct cut_pg_half {
	__u64 moments;	 /* of the current message, so far */
	__u64 name;	 /* FNV-1a hash of the name being read; CUT_PG_NAME_SEED: unnamed */
	__u64 portal;	 /* Bind: hash of the destination portal */
	__u32 begin;	 /* sequence number of the current message's first byte */
	__u32 body_left; /* bytes */
	__u32 number;	 /* big-endian accumulator */
	__u32 commands;	 /* bit set, of the current message */
	__u8 type;	 /* message type; 0 while untyped */
	__u8 have;	 /* bytes of the header read */
	__u8 field;	 /* enum cut_pg_field */
	__u8 phase;	 /* enum cut_pg_phase */
	__u8 character;
	__u8 in_transaction; /* the current message acts inside a transaction */
	__u8 mismatch;
	__u8 chains;	   /* Parse: the statement is COMMIT or ROLLBACK AND CHAIN */
	__u8 several;	   /* Query: more than one COMMIT */
	__u8 reserved[15]; /* up to here it is one cache line, and as a whole two */
	struct cut_sql sql;
	__u8 reserved_end[8];
};
CUT_ASSERT_SIZE(cut_pg_half, 128);

/* A prepared statement or a portal that holds a transaction command. */
struct cut_pg_name {
	__u64 hash; /* 0: free */
	__u32 commands;
	__u32 chains;
};

/* A statement that is answered by the tag COMMIT or ROLLBACK, if not by an error. */
struct cut_pg_question {
	__u32 request; /* number of the reply that ends its message */
	__u8 command;  /* enum cut_postgres_command: what it asks for */
	__u8 chains;   /* the next transaction is open after it */
	__u8 reserved[2];
};

struct cut_postgres {
	struct cut_pg_half half[CUT_DIRECTIONS];

	/* Transaction status. The server's word (`status`) stands, unless a request that is still
	 * unanswered will change it: `predicted` holds until `predicted_at` replies were seen. */
	__u32 requests;	    /* messages sent that are answered by a ReadyForQuery */
	__u32 replies;	    /* ReadyForQuery seen */
	__u32 predicted_at; /* number of the reply that will confirm `predicted` */
	__u8 predicted;	    /* inside a transaction */
	__u8 status;	    /* of the newest ReadyForQuery: I, T, E; 0: none yet */
	__u8 implicit;	    /* statements since the last Sync form an implicit block */
	__u8 negotiating;   /* SSLRequest or GSSENCRequest sent: a one-byte answer follows */

	/* Downstream's own view, from CommandComplete tags and ReadyForQuery; what upstream asked
	 * tells apart the tags that are ambiguous. */
	__u8 open;	  /* a transaction is open, explicit or implicit */
	__u8 tags;	  /* CommandComplete seen since the last ReadyForQuery, saturating */
	__u8 failed;	  /* ErrorResponse since the last ReadyForQuery */
	__u8 asked;	  /* questions put so far, modulo 256; written by upstream alone */
	__u8 answered;	  /* of them, answered or void; written by downstream alone */
	__u8 pending;	  /* `due` waits for the Sync that may follow its Execute at once */
	__u8 names_full;  /* a name could not be remembered; read and cleared by the caller */
	__u8 executed;	  /* Execute since the last Sync */
	__u8 copy_synced; /* Sync since the last Execute: void if that was COPY FROM STDIN */
	__u8 reserved_bytes[3];
	__u32 unasked_until; /* number of the newest reply with an answer to a question left out */

	__u64 names_bits; /* bit hash % 64 of each name that was ever remembered */

	/* The group of messages that one Execute stands for: [Parse] Bind [Describe] Execute. */
	__u64 bound_portal;
	__u32 bind_begin;
	__u32 bound_commands;  /* of the portal bound last */
	__u32 portal_commands; /* of the unnamed portal */
	__u8 parse_in_group;
	__u8 bind_in_group;
	__u8 bound_chains;
	__u8 portal_chains;
	__u64 parsed_name;
	__u32 parse_begin;
	__u32 unnamed_commands; /* of the unnamed statement */
	__u8 unnamed_chains;
	__u8 reserved[7];

	struct cut_pg_name names[CUT_PG_NAMES];
	struct cut_pg_question questions[CUT_PG_QUESTIONS];
	struct cut_facts due;
};

#endif
