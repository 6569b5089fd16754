/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Calls the parser of a flow's protocol. The only place behind the lists that tells them apart. */
#ifndef CUT_PROG_PROTOCOL_H
#define CUT_PROG_PROTOCOL_H

#include "../core/glance.h"
#include "../maps/chunks.h"
#include "../maps/flows.h"
#include "../maps/services.h"
#include "settings.h"

/* Where the walk stands. Numbers only, so that it can be handed to a global function. */
struct cut_progress {
	__u16 at;     /* in the chunk */
	__u16 filled; /* bytes of the chunk */
	__u32 seq;    /* TCP sequence number of the byte at `at` */
	__u32 skip;   /* after CUT_PARSE_SKIP: bytes to pass over */
};

/* How a walk over a segment ended. */
enum cut_walk_end {
	CUT_WALK_ON, /* not at its end: the budget is used up */
	CUT_WALK_DONE,
	CUT_WALK_STOPPED, /* what follows is not delivered, for a rule cut it, or is nobody's */
	CUT_WALK_OPAQUE,
	CUT_WALK_EXCLUDED,
	CUT_WALK_MALFORMED,
	CUT_WALK_UNTIED,
	CUT_WALK_RACED,
	CUT_WALK_UNREADABLE,
};

/*
 * One global function per protocol and direction: the verifier looks at each once, with nothing
 * known of its arguments, instead of once per state of the walk.
 */
#define CUT_STEP(name, suffix, direction)                                                          \
	CUT_GLOBAL int name##_step_##suffix(union cut_protocol_state *state,                       \
					    struct cut_chunk *chunk,                               \
					    struct cut_progress *progress)                         \
	{                                                                                          \
		if (!state || !chunk || !progress)                                                 \
			return CUT_PARSE_DESYNC;                                                   \
		struct cut_cursor cursor = {&chunk->bytes, progress->at, progress->filled,         \
					    progress->seq};                                        \
		enum cut_parse parse = cut_##name##_step(&state->name, direction, &cursor,         \
							 &progress->skip, &chunk->facts);          \
		progress->at = cursor.at;                                                          \
		progress->seq = cursor.seq;                                                        \
		return parse;                                                                      \
	}
#define X(name, upper)                                                                             \
	CUT_STEP(name, up, CUT_UPSTREAM)                                                           \
	CUT_STEP(name, down, CUT_DOWNSTREAM)
CUT_PROTOCOLS(X)
#undef X
#undef CUT_STEP

static __always_inline enum cut_protocol protocol_of_service(__u8 service)
{
	return (enum cut_protocol)service_table[service & (CUT_SERVICE_SLOTS - 1)].protocol;
}

/* CUT_PROTOCOL_COUNT: TLS, in which the service's protocol is spoken. */
static __always_inline enum cut_protocol protocol_of(const struct cut_flow *flow)
{
	return flow->wrapped ? CUT_PROTOCOL_COUNT : protocol_of_service(flow->head.service);
}

static __always_inline enum cut_parse
protocol_step(enum cut_protocol protocol, union cut_protocol_state *state, struct cut_chunk *chunk,
	      enum cut_direction direction, struct cut_progress *progress)
{
	switch (protocol) {
#define X(name, upper)                                                                             \
	case CUT_PROTOCOL_##upper:                                                                 \
		if (!(spoken & 1U << CUT_PROTOCOL_##upper))                                        \
			break;                                                                     \
		return (enum cut_parse)(direction == CUT_UPSTREAM                                  \
						? name##_step_up(state, chunk, progress)           \
						: name##_step_down(state, chunk, progress));
		CUT_PROTOCOLS(X)
#undef X
	case CUT_PROTOCOL_COUNT:
		break;
	}
	return CUT_PARSE_DESYNC;
}

/* Some segments are taken at a glance. */
static __always_inline bool protocol_glances(__u8 protocol)
{
	const __u32 all = 0
#define X(name, upper) | cut_##name##_glances << CUT_PROTOCOL_##upper
		CUT_PROTOCOLS(X)
#undef X
		;

	return all >> (protocol & 31) & 1;
}

/*
 * How many messages of a whole segment are counted at a glance; 0: it is for the steps. Of a flow
 * that does not speak TLS.
 */
static __always_inline __u32 protocol_glance(struct cut_flow *flow, enum cut_direction direction,
					     struct cut_glance *glance, struct cut_facts *facts)
{
	switch (protocol_of_service(flow->head.service)) {
#define X(name, upper)                                                                             \
	case CUT_PROTOCOL_##upper:                                                                 \
		if (!(spoken & 1U << CUT_PROTOCOL_##upper))                                        \
			break;                                                                     \
		return cut_##name##_glance(&flow->protocol.name, direction, glance, facts);
		CUT_PROTOCOLS(X)
#undef X
	case CUT_PROTOCOL_COUNT:
		break;
	}
	return 0;
}

/* What a message of that direction says in so many words, as an attribute; NULL: it is no text. */
static __always_inline const struct cut_text *
protocol_text(const struct cut_flow *flow, enum cut_direction direction, __u32 attribute)
{
	switch (protocol_of(flow)) {
#define X(name, upper)                                                                             \
	case CUT_PROTOCOL_##upper:                                                                 \
		return cut_##name##_text(&flow->protocol.name, direction, attribute);
		CUT_PROTOCOLS(X)
#undef X
	case CUT_PROTOCOL_COUNT:
		break;
	}
	return NULL;
}

/* The flow stands between two messages, both ways; false: its protocol cannot be joined there. */
static __always_inline bool protocol_join(struct cut_flow *flow, __u8 word)
{
	switch (protocol_of(flow)) {
#define X(name, upper)                                                                             \
	case CUT_PROTOCOL_##upper:                                                                 \
		return cut_##name##_join(&flow->protocol.name, word);
		CUT_PROTOCOLS(X)
#undef X
	case CUT_PROTOCOL_COUNT:
		break;
	}
	return false;
}

/* The word in the last bytes of an answer; 0: these do not end one. */
static __always_inline __u8 protocol_rest_word(const struct cut_flow *flow,
					       const __u8 bytes[CUT_REST_BYTES])
{
	switch (protocol_of(flow)) {
#define X(name, upper)                                                                             \
	case CUT_PROTOCOL_##upper:                                                                 \
		return cut_##name##_rest_word(bytes);
		CUT_PROTOCOLS(X)
#undef X
	case CUT_PROTOCOL_COUNT:
		break;
	}
	return 0;
}

/* Everything that was asked is answered, and neither direction is inside a message. */
static __always_inline bool protocol_rests(const struct cut_flow *flow)
{
	switch (protocol_of(flow)) {
#define X(name, upper)                                                                             \
	case CUT_PROTOCOL_##upper:                                                                 \
		return cut_##name##_rests(&flow->protocol.name);
		CUT_PROTOCOLS(X)
#undef X
	case CUT_PROTOCOL_COUNT:
		break;
	}
	return false;
}

/* The outcome of something that was asked is not known yet, and the service will tell it. */
static __always_inline bool protocol_owes(const struct cut_flow *flow)
{
	switch (protocol_of(flow)) {
#define X(name, upper)                                                                             \
	case CUT_PROTOCOL_##upper:                                                                 \
		return cut_##name##_owes(&flow->protocol.name);
		CUT_PROTOCOLS(X)
#undef X
	case CUT_PROTOCOL_COUNT:
		break;
	}
	return false;
}

static __always_inline enum cut_parse protocol_flush(enum cut_protocol protocol,
						     union cut_protocol_state *state,
						     enum cut_direction direction,
						     struct cut_facts *facts)
{
	switch (protocol) {
#define X(name, upper)                                                                             \
	case CUT_PROTOCOL_##upper:                                                                 \
		return cut_##name##_flush(&state->name, direction, facts);
		CUT_PROTOCOLS(X)
#undef X
	case CUT_PROTOCOL_COUNT:
		break;
	}
	return CUT_PARSE_MORE;
}

#endif
