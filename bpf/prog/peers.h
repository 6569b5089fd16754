/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Of a trace: which connections are wanted, where it was told. */
#ifndef CUT_PROG_PEERS_H
#define CUT_PROG_PEERS_H

#include "../core/workarounds.h"
#include "settings.h"

static __always_inline bool peer_is(__u32 index, const struct cut_address *address, __u16 port)
{
	const volatile struct cut_peer *peer = &peers[index];
	__u32 differs = peer->port && peer->port != port;

	for (int i = 0; i < 4; i++)
		differs |= (address->word[i] & peer->mask.word[i]) ^ peer->address.word[i];
	return !differs;
}

/* Either end is one of them. All are wanted where none was named. */
static __always_inline bool peers_want(const struct cut_tuple *tuple)
{
	if (!peers_used)
		return true;
	CUT_NO_UNROLL
	for (__u32 i = 0; i < CUT_MAX_PEERS && i < peers_used; i++) {
		if (peer_is(i, &tuple->local, tuple->local_port) ||
		    peer_is(i, &tuple->remote, tuple->remote_port))
			return true;
	}
	return false;
}

#endif
