/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * sockets: socket cookie -> which service it connects to, and its tuple on the wire.
 * Written by sockops_enrol before the SYN, or, of a trace, once it was accepted; or by iter_join.
 * The tuple is added by prog/admit.h, which sees it after NAT. Removed by sockops_enrol or
 * tp_set_state when the socket closes.
 */
#ifndef CUT_MAPS_SOCKETS_H
#define CUT_MAPS_SOCKETS_H

#include "../abi/control.h"
#include "../abi/flow.h"
#include "../abi/owner.h"

struct cut_socket {
	struct cut_tuple tuple; /* valid if `seen` */
	__u8 service;
	__u8 seen;
	__u8 joined;	   /* 1: it was open before the programs were attached */
	__u8 synchronised; /* of a joined one; 1: the fields below are valid */
	__u32 sent;	   /* sequence numbers between two messages */
	__u32 received;
	__u32 peer;    /* cut_join_wish.peer; 0: not known */
	__u8 word;     /* cut_join_wish.word */
	__u8 named;    /* of one that is undecided: set of the services it may be of */
	__u8 accepted; /* of a trace, 1: it is the service's; the tuple is the client's all the same
			*/
	__u8 reserved;
	/* Of a trace: who connected it, or who serves what was accepted; no name: not known yet. */
	struct cut_owner owner;
};

struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, CUT_MAX_FLOWS);
	__type(key, __u64);
	__type(value, struct cut_socket);
} sockets SEC(".maps");

/* A service's index, and the set of those that a name will tell, of the map's value. */
static __always_inline void socket_place(struct cut_socket *socket, __u32 place)
{
	socket->service = place;
	socket->named = place >> CUT_SERVICE_NAMED_SHIFT;
}

static __always_inline struct cut_socket *socket_lookup(__u64 cookie)
{
	return bpf_map_lookup_elem(&sockets, &cookie);
}

#endif
