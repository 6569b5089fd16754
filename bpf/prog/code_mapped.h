/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Tells the controller that one of the target's processes has got code which may be libssl's: a
 * library of that name, or, for a program that has it inside, a new executable.
 */
#ifndef CUT_PROG_CODE_MAPPED_H
#define CUT_PROG_CODE_MAPPED_H

#include "../maps/events.h"
#include "../maps/target_cgroups.h"

#define CUT_PROT_EXEC 4 /* include/uapi/asm-generic/mman-common.h */
#if defined(__TARGET_ARCH_x86)
#define CUT_NR_MMAP 9 /* arch/x86/entry/syscalls/syscall_64.tbl */
#elif defined(__TARGET_ARCH_arm64)
#define CUT_NR_MMAP 222 /* include/uapi/asm-generic/unistd.h */
#endif

static __always_inline long syscall_number(struct pt_regs *regs)
{
#if defined(__TARGET_ARCH_x86)
	return BPF_CORE_READ(regs, orig_ax);
#elif defined(__TARGET_ARCH_arm64)
	return BPF_CORE_READ(regs, syscallno);
#endif
}

static __always_inline void code_mapped(void)
{
	struct cut_tuple none = {0};
	struct cut_event *event = event_reserve(CUT_EVENT_CODE_MAPPED, &none);

	if (!event)
		return;
	event->attr[0] = bpf_get_current_pid_tgid() >> 32;
	event_submit(event);
}

/* Is it called libssl or libcrypto, whatever follows? */
static __always_inline bool file_is_ssl(__u32 descriptor)
{
	struct task_struct *task = bpf_get_current_task_btf();
	struct file **files = BPF_CORE_READ(task, files, fdt, fd), *file = NULL;
	__u8 name[10] = {0};

	if (bpf_probe_read_kernel(&file, sizeof(file), files + descriptor) || !file ||
	    bpf_probe_read_kernel_str(name, sizeof(name),
				      BPF_CORE_READ(file, f_path.dentry, d_name.name)) < 0)
		return false;
	return name[0] == 'l' && name[1] == 'i' && name[2] == 'b' &&
	       ((name[3] == 's' && name[4] == 's' && name[5] == 'l') ||
		(name[3] == 'c' && name[4] == 'r' && name[5] == 'y' && name[6] == 'p'));
}

SEC("tp_btf/sys_exit")
int BPF_PROG(tp_mapped, struct pt_regs *regs, long returned)
{
	if (syscall_number(regs) != CUT_NR_MMAP || returned < 0 ||
	    !(PT_REGS_PARM3_CORE_SYSCALL(regs) & CUT_PROT_EXEC) ||
	    (int)PT_REGS_PARM5_CORE_SYSCALL(regs) < 0 ||
	    bpf_current_task_under_cgroup(&target_cgroups, 0) != 1)
		return 0;
	if (file_is_ssl(PT_REGS_PARM5_CORE_SYSCALL(regs)))
		code_mapped();
	return 0;
}

SEC("tp_btf/sched_process_exec")
int BPF_PROG(tp_executed, struct task_struct *task, pid_t old_pid, struct linux_binprm *binary)
{
	if (bpf_current_task_under_cgroup(&target_cgroups, 0) == 1)
		code_mapped();
	return 0;
}

#endif
