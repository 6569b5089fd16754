/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* What a parser learned about one message. Nothing behind it knows the protocol. */
#ifndef CUT_CORE_FACTS_H
#define CUT_CORE_FACTS_H

#include "../abi/event.h"
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

#endif
