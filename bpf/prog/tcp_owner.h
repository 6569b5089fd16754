/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Who connects. A socket enters SYN_SENT in the system call of the process that connects it
 * (net/ipv4/tcp_ipv4.c, tcp_v4_connect; likewise IPv6), before sockops_enrol is called; where its
 * segments pass, the current task may be anybody.
 */
#ifndef CUT_PROG_TCP_OWNER_H
#define CUT_PROG_TCP_OWNER_H

#include "../maps/owners.h"
#include "../maps/services.h"
#include "tcp_evidence.h"
#include "tcp_signal.h"

#define CUT_TCP_SYN_SENT 2 /* include/net/tcp_states.h */

SEC("tp_btf/inet_sock_set_state")
int BPF_PROG(tp_connects, struct sock *sk, int oldstate, int newstate)
{
	struct task_struct *task = (void *)bpf_get_current_task();
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
	owner->pid = current_process();
	BPF_CORE_READ_STR_INTO(&owner->comm, task, group_leader, comm);
	return 0;
}

#endif
