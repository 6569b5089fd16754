/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Signals of the faults `pause` and `kill`. A rule fires where the segment passes, in whatever
 * context that is; the signal is sent where its process is at hand for certain: at the end of its
 * own system call that sent the bytes, or took them.
 */
#ifndef CUT_PROG_TCP_SIGNAL_H
#define CUT_PROG_TCP_SIGNAL_H

#include "../maps/sockets.h"
#include "report.h"
#include "settings.h"

#define CUT_MAX_PID_LEVELS 33 /* of nested PID namespaces: MAX_PID_NS_LEVEL + 1 */

/*
 * The process in whose context this runs, by the number that the controller knows it by; 0: it is
 * in no PID namespace that the controller can see into. bpf_get_ns_current_pid_tgid() gives nothing
 * for a process in a namespace below the controller's.
 */
static __always_inline __u32 current_process(void)
{
	struct task_struct *task = (void *)bpf_get_current_task();
	struct pid *pid = BPF_CORE_READ(task, group_leader, thread_pid);
	const void *numbers = (const void *)pid + bpf_core_field_offset(struct pid, numbers);
	__u32 level = BPF_CORE_READ(pid, level);
	struct upid number;

	CUT_NO_UNROLL
	for (__u32 i = 0; i < CUT_MAX_PID_LEVELS && i <= level; i++) {
		if (bpf_probe_read_kernel(&number, sizeof(number), numbers + i * sizeof(number)))
			return 0;
		if (BPF_CORE_READ(number.ns, ns.inum) == own_pid_namespace)
			return number.nr;
	}
	return 0;
}

/* `process`: current_process(). */
static __always_inline void signal_current(struct cut_flow *flow, const struct cut_tuple *tuple,
					   enum cut_direction direction, __u32 index, __u32 process)
{
	const struct cut_rule *rule = &rules[index & (CUT_MAX_RULES - 1)];
	struct cut_rule_state *state = &rule_states[index & (CUT_MAX_RULES - 1)];
	__u64 now = bpf_ktime_get_ns();
	struct cut_event *event;

	/* A pause that has ended must not begin: nobody would end it. */
	if (!lease_holds(now) || (rule->duration_ns && !rule_cuts(index, state->until_ns, now)))
		return;
	/* Nor one of a process that the controller cannot let go on again. */
	if ((rule->duration_ns && !process) || bpf_send_signal(rule->signal)) {
		count(CUT_COUNT_SIGNAL_FAILED);
		return;
	}
	__sync_fetch_and_add(&state->signalled, 1);
	event = flow_event(flow, tuple, CUT_EVENT_SIGNALLED, direction);
	if (!event)
		return;
	event->rule = index;
	event->attr[0] = process;
	event->attr[1] = rule->signal;
	event_submit(event);
}

/* `seq`: one past the last byte that the process has sent, or taken. */
static __always_inline void signal_if_due(const struct sock *sk, enum cut_direction direction,
					  __u32 seq)
{
	struct cut_socket *socket;
	struct cut_flow *flow;
	__u32 process;

	if (sk->__sk_common.skc_net.net->net_cookie != target_netns)
		return;
	socket = socket_lookup(bpf_get_socket_cookie((void *)sk));
	if (!socket || !socket->seen)
		return;
	flow = flow_lookup(&socket->tuple);
	if (!flow)
		return;
	process = current_process();
	flow->head.handler = process;
	CUT_NO_UNROLL
	for (int i = 0; i < CUT_MAX_DUE_SIGNALS; i++) {
		__u64 due = flow->signals[i];
		__u32 rule = (due >> 32 & 0xff) - 1;

		if (!due || due >> 40 != direction || cut_seq_before(seq, (__u32)due))
			continue;
		/* Of several threads one is enough. */
		if (__sync_val_compare_and_swap(&flow->signals[i], due, 0) == due)
			signal_current(flow, &socket->tuple, direction, rule, process);
	}
}

SEC("tp_btf/sock_send_length")
int BPF_PROG(tp_sent, struct sock *sk, int ret, int flags)
{
	const struct tcp_sock *tcp = (const void *)sk;

	if (ret > 0 && sk->sk_protocol == IPPROTO_TCP)
		signal_if_due(sk, CUT_UPSTREAM, BPF_CORE_READ(tcp, write_seq));
	return 0;
}

SEC("tp_btf/sock_recv_length")
int BPF_PROG(tp_taken, struct sock *sk, int ret, int flags)
{
	const struct tcp_sock *tcp = (const void *)sk;

	if (ret > 0 && sk->sk_protocol == IPPROTO_TCP)
		signal_if_due(sk, CUT_DOWNSTREAM, BPF_CORE_READ(tcp, copied_seq));
	return 0;
}

#endif
