/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Handshake messages in clear, field by field: ClientHello and ServerHello are read, others passed
 * over (RFC 8446, 4; RFC 5246, 7.4). Which record a byte is in does not matter here.
 */
#ifndef CUT_PROTO_TLS_HELLO_H
#define CUT_PROTO_TLS_HELLO_H

#include "tls_state.h"

#define CUT_TLS_HASH_SEED 0xcbf29ce484222325ULL
#define CUT_TLS_HASH_PRIME 0x100000001b3ULL
/* FNV-1a of the random by which a ServerHello is a HelloRetryRequest (RFC 8446, 4.1.3). */
#define CUT_TLS_RETRY_HASH 0x48d8d1bfd636693bULL

enum cut_tls_message { /* RFC 8446, 4; RFC 5246, 7.4 */
		       CUT_TLS_HELLO_REQUEST = 0,
		       CUT_TLS_CLIENT_HELLO_MESSAGE = 1,
		       CUT_TLS_SERVER_HELLO_MESSAGE = 2,
};

enum cut_tls_extension { /* RFC 6066, 3; RFC 8446, 4.2 */
			 CUT_TLS_SERVER_NAME = 0,
			 CUT_TLS_SUPPORTED_VERSIONS = 43,
};

/* One step of FNV-1a (draft-eastlake-fnv, 2). */
CUT_INLINE __u64 cut_tls_hash(__u64 hash, __u8 byte)
{
	return (hash ^ byte) * CUT_TLS_HASH_PRIME;
}

CUT_INLINE __u8 cut_tls_lower(__u8 byte)
{
	return byte >= 'A' && byte <= 'Z' ? byte + 32 : byte;
}

/* A value that says nothing: to find out who chokes on what is new (RFC 8701, 2). */
CUT_INLINE bool cut_tls_is_grease(__u32 version)
{
	return (version & 0x0f0f) == 0x0a0a && version >> 8 == (version & 0xff);
}

/* The next field; false: the message has not so many bytes. */
CUT_INLINE bool cut_tls_enter(struct cut_tls_half *half, enum cut_tls_field field, __u32 length)
{
	half->field = field;
	half->field_left = length;
	half->number = 0;
	half->hash = CUT_TLS_HASH_SEED;
	return length <= half->message_left;
}

/* The same inside an extension. */
CUT_INLINE bool cut_tls_enter_within(struct cut_tls_half *half, enum cut_tls_field field,
				     __u32 length)
{
	if (length > half->extension_left)
		return false;
	half->extension_left -= length;
	return cut_tls_enter(half, field, length);
}

/* What an extension has behind the fields that are read. */
CUT_INLINE bool cut_tls_pass_extension(struct cut_tls_half *half)
{
	return cut_tls_enter_within(half, CUT_TLS_EXTENSION_REST, half->extension_left);
}

CUT_INLINE bool cut_tls_begin_message(struct cut_tls *tls, struct cut_tls_half *half,
				      enum cut_direction direction)
{
	half->message = half->number >> 24;
	half->message_left = half->number & 0xffffff;
	half->version = 0;
	half->retry = 0;
	/* Each side begins with its hello; a HelloRequest stands for itself (RFC 5246, 7.4.1.1). */
	if (direction == CUT_UPSTREAM && half->message == CUT_TLS_CLIENT_HELLO_MESSAGE) {
		__builtin_memset(&tls->name, 0, sizeof(tls->name));
		return cut_tls_enter(half, CUT_TLS_VERSION, 2);
	}
	if (direction == CUT_DOWNSTREAM && half->message == CUT_TLS_SERVER_HELLO_MESSAGE)
		return cut_tls_enter(half, CUT_TLS_VERSION, 2);
	if (!half->greeted && (direction == CUT_UPSTREAM || half->message != CUT_TLS_HELLO_REQUEST))
		return false;
	return cut_tls_enter(half, CUT_TLS_REST, half->message_left);
}

CUT_INLINE bool cut_tls_begin_extension(struct cut_tls_half *half, enum cut_direction direction)
{
	__u32 type = half->number >> 16;

	half->extension_left = half->number & 0xffff;
	if (half->extension_left > half->message_left)
		return false;
	if (type == CUT_TLS_SUPPORTED_VERSIONS && direction == CUT_UPSTREAM)
		return cut_tls_enter_within(half, CUT_TLS_OFFERS_LENGTH, 1);
	if (type == CUT_TLS_SUPPORTED_VERSIONS)
		return cut_tls_enter_within(half, CUT_TLS_SELECTED, 2);
	if (type == CUT_TLS_SERVER_NAME && direction == CUT_UPSTREAM)
		return cut_tls_enter_within(half, CUT_TLS_NAME_HEADER, 5);
	return cut_tls_pass_extension(half);
}

/* The next version that a ClientHello offers, if there is one. */
CUT_INLINE bool cut_tls_next_offer(struct cut_tls_half *half)
{
	if (half->offers < 2)
		return cut_tls_pass_extension(half);
	half->offers -= 2;
	return cut_tls_enter_within(half, CUT_TLS_OFFER, 2);
}

/* The field is complete, and the message is not. False: no such message. */
CUT_INLINE bool cut_tls_next_field(struct cut_tls *tls, struct cut_tls_half *half,
				   enum cut_direction direction)
{
	bool up = direction == CUT_UPSTREAM;
	__u32 number = half->number;

	switch ((enum cut_tls_field)half->field) {
	case CUT_TLS_VERSION:
		half->version = number;
		return cut_tls_enter(half, CUT_TLS_RANDOM_BYTES, CUT_TLS_RANDOM);
	case CUT_TLS_RANDOM_BYTES:
		half->retry = half->hash == CUT_TLS_RETRY_HASH;
		return cut_tls_enter(half, CUT_TLS_SESSION_LENGTH, 1);
	case CUT_TLS_SESSION_LENGTH:
		return cut_tls_enter(half, CUT_TLS_SESSION, number);
	case CUT_TLS_SESSION:
		/* The server has chosen one of each list. */
		return up ? cut_tls_enter(half, CUT_TLS_CIPHERS_LENGTH, 2)
			  : cut_tls_enter(half, CUT_TLS_COMPRESSIONS, 3);
	case CUT_TLS_CIPHERS_LENGTH:
		return cut_tls_enter(half, CUT_TLS_CIPHERS, number);
	case CUT_TLS_CIPHERS:
		return cut_tls_enter(half, CUT_TLS_COMPRESSIONS_LENGTH, 1);
	case CUT_TLS_COMPRESSIONS_LENGTH:
		return cut_tls_enter(half, CUT_TLS_COMPRESSIONS, number);
	case CUT_TLS_COMPRESSIONS:
		return cut_tls_enter(half, CUT_TLS_EXTENSIONS_LENGTH, 2);
	case CUT_TLS_EXTENSIONS_LENGTH:
		/* They are the last of the message. */
		return number == half->message_left &&
		       cut_tls_enter(half, CUT_TLS_EXTENSION_HEADER, 4);
	case CUT_TLS_EXTENSION_HEADER:
		return cut_tls_begin_extension(half, direction);
	case CUT_TLS_NAME_HEADER:
		/* Type 0 is a host name; there is no other. */
		if (number >> 16 & 0xff)
			return cut_tls_pass_extension(half);
		return cut_tls_enter_within(half, CUT_TLS_NAME_BYTES, number & 0xffff);
	case CUT_TLS_NAME_BYTES:
		tls->name.hash = half->hash;
		return cut_tls_pass_extension(half);
	case CUT_TLS_OFFERS_LENGTH:
		half->version = 0;
		half->offers = number;
		return cut_tls_next_offer(half);
	case CUT_TLS_OFFER:
		if (number > half->version && !cut_tls_is_grease(number))
			half->version = number;
		return cut_tls_next_offer(half);
	case CUT_TLS_SELECTED:
		half->version = number;
		return cut_tls_pass_extension(half);
	case CUT_TLS_EXTENSION_REST:
		return cut_tls_enter(half, CUT_TLS_EXTENSION_HEADER, 4);
	case CUT_TLS_BETWEEN:
	case CUT_TLS_MESSAGE_HEADER:
	case CUT_TLS_REST:
		break;
	}
	return false;
}

CUT_INLINE void cut_tls_keep_name(struct cut_text *text, __u8 byte)
{
	__u32 at = text->length;

	CUT_OPAQUE(at);
	if (at < CUT_TEXT_BYTES)
		text->byte[at & CUT_TEXT_BYTES] = byte;
	if (at < 255)
		text->length = at + 1;
}

CUT_INLINE void cut_tls_keep_random(struct cut_tls *tls, __u32 left, __u8 byte)
{
	__u32 at = CUT_TLS_RANDOM - left;

	CUT_OPAQUE(at);
	tls->random.byte[at & (CUT_TLS_RANDOM - 1)] = byte;
}

/* Bytes of a field that is read. Those of all kinds go through one loop: the verifier walks it. */
CUT_INLINE void cut_tls_take_field(struct cut_tls *tls, struct cut_tls_half *half,
				   enum cut_direction direction, struct cut_cursor *cursor)
{
	bool up = direction == CUT_UPSTREAM;
	bool is_name = up && half->field == CUT_TLS_NAME_BYTES;
	bool is_random = up && half->field == CUT_TLS_RANDOM_BYTES;

	CUT_NO_UNROLL
	for (int i = 0; i < CUT_RUN && half->field_left && half->left && !cut_cursor_empty(cursor);
	     i++) {
		__u8 byte = cut_cursor_take(cursor);

		if (is_name)
			byte = cut_tls_lower(byte);
		if (is_name)
			cut_tls_keep_name(&tls->name.text, byte);
		if (is_random)
			cut_tls_keep_random(tls, half->field_left, byte);
		half->number = half->number << 8 | byte;
		half->hash = cut_tls_hash(half->hash, byte);
		half->field_left--;
		half->message_left--;
		half->left--;
	}
}

/* Is nothing of the field of interest? */
CUT_INLINE bool cut_tls_field_is_mute(enum cut_tls_field field)
{
	return field == CUT_TLS_SESSION || field == CUT_TLS_CIPHERS ||
	       field == CUT_TLS_COMPRESSIONS || field == CUT_TLS_EXTENSION_REST ||
	       field == CUT_TLS_REST;
}

#endif
