/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Of a trace: connections that are accepted here, where the end that connects is not looked at. It
 * may be on another host, in another network namespace, in another cgroup. Their flows have the
 * client's view like all others.
 *
 * As a SYN comes, and before it is answered, the kernel calls for the request socket, in the
 * listener's cgroup (net/ipv4/tcp_minisocks.c, tcp_openreq_init_rwin). So there is a flow for the
 * SYN-ACK, which has the sequence numbers of both ends, and for a first request that overtakes the
 * end of the handshake. A request socket's cookie is that of the connection that becomes of it.
 */
#ifndef CUT_PROG_SOCKOPS_ACCEPT_H
#define CUT_PROG_SOCKOPS_ACCEPT_H

#include "../maps/foreigners.h"
#include "../maps/services.h"
#include "../maps/sockets.h"
#include "join.h"
#include "peers.h"
#include "report.h"
#include "settings.h"
#include "sockops_ends.h"

/* Of which service a connection to this socket is, and its tuple; NULL: of none that is wanted. */
static __always_inline __u32 *sockops_served(struct bpf_sock_ops *ops, struct cut_tuple *tuple)
{
	struct cut_endpoint client, own = {.port = ops->local_port};
	__u32 *service;

	if (bpf_get_netns_cookie(ops) != target_netns)
		return NULL;
	sockops_local(ops, &own.address);
	service = service_lookup(&own);
	if (!service)
		return NULL;
	sockops_remote(ops, &client);
	tuple->local = client.address;
	tuple->local_port = client.port;
	tuple->remote = own.address;
	tuple->remote_port = own.port;
	return peers_want(tuple) ? service : NULL;
}

/* The end that connects is on this host, and looked at. */
static __always_inline bool flow_was_connected(const struct cut_flow *flow)
{
	return flow && !flow->head.closed && flow->head.accepted == CUT_ACCEPTED_NONE;
}

/* A fresh flow; NULL: no room. */
static __always_inline struct cut_flow *accepted_open(struct cut_tuple *tuple, __u64 cookie,
						      __u32 place, enum cut_accepted how)
{
	struct cut_flow *flow = flow_create(tuple);

	if (!flow) {
		count(CUT_COUNT_FLOWS_FULL);
		return NULL;
	}
	flow->head.cookie = cookie;
	flow->head.service = place;
	flow->head.accepted = how;
	flow->head.opened_ns = bpf_ktime_get_ns();
	flow->named = place >> CUT_SERVICE_NAMED_SHIFT;
	return flow;
}

static __always_inline void sockops_asked(struct bpf_sock_ops *ops)
{
	struct cut_tuple tuple;
	__u32 *service;

	if (ops->is_fullsock)
		return; /* it is called for one that connects as well */
	service = sockops_served(ops, &tuple);
	if (service && !flow_was_connected(flow_lookup(&tuple)))
		accepted_open(&tuple, bpf_get_socket_cookie(ops), *service, CUT_ACCEPTED_ASKED);
}

/* The flow of a connection that is complete; NULL: it is looked at elsewhere, or there is no room.
 */
static __always_inline struct cut_flow *accepted_flow(struct bpf_sock_ops *ops,
						      struct cut_tuple *tuple, __u32 place)
{
	struct cut_flow *flow = flow_lookup(tuple);

	if (flow_was_connected(flow))
		return NULL;
	if (flow && flow->head.accepted == CUT_ACCEPTED_ASKED) {
		if (flow->head.line[CUT_DOWNSTREAM].sync == CUT_SYNC_NONE)
			count(CUT_COUNT_FLOWS_UNSEEN); /* its SYN-ACK met no hook */
		return flow;
	}
	/* It was asked for before anybody looked. */
	flow = accepted_open(tuple, 0, place, CUT_ACCEPTED_ASKED);
	if (!flow)
		return NULL;
	flow_start(flow, CUT_UPSTREAM, ops->rcv_nxt);
	flow_start(flow, CUT_DOWNSTREAM, ops->snd_nxt);
	return flow;
}

static __always_inline void sockops_accepted(struct bpf_sock_ops *ops)
{
	struct cut_socket socket = {.seen = 1, .accepted = 1};
	__u64 cookie = bpf_get_socket_cookie(ops);
	struct cut_flow *flow;
	__u32 *service;

	service = sockops_served(ops, &socket.tuple);
	if (!service)
		return;
	flow = accepted_flow(ops, &socket.tuple, *service);
	if (!flow)
		return;
	/* A first request that came early may have decided it. */
	socket_place(&socket, *service);
	if (flow->head.service != CUT_SERVICE_UNDECIDED)
		socket.service = flow->head.service;
	if (bpf_map_update_elem(&sockets, &cookie, &socket, BPF_ANY)) {
		count(CUT_COUNT_FLOWS_FULL);
		flow_delete(socket.tuple);
		return;
	}
	flow->head.cookie = cookie;
	flow->head.accepted = CUT_ACCEPTED_IT_IS;
	if (!bpf_map_delete_elem(&foreigners, &socket.tuple))
		count_back(CUT_COUNT_FLOWS_FOREIGN);
	report_opened(flow, &socket.tuple, ops->rcv_nxt - 1);
	bpf_sock_ops_cb_flags_set(ops, ops->bpf_sock_ops_cb_flags | BPF_SOCK_OPS_RTO_CB_FLAG |
					       BPF_SOCK_OPS_STATE_CB_FLAG);
}

#endif
