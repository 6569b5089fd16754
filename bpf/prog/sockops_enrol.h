/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * sockops on the target's cgroup: enrols a socket before its first SYN, and of a trace one that was
 * accepted; notes states and RTOs.
 */
#ifndef CUT_PROG_SOCKOPS_ENROL_H
#define CUT_PROG_SOCKOPS_ENROL_H

#include "../core/workarounds.h"
#include "../maps/events.h"
#include "../maps/owners.h"
#include "../maps/services.h"
#include "../maps/sockets.h"
#include "settings.h"
#include "sockops_accept.h"
#include "socket_state.h"

/* The ssh session that cutpoint was started from is never touched, whatever a rule says. */
static __always_inline bool sockops_is_spared(const struct cut_endpoint *remote, __u16 local_port)
{
	return spared_set && remote->port == spared.remote_port &&
	       local_port == spared.local_port &&
	       remote->address.word[3] == spared.remote.word[3] &&
	       remote->address.word[2] == spared.remote.word[2] &&
	       remote->address.word[1] == spared.remote.word[1] &&
	       remote->address.word[0] == spared.remote.word[0];
}

/* Of a trace. False: nobody asks for connections of these ends. */
static __always_inline bool sockops_wanted(struct bpf_sock_ops *ops,
					   const struct cut_endpoint *remote)
{
	struct cut_tuple tuple = {.remote = remote->address, .remote_port = remote->port};

	if (!peers_used && !accepts)
		return true;
	sockops_local(ops, &tuple.local);
	tuple.local_port = ops->local_port;
	if (!peers_want(&tuple))
		return false;
	if (accepts && bpf_get_netns_cookie(ops) != target_netns) {
		__u8 is_one = 1;

		bpf_map_update_elem(&foreigners, &tuple, &is_one, BPF_ANY);
	}
	return true;
}

/* Of a trace. False: it is of another process than the one that is looked at. */
static __always_inline bool sockops_own(struct bpf_sock_ops *ops, struct cut_socket *socket)
{
	struct bpf_sock *sk = ops->sk;
	const struct cut_owner *owner = NULL;

	if (sk)
		owner = bpf_sk_storage_get(&owners, sk, NULL, 0);
	if (owner)
		socket->owner = *owner;
	return !only_process || socket->owner.pid == only_process;
}

static __always_inline void sockops_connect(struct bpf_sock_ops *ops)
{
	struct cut_endpoint remote;
	struct cut_socket socket = {0};
	__u64 cookie = bpf_get_socket_cookie(ops);
	__u32 *service;

	sockops_remote(ops, &remote);
	service = service_lookup(&remote);
	if (!service)
		return;
	if (sockops_is_spared(&remote, ops->local_port)) {
		count(CUT_COUNT_FLOWS_SPARED);
		return;
	}
	if (only_looks && !sockops_wanted(ops, &remote))
		return;
	if (bpf_get_netns_cookie(ops) != target_netns) {
		count(CUT_COUNT_FLOWS_FOREIGN);
		return;
	}
	if (only_looks && !sockops_own(ops, &socket))
		return;
	socket_place(&socket, *service);
	if (bpf_map_update_elem(&sockets, &cookie, &socket, BPF_ANY)) {
		count(CUT_COUNT_FLOWS_FULL);
		return;
	}
	bpf_sock_ops_cb_flags_set(ops, ops->bpf_sock_ops_cb_flags | BPF_SOCK_OPS_RTO_CB_FLAG |
					       BPF_SOCK_OPS_STATE_CB_FLAG);
}

static __always_inline void sockops_rto(struct bpf_sock_ops *ops)
{
	struct cut_socket *socket = socket_lookup(bpf_get_socket_cookie(ops));
	struct cut_event *event;

	if (!socket || !socket->seen || socket->service >= CUT_MAX_SERVICES)
		return;
	event = event_reserve(CUT_EVENT_RTO, &socket->tuple);
	if (!event)
		return;
	event->flow = bpf_get_socket_cookie(ops);
	event->service = socket->service;
	event->begin = ops->args[0];			/* retransmissions of this segment so far */
	event->end = ops->args[1] * jiffy_ns / 1000000; /* RTO in milliseconds */
	event->attr[0] = ops->srtt_us >> 3;		/* smoothed RTT in microseconds */
	event_submit(event);
}

static __always_inline void sockops_state(struct bpf_sock_ops *ops)
{
	__u64 cookie = bpf_get_socket_cookie(ops);
	struct cut_socket *socket = socket_lookup(cookie);

	if (socket && !socket->joined)
		socket_change(socket, cookie, ops->args[0], ops->args[1]);
}

SEC("sockops")
int sockops_enrol(struct bpf_sock_ops *ops)
{
	switch (ops->op) {
	case BPF_SOCK_OPS_TCP_CONNECT_CB:
		sockops_connect(ops);
		break;
	case BPF_SOCK_OPS_RWND_INIT:
		if (only_looks && accepts)
			sockops_asked(ops);
		break;
	case BPF_SOCK_OPS_PASSIVE_ESTABLISHED_CB:
		if (only_looks && accepts)
			sockops_accepted(ops);
		break;
	case BPF_SOCK_OPS_RTO_CB:
		sockops_rto(ops);
		break;
	case BPF_SOCK_OPS_STATE_CB:
		sockops_state(ops);
		break;
	}
	return 1;
}

#endif
