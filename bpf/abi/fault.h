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
	CUT_VALUE_CHANGE,     /* flip, zero or replace: `at:` takes no position beside it */
	CUT_VALUE_RATE,	      /* e.g. 64KiB/s */
	CUT_VALUE_SYN,	      /* syn: the one thing that can be refused */
	CUT_VALUE_SEGMENT,    /* segment */
	CUT_VALUE_STOPPED,    /* process or cgroup: what is paused */
	CUT_VALUE_SIGNAL,     /* e.g. SIGKILL */
};

/* Moments at which a fault can act. */
enum cut_fault_at {
	CUT_AT_ANY,
	CUT_AT_BYTES,	/* those that have bytes of payload */
	CUT_AT_CONNECT, /* connect alone */
	CUT_AT_MADE,	/* those of a connection that is made: not connect, not accept */
};

/* The keys beside it. */
enum cut_fault_key {
	CUT_KEY_FOR = 1 << 0,	/* how long: required where it applies */
	CUT_KEY_SCOPE = 1 << 1, /* flow or service */
	CUT_KEY_HEAL = 1 << 2,	/* release or reset */
	CUT_KEY_ACKS = 1 << 3,	/* drop or pass */
	CUT_KEY_JITTER = 1 << 4,
	CUT_KEY_THEN = 1 << 5, /* silence, fin or rst: what the receiver of the message hears */
	CUT_KEY_DIRECTION = 1 << 6, /* up, down or both */
	CUT_KEY_OFFSET = 1 << 7,    /* bytes into the message's body */
	CUT_KEY_BYTES = 1 << 8,	    /* how many of them */
	CUT_KEY_PATTERN = 1 << 9,   /* at these bytes, wherever the body has them */
	CUT_KEY_WITH = 1 << 10,	    /* these are there instead */
	CUT_KEY_CGROUP = 1 << 11,   /* which */
};

/* What becomes of bytes that are changed. */
enum cut_change {
	CUT_CHANGE_FLIP = 0, /* every bit is inverted */
	CUT_CHANGE_ZERO,
	CUT_CHANGE_REPLACE, /* by the rule's `with` */
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
