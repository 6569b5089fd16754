/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Load-time constants, written by the controller between open and load. */
#ifndef CUT_PROG_SETTINGS_H
#define CUT_PROG_SETTINGS_H

#include "../abi/capture.h"
#include "../abi/endpoint.h"
#include "../abi/peer.h"

#define CUT_ETHERNET_HEADER 14 /* bytes; loopback has one too */

const volatile __u64 target_netns; /* cookie of the target's network namespace */
const volatile __u32 own_mark;	   /* skb mark of segments that cutpoint itself sends */
const volatile __u32 held_mark;	   /* skb mark of segments that were held and go on */
const volatile __u32 holder;	   /* interface of the TUN that takes them; 0: there is none */
const volatile __u64 jiffy_ns;	   /* the kernel's tick, the unit of its TCP timers */
const volatile __u32 clsact;	   /* 1: hooks are filters of clsact qdiscs; 0: tcx links */
const volatile __u32 loopback;	   /* its interface; 0: there is none */
const volatile __u32 segmenter;	   /* interface that splits large segments; 0: there is none */
/*
 * Set of enum cut_protocol that services speak, by default all. The verifier looks at no parser
 * that cannot be called (kernel 6.8, commit 2afae08c9dcb): that is a good part of the time to
 * start.
 */
const volatile __u32 spoken = ~0U;
const volatile __u32 plaintext = 1; /* 1: uprobes read what TLS connections say */
const volatile __u32 capturing = CUT_CAPTURES_HEADERS; /* enum cut_capturing */
const volatile __u32 own_pid_namespace; /* the controller's, by the inode of its file */
/*
 * 1: a trace. Nothing is altered, and the verifier removes what could: no rule is met, every
 * segment passes as it is. And the processes that connect are named.
 */
const volatile __u32 only_looks;
const volatile __u32 only_process; /* of a trace: whose connections alone count; 0: anybody's */
/* Of a trace, 1: what is accepted here counts, too, where the end that connects is not looked at.
 */
const volatile __u32 accepts;
/* 1: messages are counted by moment; 0, of a trace alone: it does not tell how many there were. */
const volatile __u32 counting = 1;
const volatile __u32 peers_used; /* of a trace: valid ones of `peers`; 0: all are wanted */
const volatile struct cut_peer peers[CUT_MAX_PEERS];
const volatile __u32 spared_set;	/* 1: `spared` is valid */
const volatile struct cut_tuple spared; /* the ssh session that cutpoint was started from */

#endif
