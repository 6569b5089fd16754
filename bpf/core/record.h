/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * What a TLS record that libssl has made holds: which bytes of an application's write, by its
 * length alone, or a ClientHello. Pure.
 * Sources: RFC 8446, 4.1.2, 5.1, 5.2 and 5.4; RFC 5246, 6.2.3; RFC 5288, 3; RFC 7905, 2; RFC 6655,
 * 3.
 */
#ifndef CUT_CORE_RECORD_H
#define CUT_CORE_RECORD_H

#include "language.h"

#define CUT_TLS_HEADER 5
#define CUT_TLS_FRAGMENT 16384 /* bytes of plaintext in a record, at most */
#define CUT_TLS_KEY_UPDATE 22  /* length of a protected KeyUpdate of TLS 1.3: 5 bytes and 17 */
#define CUT_TLS_ALERT 19       /* of a protected alert of TLS 1.3: 2 bytes and 17 */
#define CUT_TLS_HELLO_START 11 /* header 5, type 1, length 3, version 2; the random is next */
#define CUT_TLS_CBC_LEAST 37   /* IV of 16, SHA-1 of 20, padding of 1 */
#define CUT_TLS_CBC_MOST 80    /* IV of 16, SHA-384 of 48, padding of 16 */

enum cut_record_kind {
	CUT_RECORD_DATA,  /* of this write */
	CUT_RECORD_OTHER, /* made on the way: a KeyUpdate */
	CUT_RECORD_UNKNOWN,
};

struct cut_record_part {
	__u32 bytes; /* of the plaintext, with CUT_RECORD_DATA */
	__u8 kind;   /* enum cut_record_kind */
};

/* What an authenticated cipher adds: TLS 1.3 17 or 9 (CCM_8), TLS 1.2 24 or 16 (ChaCha20, CCM_8).
 */
CUT_INLINE bool cut_record_is_aead(__u32 added)
{
	return added == 17 || added == 24 || added == 16 || added == 9;
}

/*
 * Whether a record of type application_data is made by a function that is seen: alerts, and answers
 * to a KeyUpdate, may be made by others.
 */
CUT_INLINE bool cut_record_counts(__u32 length)
{
	return length != CUT_TLS_ALERT && length != CUT_TLS_KEY_UPDATE;
}

/*
 * A client's Finished of TLS 1.3: 4 bytes, a hash of 32 or 48, and 17. It ends what it sends of its
 * handshake (RFC 8446, 4.4.4); a Certificate in front of it is longer, or 25 if empty.
 */
CUT_INLINE bool cut_record_is_finished(__u32 length)
{
	return length == 53 || length == 69;
}

/*
 * Whether a record of type handshake, whose first bytes these are, begins with a ClientHello in
 * clear: its header, type, length and version. An encrypted Finished of TLS 1.2 has that type too,
 * and an explicit nonce in front, which may begin with any byte.
 */
CUT_INLINE bool cut_record_is_hello(const __u8 bytes[CUT_TLS_HELLO_START])
{
	__u32 record = (__u32)bytes[3] << 8 | bytes[4];
	__u32 message = (__u32)bytes[7] << 8 | bytes[8];

	return bytes[1] == 3 && bytes[5] == 1 && !bytes[6] && record <= message + 4 &&
	       bytes[9] == 3 && bytes[10] <= 3;
}

/*
 * The record of `length` bytes, made while `left` bytes of a write had not been in one yet.
 * `rekeyed`: the peer may have asked for a KeyUpdate, which may look like a short one of data.
 */
CUT_INLINE struct cut_record_part cut_record_holds(__u32 left, __u32 length, bool rekeyed)
{
	struct cut_record_part part = {.bytes = left < CUT_TLS_FRAGMENT ? left : CUT_TLS_FRAGMENT,
				       .kind = CUT_RECORD_UNKNOWN};
	__u32 added = length - part.bytes;

	if (part.bytes && length > part.bytes &&
	    (cut_record_is_aead(added) ||
	     (!(length & 15) && added >= CUT_TLS_CBC_LEAST && added <= CUT_TLS_CBC_MOST)))
		part.kind = rekeyed && length == CUT_TLS_KEY_UPDATE ? CUT_RECORD_UNKNOWN
								    : CUT_RECORD_DATA;
	else if (length == CUT_TLS_KEY_UPDATE)
		part.kind = CUT_RECORD_OTHER;
	return part;
}

#endif
