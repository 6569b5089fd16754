/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * sessions: SSL object of a process -> what it says in clear, and the flow that carries it.
 * Made by prog/tie.h when the ClientHello leaves, from what the process was seen to write
 * (maps/hellos.h); removed with its flow. Its plaintext is read by the uprobes, in the one thread
 * that is inside the object at a time; the messages wait in two rings for the tc programs. Never
 * evicted: a full map means "not covered", which is counted.
 */
#ifndef CUT_MAPS_SESSIONS_H
#define CUT_MAPS_SESSIONS_H

#include "chunks.h"
#include "flows.h"

#define CUT_SAID 32  /* messages of one session that have not left yet; a power of two */
#define CUT_HEARD 16 /* messages that were read, and that no segment has followed yet; likewise */

/* A message that the application has written, and the record that holds its last byte. */
struct cut_said {
	struct cut_facts facts; /* `begin` and `end` are set when the record leaves */
	struct cut_tls_record record;
	__u32 earlier; /* 1: it began in an earlier record */
};

/* Where the uprobes stand in one direction of the plaintext. */
struct cut_plain {
	__u32 seq;  /* number of the next byte, from 0 */
	__u32 skip; /* bytes that the parser does not want */
};

struct cut_session {
	struct cut_tuple tuple; /* of its flow */
	__u64 cookie;		/* of its socket */
	__u8 service;
	__u8 lost;    /* 1: what it says is no longer tied to its bytes */
	__u8 rekeyed; /* 1: the peer may have asked for a KeyUpdate */
	__u8 ended;   /* 1: its SSL object, or one at its address, speaks on another connection */
	__u32 done; /* bytes of the write at hand that are in records, and were not returned yet */
	struct cut_plain plain[CUT_DIRECTIONS];
	struct cut_tls_random random; /* of its ClientHello */
	__u8 handshaken;	      /* 1: what it makes from now on is not of the handshake */
	__u8 reserved[3];
	__u32 made;		    /* records that count for it (cut_record_counts) */
	struct cut_tls_record last; /* that it has made */
	__u32 said_tail;	    /* written by the uprobes */
	__u32 said_head;	    /* written by prog/tie.h */
	__u32 heard_tail;	    /* written by the uprobes */
	__u32 heard_head;	    /* written by either tc program */
	struct cut_said said[CUT_SAID];
	struct cut_facts heard[CUT_HEARD];
	/* Of the reading at hand. Here, not per CPU: a uprobe may be preempted. */
	struct cut_chunk chunk;
	union cut_protocol_state protocol;
};

struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, 2048);
	__type(key, struct cut_session_key);
	__type(value, struct cut_session);
} sessions SEC(".maps");

/* Larger than a program's stack: new ones are copied from here. Never written. */
struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, 1);
	__type(key, __u32);
	__type(value, struct cut_session);
} blank_sessions SEC(".maps");

static __always_inline struct cut_session *session_lookup(const struct cut_session_key *key)
{
	return bpf_map_lookup_elem(&sessions, key);
}

#endif
