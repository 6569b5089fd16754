/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Of which connections a trace is asked for: by the address and port of one of their ends. */
#ifndef CUT_ABI_PEER_H
#define CUT_ABI_PEER_H

#include "endpoint.h"

#define CUT_MAX_PEERS 16

struct cut_peer {
	struct cut_address address; /* within the mask; elsewhere 0 */
	struct cut_address mask;    /* all 0: any address */
	__u16 port;		    /* host byte order; 0: any */
	__u16 reserved;
};

CUT_ASSERT_SIZE(cut_peer, 36);

#endif
