/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Words of a head: methods, names of header fields and what stands in them; in runs. */
#ifndef CUT_PROTO_HTTP_WORDS_H
#define CUT_PROTO_HTTP_WORDS_H

#include "http_state.h"

#define CUT_HTTP_SEED 14695981039346656037ULL /* FNV-1a, 64 bits */
/* Hashes of words in lower case; tests/proto compares them with the words. */
#define CUT_HTTP_HASH_CONTENT_LENGTH 0x2d69a1e6ee916e7dULL
#define CUT_HTTP_HASH_TRANSFER_ENCODING 0x8640bd735e9d802cULL
#define CUT_HTTP_HASH_CONTENT_TYPE 0x0f4dd5cf6a7a0235ULL
#define CUT_HTTP_HASH_CONTENT_ENCODING 0x8baea7ccb2afa2c8ULL
#define CUT_HTTP_HASH_CHUNKED 0xe64e4a5f7769edf3ULL
#define CUT_HTTP_HASH_EVENT_STREAM 0x66e22b900351904cULL
#define CUT_HTTP_HASH_IDENTITY 0xe90f184c6aa3ffbbULL

#define CUT_HTTP_LETTERS(a, b, c, d, e, f, g)                                                      \
	((__u64)(a) << 48 | (__u64)(b) << 40 | (__u64)(c) << 32 | (__u64)(d) << 24 | (e) << 16 |   \
	 (f) << 8 | (g))

CUT_INLINE __u64 cut_http_hash(__u64 hash, __u8 byte)
{
	if (byte >= 'A' && byte <= 'Z')
		byte += 'a' - 'A';
	return (hash ^ byte) * 1099511628211ULL;
}

/* Of the letters of a whole method, eight at most (RFC 9110, 9.3; RFC 5789). */
CUT_INLINE enum cut_http_method cut_http_method_of(__u64 letters)
{
	switch (letters) {
	case CUT_HTTP_LETTERS(0, 0, 0, 0, 'G', 'E', 'T'):
		return CUT_METHOD_GET;
	case CUT_HTTP_LETTERS(0, 0, 0, 'H', 'E', 'A', 'D'):
		return CUT_METHOD_HEAD;
	case CUT_HTTP_LETTERS(0, 0, 0, 'P', 'O', 'S', 'T'):
		return CUT_METHOD_POST;
	case CUT_HTTP_LETTERS(0, 0, 0, 0, 'P', 'U', 'T'):
		return CUT_METHOD_PUT;
	case CUT_HTTP_LETTERS(0, 'D', 'E', 'L', 'E', 'T', 'E'):
		return CUT_METHOD_DELETE;
	case CUT_HTTP_LETTERS(0, 0, 'P', 'A', 'T', 'C', 'H'):
		return CUT_METHOD_PATCH;
	case CUT_HTTP_LETTERS('O', 'P', 'T', 'I', 'O', 'N', 'S'):
		return CUT_METHOD_OPTIONS;
	case CUT_HTTP_LETTERS('C', 'O', 'N', 'N', 'E', 'C', 'T'):
		return CUT_METHOD_CONNECT;
	case CUT_HTTP_LETTERS(0, 0, 'T', 'R', 'A', 'C', 'E'):
		return CUT_METHOD_TRACE;
	}
	return CUT_METHOD_OTHER;
}

/* Of the hash of a field's name. */
CUT_INLINE enum cut_http_header cut_http_header_of(__u64 hash)
{
	switch (hash) {
	case CUT_HTTP_HASH_CONTENT_LENGTH:
		return CUT_HTTP_CONTENT_LENGTH;
	case CUT_HTTP_HASH_TRANSFER_ENCODING:
		return CUT_HTTP_TRANSFER_ENCODING;
	case CUT_HTTP_HASH_CONTENT_TYPE:
		return CUT_HTTP_CONTENT_TYPE;
	case CUT_HTTP_HASH_CONTENT_ENCODING:
		return CUT_HTTP_CONTENT_ENCODING;
	}
	return CUT_HTTP_NO_HEADER;
}

/* Feeds `bytes` from index `at` on to the name, `limit` at most. Returns how many it took. */
CUT_GLOBAL int cut_http_feed_name(struct cut_http_half *half, const struct cut_bytes *bytes,
				  __u32 at, __u32 limit)
{
	__u32 taken = 0;
	__u64 hash;

	if (!half || !bytes)
		return 0;
	hash = half->hash;
	CUT_NO_UNROLL
	for (; taken < CUT_RUN && taken < limit; taken++) {
		__u8 byte = cut_byte_at(bytes, at + taken);

		if (byte <= ' ' || byte == ':' || byte >= 0x7f)
			break;
		hash = cut_http_hash(hash, byte);
	}
	half->hash = hash;
	if (taken)
		half->have = 1;
	return taken;
}

/* Likewise to the request target, which ends at a blank. */
CUT_GLOBAL int cut_http_feed_target(struct cut_text *target, const struct cut_bytes *bytes,
				    __u32 at, __u32 limit)
{
	__u32 taken = 0;

	if (!target || !bytes)
		return 0;
	CUT_NO_UNROLL
	for (; taken < CUT_RUN && taken < limit; taken++) {
		__u8 byte = cut_byte_at(bytes, at + taken);
		__u32 length = target->length;

		if (byte <= ' ' || byte == 0x7f)
			break;
		CUT_OPAQUE(length);
		if (length < CUT_TEXT_BYTES)
			target->byte[length] = byte;
		if (length < 255)
			target->length = length + 1;
	}
	return taken;
}

/* How many of them, from index `at` on, are not the end of a line. */
CUT_GLOBAL int cut_http_pass_line(const struct cut_bytes *bytes, __u32 at, __u32 limit)
{
	__u32 passed = 0;

	if (!bytes)
		return 0;
	CUT_NO_UNROLL
	while (passed < CUT_RUN && passed < limit && cut_byte_at(bytes, at + passed) != '\n')
		passed++;
	return passed;
}

/*
 * Likewise of a stream of server-sent events, up to the end of one: `half->ends`. That is a blank
 * line behind others (WHATWG HTML, 9.2.6); one of comments is an event here, too. A line ends with
 * LF or CR LF; a lone CR, which the standard allows as well, is no line end here.
 */
CUT_GLOBAL int cut_http_feed_event(struct cut_http_half *half, const struct cut_bytes *bytes,
				   __u32 at, __u32 limit, __u32 seq)
{
	__u32 taken = 0;

	if (!half || !bytes)
		return 0;
	half->ends = 0;
	CUT_NO_UNROLL
	while (taken < CUT_RUN && taken < limit && !half->ends) {
		__u8 byte = cut_byte_at(bytes, at + taken);

		if (byte == '\n') {
			half->ends = half->says && !half->line;
			half->line = 0;
		} else if (byte != '\r') {
			if (!half->says)
				half->event = seq + taken;
			half->says = 1;
			half->line = 1;
		}
		taken++;
	}
	return taken;
}

/* A word of a header field's value has ended. False: it makes the message one that is not valid. */
CUT_INLINE bool cut_http_end_word(struct cut_http_half *half)
{
	__u64 hash = half->hash;

	if (!half->have)
		return true;
	half->have = 0;
	half->hash = CUT_HTTP_SEED;
	switch ((enum cut_http_header)half->header) {
	case CUT_HTTP_CONTENT_LENGTH:
		/* Twice the same is allowed (RFC 9112, 6.3). */
		if (half->sized && half->size != half->number)
			return false;
		half->sized = 1;
		half->size = half->number;
		half->number = 0;
		break;
	case CUT_HTTP_TRANSFER_ENCODING:
		half->coded = 1;
		half->chunked = hash == CUT_HTTP_HASH_CHUNKED;
		break;
	case CUT_HTTP_CONTENT_TYPE:
		if (!half->typed)
			half->events = hash == CUT_HTTP_HASH_EVENT_STREAM;
		half->typed = 1;
		break;
	case CUT_HTTP_CONTENT_ENCODING:
		if (hash != CUT_HTTP_HASH_IDENTITY)
			half->packed = 1;
		break;
	case CUT_HTTP_NO_HEADER:
		break;
	}
	return true;
}

/* One byte of such a value, but for its line end. False: likewise. */
CUT_INLINE bool cut_http_value_byte(struct cut_http_half *half, __u8 byte)
{
	if (byte == ' ' || byte == '\t' || byte == '\r')
		return cut_http_end_word(half);
	if (byte == ',' || byte == ';') {
		half->quiet = byte == ';';
		return cut_http_end_word(half);
	}
	if (half->quiet)
		return true;
	half->have = 1;
	if (half->header != CUT_HTTP_CONTENT_LENGTH) {
		half->hash = cut_http_hash(half->hash, byte);
		return true;
	}
	if (byte < '0' || byte > '9' || half->number >> 56)
		return false;
	half->number = half->number * 10 + (byte - '0');
	return true;
}

#endif
