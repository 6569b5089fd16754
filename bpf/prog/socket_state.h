/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* How the target's socket changes its state, and what of it stays when it closes. */
#ifndef CUT_PROG_SOCKET_STATE_H
#define CUT_PROG_SOCKET_STATE_H

#include "../maps/sockets.h"
#include "join.h"
#include "line.h"
#include "protocol.h"
#include "tie.h"

/* include/net/tcp_states.h */
#define CUT_TCP_ESTABLISHED 1
#define CUT_TCP_CLOSE 7

/* Something that happened to a socket, told under its tuple on the wire. */
static __always_inline void evidence(enum cut_event_kind kind, const struct cut_tuple *tuple,
				     __u64 cookie, __u8 service, __u32 begin, __u32 end)
{
	struct cut_event *event;

	if (service >= CUT_MAX_SERVICES)
		return;
	event = event_reserve(kind, tuple);

	if (!event)
		return;
	event->flow = cookie;
	event->service = service;
	event->begin = begin;
	event->end = end;
	event_submit(event);
}

/* The service has yet to say what became of something that it was asked to commit. */
static __always_inline bool flow_is_owed(const struct cut_flow *flow)
{
	return flow->head.line[CUT_DOWNSTREAM].sync == CUT_SYNC_ON && protocol_owes(flow);
}

/*
 * A cut outlives its socket: what the kernel still sends for it must stay silent too. So does the
 * wait for an answer: the service repeats it, although nobody is there to hear it.
 */
static __always_inline void flow_close(const struct cut_socket *socket, __u64 cookie)
{
	struct cut_flow *flow = flow_lookup(&socket->tuple);
	__u64 now = bpf_ktime_get_ns();

	if (!flow || flow->head.cookie != cookie)
		return;
	flow->head.closed = 1;
	flow_leave_session(flow);
	if (flow_is_cut(flow, now) || service_is_cut(socket->service, now) || flow_is_owed(flow))
		return;
	flow_end_session(flow);
	flow_delete(socket->tuple);
}

static __always_inline void socket_close(const struct cut_socket *socket, __u64 cookie)
{
	if (socket->seen) {
		evidence(CUT_EVENT_FLOW_CLOSED, &socket->tuple, cookie, socket->service, 0, 0);
		flow_close(socket, cookie);
	} else if (socket->joined && socket->service < CUT_MAX_SERVICES) {
		__sync_fetch_and_add(&joins_unseen, -1);
	}
	bpf_map_delete_elem(&sockets, &cookie);
}

static __always_inline void socket_change(const struct cut_socket *socket, __u64 cookie,
					  int old_state, int new_state)
{
	if (socket->seen)
		evidence(CUT_EVENT_FLOW_STATE, &socket->tuple, cookie, socket->service, old_state,
			 new_state);
	if (new_state == CUT_TCP_ESTABLISHED && socket->seen)
		evidence(CUT_EVENT_FLOW_ESTABLISHED, &socket->tuple, cookie, socket->service, 0, 0);
	if (new_state == CUT_TCP_ESTABLISHED && !socket->seen)
		count(CUT_COUNT_FLOWS_UNSEEN);
	if (new_state == CUT_TCP_CLOSE)
		socket_close(socket, cookie);
}

#endif
