/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* What a fault can be told. Each fault/<name>.h says which of it applies; the scenario language,
 * its errors and the documentation read it there. */
#ifndef CUT_ABI_FAULT_H
#define CUT_ABI_FAULT_H

/* What follows the fault's name: `blackhole: both`. */
enum cut_fault_value {
	CUT_VALUE_DIRECTIONS, /* up, down or both */
	CUT_VALUE_ENDS,	      /* client, server or both */
	CUT_VALUE_DURATION,   /* e.g. 150ms */
	CUT_VALUE_BYTES,      /* of the message that arrive: `at:` takes no position beside it */
};

/* The keys beside it. */
enum cut_fault_key {
	CUT_KEY_FOR = 1 << 0,	/* how long: required where it applies */
	CUT_KEY_SCOPE = 1 << 1, /* flow or service */
	CUT_KEY_HEAL = 1 << 2,	/* release or reset */
	CUT_KEY_ACKS = 1 << 3,	/* drop or pass */
	CUT_KEY_JITTER = 1 << 4,
	CUT_KEY_THEN = 1 << 5, /* silence, fin or rst: what the receiver of the message hears */
};

/* The ends of a flow, as a set. */
enum cut_end {
	CUT_END_CLIENT = 1 << 0, /* the target's */
	CUT_END_SERVER = 1 << 1,
	CUT_END_BOTH = CUT_END_CLIENT | CUT_END_SERVER,
};

/* What TCP says by itself in a direction that is silent: acknowledgements and handshakes. */
enum cut_acks {
	CUT_ACKS_DROP = 0, /* nothing passes: a partition */
	CUT_ACKS_PASS = 1, /* they pass: the peer's host is there, its application is not */
};

/* What the receiver of a message hears after the part of it that arrived. */
enum cut_then {
	CUT_THEN_SILENCE = 0,
	CUT_THEN_FIN,
	CUT_THEN_RST,
};

#endif
