/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Tells of processes of the target that ended by a signal, or with an exit code that is not 0. */
#ifndef CUT_PROG_PROCESS_DIED_H
#define CUT_PROG_PROCESS_DIED_H

#include "../maps/events.h"
#include "../maps/target_cgroups.h"

#define CUT_EXIT_SIGNAL 0x7f /* of a wait status (wait(2)); above it, the exit code */

/* In do_exit() (kernel/exit.c) of each thread: the last one is the process. */
SEC("tp_btf/sched_process_exit")
int BPF_PROG(tp_exited, struct task_struct *task)
{
	struct cut_tuple none = {0};
	struct cut_event *event;
	int status = task->exit_code;

	if (!status || BPF_CORE_READ(task, signal, live.counter) ||
	    bpf_current_task_under_cgroup(&target_cgroups, 0) != 1)
		return 0;
	event = event_reserve(CUT_EVENT_PROCESS_DIED, &none);
	if (!event)
		return 0;
	event->attr[0] = task->tgid;
	event->attr[1] = status >> 8 & 0xff;
	event->attr[2] = status & CUT_EXIT_SIGNAL;
	event_submit(event);
	return 0;
}

#endif
