/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* What a parser learned about one message. Nothing behind it knows the protocol. */
#ifndef CUT_CORE_FACTS_H
#define CUT_CORE_FACTS_H

#include "../abi/event.h"
#include "cursor.h"
#include "language.h"

struct cut_facts {
	__u64 moments; /* bit set; 0: nothing to report */
	__u32 begin;   /* TCP sequence number of the first byte of the message, or of its group */
	__u32 end;     /* one past the last byte */
	__u32 attr[CUT_MAX_ATTRIBUTES];
	__u32 exchange; /* request and answer have the same, from 1; 0: not known */
	__u8 flags;	/* enum cut_fact_flag */
	__u8 mismatch;	/* the server's answer is not what the request asked for */
	__u8 forgot;	/* the parser had no room to remember what this message said */
	__u8 reserved;
	__u32 untold; /* set of the attributes that this message has and the parser cannot read */
	__u32 body;   /* bytes in front of the message's body, from `begin` on */
};

/* What happened to the input of one parser step. */
enum cut_parse {
	CUT_PARSE_OK,	   /* a message ended; the facts are valid */
	CUT_PARSE_MORE,	   /* all of the cursor is consumed */
	CUT_PARSE_IGNORED, /* progress without facts */
	CUT_PARSE_SKIP,	   /* progress; the next `skip` bytes of the stream are of no interest */
	CUT_PARSE_SWITCH,  /* from here on the flow speaks TLS */
	CUT_PARSE_OPAQUE,  /* from here on it is encrypted, and cannot be read */
	CUT_PARSE_EXCLUDE, /* a connection of a kind that is not read at all */
	CUT_PARSE_UNTIED,  /* what it says in clear is not known to be in these bytes */
	CUT_PARSE_DESYNC,  /* the bytes are not of this protocol */
};

/*
 * A whole segment that is taken at a glance: most of its messages are but counted. One at most is
 * told, by its facts.
 */
struct cut_glance {
	const struct cut_bytes *bytes; /* of which `filled` are valid: the segment */
	__u32 filled;
	__u32 seq;    /* TCP sequence number of the first */
	__u64 wanted; /* moments of which somebody wants to know more than how many there are */
	__u64 acted; /* of these, where a rule may act: to be told, it must be the last that is read
		      */
	__u64 moments; /* result: of the messages that are counted, each of one */
};

/* cut_<name>_glance() of a parser that takes nothing at a glance, but all by steps. */
#define CUT_NO_GLANCE(name)                                                                        \
	CUT_INLINE __u32 cut_##name##_glance(struct cut_##name *state,                             \
					     enum cut_direction direction,                         \
					     struct cut_glance *glance, struct cut_facts *facts)   \
	{                                                                                          \
		(void)state;                                                                       \
		(void)direction;                                                                   \
		(void)glance;                                                                      \
		(void)facts;                                                                       \
		return 0;                                                                          \
	}

#endif
