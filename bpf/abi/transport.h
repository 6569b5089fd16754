/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Moments of every flow, whatever it says: they need no parser, so they come on encrypted and on
 * desynchronised flows as well. Their bits are the highest of a service's moments.
 * Source: RFC 9293, 3.5 (handshake) and 3.6 (close).
 */
#ifndef CUT_ABI_TRANSPORT_H
#define CUT_ABI_TRANSPORT_H

#include "types.h"
#include "vocabulary.h"

#define CUT_TRANSPORT_FIRST 56 /* bit number; a protocol's own moments are below it */

/*
 * X(identifier, "name", direction, bytes, "description"); bytes: it has some of the payload. Two of
 * one name are told apart by `direction:`.
 */
#define CUT_TRANSPORT_MOMENTS(X)                                                                   \
	X(CONNECT, "connect", CUT_UPSTREAM, 0, "the target's SYN")                                 \
	X(ACCEPT, "accept", CUT_DOWNSTREAM, 0,                                                     \
	  "the service's SYN, which acknowledges the target's")                                    \
	X(FIRST_BYTE_UP, "first_byte", CUT_UPSTREAM, 1,                                            \
	  "the first byte of payload in a direction")                                              \
	X(FIRST_BYTE_DOWN, "first_byte", CUT_DOWNSTREAM, 1, "likewise")                            \
	X(BYTES_UP, "bytes", CUT_UPSTREAM, 1, "byte number N of a direction, counted from 1")      \
	X(BYTES_DOWN, "bytes", CUT_DOWNSTREAM, 1, "likewise")                                      \
	X(CLOSE_UP, "close", CUT_UPSTREAM, 0, "the FIN of a direction")                            \
	X(CLOSE_DOWN, "close", CUT_DOWNSTREAM, 0, "likewise")

enum cut_transport_moment {
	CUT_TRANSPORT_BEFORE_FIRST = CUT_TRANSPORT_FIRST - 1,
#define X(id, name, direction, bytes, description) CUT_TRANSPORT_##id,
	CUT_TRANSPORT_MOMENTS(X)
#undef X
		CUT_TRANSPORT_END
};

#define CUT_MAX_BYTE_NUMBER (1u << 30) /* of `bytes:N`: below where sequence numbers repeat */

CUT_STATIC_ASSERT(CUT_TRANSPORT_END <= 64, "moments are a 64-bit set");

#endif
