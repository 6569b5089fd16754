/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Everything that can go wrong in a program is counted here by name; none of it is silent. */
#ifndef CUT_ABI_COUNTERS_H
#define CUT_ABI_COUNTERS_H

#include "types.h"

/*
 * X(identifier, "name", damages, "what it means"); damages: a run with any of it is inconclusive.
 * Those named "missed" are the kernel's own: bpf_prog_info.recursion_misses of the tracepoints.
 */
#define CUT_COUNTERS(X)                                                                            \
	X(SEGMENTS, "segments", 0, "segments of target flows seen")                                \
	X(MESSAGES, "messages", 0, "messages parsed")                                              \
	X(EVENTS_LOST, "events.lost", 1, "ring buffer full")                                       \
	X(DESYNC_GAP, "desync.gap", 1, "a segment arrived ahead of its predecessor")               \
	X(DESYNC_MALFORMED, "desync.malformed", 1, "bytes that the protocol does not allow")       \
	X(DESYNC_BUDGET, "desync.budget", 1, "more messages in a segment than one run can walk")   \
	X(DESYNC_RACE, "desync.race", 1, "two CPUs met in one direction of a flow")                \
	X(DESYNC_LOAD, "desync.load", 1, "bpf_skb_load_bytes failed")                              \
	X(DESYNC_UNTIED, "desync.untied", 1,                                                       \
	  "what was said under TLS could not be tied to its records for certain")                  \
	X(SESSIONS_FULL, "sessions.full", 1, "no room for a TLS session: not covered")             \
	X(FLOWS_ENCRYPTED, "flows.encrypted", 1,                                                   \
	  "the flow switched to TLS or GSSAPI: not covered")                                       \
	X(FLOWS_EXCLUDED, "flows.excluded", 1,                                                     \
	  "the connection is for replication, a tunnel or an upgrade: not covered")                \
	X(FLOWS_MULTIPATH, "flows.multipath", 1,                                                   \
	  "the connection is one of Multipath TCP: not covered")                                   \
	X(FLOWS_FULL, "flows.full", 1, "no room for a flow: not covered")                          \
	X(FLOWS_FOREIGN, "flows.foreign_netns", 1, "connected from another network namespace")     \
	X(FLOWS_UNSEEN, "flows.unseen", 1,                                                         \
	  "connected through an interface without hooks: not covered")                             \
	X(FLOWS_SPARED, "flows.spared", 0, "the ssh session that cutpoint was started from")       \
	X(FLOWS_NAMELESS, "flows.nameless", 0,                                                     \
	  "a ClientHello without a server name, where names decide: of no service")                \
	X(FLOWS_UNTOLD, "flows.untold", 0,                                                         \
	  "open before arming, where names decide: of no service")                                 \
	X(NAMES_FULL, "names.full", 1,                                                             \
	  "no room to remember a prepared statement, or a message whose frames others interrupt")  \
	X(FILTERS_UNTOLD, "filters.untold", 1,                                                     \
	  "a filter asks for what the message does not tell: it matched nothing there")            \
	X(TRUNCATE_FAILED, "truncate.failed", 1, "a segment could not be shortened: swallowed")    \
	X(TRUNCATE_DEFERRED, "truncate.deferred", 0,                                               \
	  "a large segment was swallowed whole; TCP repeats its prefix in small ones")             \
	X(HOLD_FAILED, "hold.failed", 1, "a segment could not be handed over to be held")          \
	X(ALTER_FAILED, "alter.failed", 1, "bytes could not be changed: they passed as they were") \
	X(DUPLICATE_FAILED, "duplicate.failed", 1,                                                 \
	  "a segment was not sent twice: it could not be copied, or another rule kept it back")    \
	X(REFUSE_FAILED, "refuse.failed", 1, "a SYN could not be answered: it was swallowed")      \
	X(SIGNAL_FAILED, "signal.failed", 1,                                                       \
	  "the process at the message could not be signalled, or not be resumed afterwards")       \
	X(CHECKSUM_FAILED, "checksum.failed", 1, "a checksum could not be mended")                 \
	X(CAPTURES_LOST, "captures.lost", 0,                                                       \
	  "no room to record a segment around a cut: evidence.pcapng lacks it")                    \
	X(CAPTURES_BEYOND, "captures.beyond", 0,                                                   \
	  "segments of a cut flow past as many as are recorded: evidence.pcapng lacks them")       \
	X(LEASE_LAPSED, "lease.lapsed", 1, "a segment passed because the controller was silent")   \
	X(EVIDENCE_MISSED, "evidence.missed", 0,                                                   \
	  "retransmissions or resets of this host that the kernel did not show to the "            \
	  "tracepoints")                                                                           \
	X(STATES_MISSED, "states.missed", 1,                                                       \
	  "likewise states of sockets, with connections from before that have no other witness")

#define CUT_MOMENT_BITS 64 /* a protocol's moments are a set in 64 bits */

enum cut_counter {
#define X(id, name, damages, meaning) CUT_COUNT_##id,
	CUT_COUNTERS(X)
#undef X
		CUT_COUNTERS_TOTAL
};

#endif
