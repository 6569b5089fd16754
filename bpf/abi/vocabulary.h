/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* The words that rules, events and reports share. Their values are ABI. */
#ifndef CUT_ABI_VOCABULARY_H
#define CUT_ABI_VOCABULARY_H

enum cut_direction {
	CUT_UPSTREAM = 0,   /* client -> server */
	CUT_DOWNSTREAM = 1, /* server -> client */
	CUT_DIRECTIONS = 2,
};

enum cut_direction_mask {
	CUT_UP = 1 << CUT_UPSTREAM,
	CUT_DOWN = 1 << CUT_DOWNSTREAM,
	CUT_BOTH = CUT_UP | CUT_DOWN,
};

enum cut_position {
	CUT_BEFORE = 0,
	CUT_BYTE = 1, /* after N bytes of the message */
	CUT_AFTER = 2,
};

enum cut_scope {
	CUT_SCOPE_FLOW = 0,
	CUT_SCOPE_SERVICE = 1,
};

enum cut_heal {
	CUT_HEAL_RELEASE = 0, /* held bytes are delivered by TCP, as after a real partition */
	CUT_HEAL_RESET = 1, /* both ends are reset while the cut is on: no held byte ever arrives */
};

enum cut_mode {
	CUT_ENFORCE = 0,
	CUT_OBSERVE = 1, /* the same path; the last branch counts instead of acting */
};

/* How an attribute's 32 bits are written and matched. */
enum cut_attribute_kind {
	CUT_ATTR_NUMBER = 0,	/* decimal */
	CUT_ATTR_CHARACTER = 1, /* one ASCII character */
	CUT_ATTR_COMMANDS = 2,	/* bit set over the protocol's command list; a filter names one */
	CUT_ATTR_SQLSTATE = 3,	/* five base-36 digits, first is most significant */
	CUT_ATTR_VERSION = 6,	/* of TLS, as on the wire: 0x0304 is 1.3 */
	CUT_ATTR_HASH = 7,	/* of a text (abi/hash.h); 0: there was none */
	/* The 32 bits are the length of a text (struct cut_text), which the parser keeps. */
	CUT_ATTR_TEXT = 4,   /* equal to the filter's */
	CUT_ATTR_PREFIX = 5, /* begins with the filter's */
};

#endif
