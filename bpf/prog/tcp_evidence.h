/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * What TCP did about it: raw tracepoints with BTF. They see every socket of the host, so each
 * begins with the one port check that tells almost all of them apart.
 */
#ifndef CUT_PROG_TCP_EVIDENCE_H
#define CUT_PROG_TCP_EVIDENCE_H

#include "../maps/flows.h"
#include "../maps/sockets.h"
#include "packet.h"
#include "settings.h"
#include "socket_state.h"

static __always_inline void sock_addresses(const struct sock *sk, struct cut_address *local,
					   struct cut_address *remote)
{
	if (sk->__sk_common.skc_family == CUT_AF_INET) {
		packet_address_v4(local, sk->__sk_common.skc_rcv_saddr);
		packet_address_v4(remote, sk->__sk_common.skc_daddr);
		return;
	}
	for (int i = 0; i < 4; i++) {
		local->word[i] = sk->__sk_common.skc_v6_rcv_saddr.in6_u.u6_addr32[i];
		remote->word[i] = sk->__sk_common.skc_v6_daddr.in6_u.u6_addr32[i];
	}
}

/* The flow whose other end `sk` is; NULL: none. NAT between the ends is not looked through. */
static __always_inline struct cut_flow *flow_of_peer(const struct sock *sk, struct cut_tuple *tuple)
{
	if (!wire_port_used(sk->__sk_common.skc_num))
		return NULL;
	sock_addresses(sk, &tuple->remote, &tuple->local);
	tuple->remote_port = sk->__sk_common.skc_num;
	tuple->local_port = bpf_ntohs(sk->__sk_common.skc_dport);
	return flow_lookup(tuple);
}

/* The target's own socket; NULL: not enrolled. */
static __always_inline struct cut_socket *socket_of(struct sock *sk, __u64 *cookie)
{
	struct cut_socket *socket;

	if (sk->__sk_common.skc_net.net->net_cookie != target_netns)
		return NULL;
	*cookie = bpf_get_socket_cookie(sk);
	socket = socket_lookup(*cookie);
	return socket && socket->seen ? socket : NULL;
}

/* Reports `own` if the socket is the target's, `peer` if it is the other end on this host. */
static __always_inline void evidence_of(struct sock *sk, enum cut_event_kind own,
					enum cut_event_kind peer, __u32 begin, __u32 end)
{
	struct cut_tuple tuple;
	struct cut_socket *socket;
	struct cut_flow *flow;
	__u64 cookie;

	socket = socket_of(sk, &cookie);
	if (socket) {
		if (only_looks && socket->accepted)
			own = peer;
		evidence(own, &socket->tuple, cookie, socket->service, begin, end);
		return;
	}
	flow = flow_of_peer(sk, &tuple);
	if (flow)
		evidence(peer, &tuple, flow->head.cookie, flow->head.service, begin, end);
}

SEC("tp_btf/tcp_retransmit_skb")
int BPF_PROG(tp_retransmit, struct sock *sk, struct sk_buff *skb)
{
	struct tcp_skb_cb *control_block = (void *)skb->cb;

	evidence_of(sk, CUT_EVENT_RETRANSMIT, CUT_EVENT_RETRANSMIT_PEER,
		    BPF_CORE_READ(control_block, seq), BPF_CORE_READ(control_block, end_seq));
	return 0;
}

SEC("tp_btf/tcp_receive_reset")
int BPF_PROG(tp_receive_reset, struct sock *sk)
{
	evidence_of(sk, CUT_EVENT_RESET_RECEIVED, CUT_EVENT_RESET_RECEIVED_PEER, 0, 0);
	return 0;
}

SEC("tp_btf/tcp_send_reset")
int BPF_PROG(tp_send_reset, struct sock *sk, struct sk_buff *skb)
{
	/* Without a socket (a closed port) the RST belongs to nobody's flow. */
	if (sk)
		evidence_of(sk, CUT_EVENT_RESET_SENT, CUT_EVENT_RESET_SENT_PEER, 0, 0);
	return 0;
}

/*
 * The states of joined sockets alone: sockops_enrol sees to the others. Beside a task that was
 * preempted in it the kernel passes a tracing program over (kernel/bpf/trampoline.c); sockops
 * programs have no such guard, but a joined socket may belong to another cgroup than the target's.
 */
SEC("tp_btf/inet_sock_set_state")
int BPF_PROG(tp_set_state, struct sock *sk, int oldstate, int newstate)
{
	struct cut_socket *socket;
	__u64 cookie;

	if (sk->__sk_common.skc_net.net->net_cookie != target_netns)
		return 0;
	cookie = bpf_get_socket_cookie(sk);
	socket = socket_lookup(cookie);
	if (socket && socket->joined)
		socket_change(socket, cookie, oldstate, newstate);
	return 0;
}

#endif
