/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* events: ring buffer of struct cut_event. Written by every program, drained by the controller. */
#ifndef CUT_MAPS_EVENTS_H
#define CUT_MAPS_EVENTS_H

#include "../abi/event.h"
#include "counters.h"

#define CUT_EVENTS_PER_WAKE 2048 /* of those that wait */

struct {
	__uint(type, BPF_MAP_TYPE_RINGBUF);
	__uint(max_entries, 4 << 20); /* bytes: 36,000 events */
} events SEC(".maps");

__u64 events_numbered;

/* NULL: the buffer is full; the gap in the numbers and a counter say so. */
static __always_inline struct cut_event *event_reserve(enum cut_event_kind kind,
						       const struct cut_tuple *tuple)
{
	__u64 number = __sync_fetch_and_add(&events_numbered, 1);
	struct cut_event *event = bpf_ringbuf_reserve(&events, sizeof(*event), 0);

	if (!event) {
		count(CUT_COUNT_EVENTS_LOST);
		return NULL;
	}
	__builtin_memset(event, 0, sizeof(*event));
	event->number = number;
	event->ns = bpf_ktime_get_ns();
	event->kind = kind;
	event->rule = CUT_NO_RULE;
	event->tuple = *tuple;
	return event;
}

/*
 * Wakes the reader, but for a message that was delivered: an application sends thousands a second,
 * and waking for each would cost more than all else. They wait for the reader's next look, which is
 * never far, or for their number.
 */
static __always_inline void event_submit(struct cut_event *event)
{
	bool delivered = event->kind == CUT_EVENT_MOMENT || event->kind == CUT_EVENT_WOULD_FIRE;
	bool urgent = !delivered || event->number % CUT_EVENTS_PER_WAKE == 0;

	bpf_ringbuf_submit(event, urgent ? BPF_RB_FORCE_WAKEUP : BPF_RB_NO_WAKEUP);
}

#endif
