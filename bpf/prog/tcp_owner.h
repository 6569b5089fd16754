/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Who connects. A socket enters SYN_SENT in the system call of the process that connects it
 * (net/ipv4/tcp_ipv4.c, tcp_v4_connect; likewise IPv6), before sockops_enrol is called; where its
 * segments pass, the current task may be anybody.
 *
 * And who serves what was accepted. The kernel completes the handshake in nobody's context, and
 * accept(2) may be another's: PostgreSQL's postmaster hands the connection to a process that it
 * forks. Who reads or writes it first is told, at the end of that system call (net/socket.c).
 */
#ifndef CUT_PROG_TCP_OWNER_H
#define CUT_PROG_TCP_OWNER_H

#include "../maps/owners.h"
#include "../maps/services.h"
#include "tcp_evidence.h"
#include "tcp_signal.h"

#define CUT_TCP_SYN_SENT 2 /* include/net/tcp_states.h */

/* The process in whose context this runs. */
static __always_inline void owner_fill(struct cut_owner *owner)
{
	struct task_struct *task = (void *)bpf_get_current_task();

	owner->cgroup = bpf_get_current_cgroup_id();
	owner->pid = current_process();
	BPF_CORE_READ_STR_INTO(&owner->comm, task, group_leader, comm);
}

SEC("tp_btf/inet_sock_set_state")
int BPF_PROG(tp_connects, struct sock *sk, int oldstate, int newstate)
{
	struct cut_endpoint remote = {0};
	struct cut_address local;
	struct cut_owner *owner;

	if (newstate != CUT_TCP_SYN_SENT || sk->__sk_common.skc_net.net->net_cookie != target_netns)
		return 0;
	sock_addresses(sk, &local, &remote.address);
	remote.port = bpf_ntohs(sk->__sk_common.skc_dport);
	if (!service_lookup(&remote))
		return 0;
	owner = bpf_sk_storage_get(&owners, sk, NULL, BPF_SK_STORAGE_GET_F_CREATE);
	if (!owner)
		return 0;
	owner_fill(owner);
	return 0;
}

/* Of a socket that was accepted, the first who reads or writes it. */
static __always_inline void owner_note(struct sock *sk)
{
	struct cut_socket *socket;
	struct cut_event *event;
	__u64 cookie;

	if (!wire_port_used(sk->__sk_common.skc_num) ||
	    sk->__sk_common.skc_net.net->net_cookie != target_netns)
		return;
	cookie = bpf_get_socket_cookie(sk);
	socket = socket_lookup(cookie);
	if (!socket || !socket->accepted || socket->owner.comm[0])
		return;
	owner_fill(&socket->owner);
	if (socket->service >= CUT_MAX_SERVICES)
		return; /* it is told as the flow is opened */
	event = event_reserve(CUT_EVENT_FLOW_OPENED, &socket->tuple);
	if (!event)
		return;
	event->flow = cookie;
	event->service = socket->service;
	event->end = 1;
	__builtin_memcpy(event->attr, &socket->owner, sizeof(socket->owner));
	event_submit(event);
}

SEC("tp_btf/sock_recv_length")
int BPF_PROG(tp_takes, struct sock *sk, int ret, int flags)
{
	if (ret > 0 && sk->sk_protocol == IPPROTO_TCP)
		owner_note(sk);
	return 0;
}

SEC("tp_btf/sock_send_length")
int BPF_PROG(tp_gives, struct sock *sk, int ret, int flags)
{
	if (ret > 0 && sk->sk_protocol == IPPROTO_TCP)
		owner_note(sk);
	return 0;
}

#endif
