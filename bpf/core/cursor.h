/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* The one bounded way to read payload bytes. */
#ifndef CUT_CORE_CURSOR_H
#define CUT_CORE_CURSOR_H

#include "language.h"

#define CUT_CHUNK 256	 /* bytes; a power of two, so that a mask bounds every index */
#define CUT_RUN 24	 /* bytes of a string at a time: the verifier walks each */
#define CUT_WORD 8	 /* bytes that are read at once, at most */
#define CUT_REST_BYTES 6 /* of a segment's end, in which a service may say that it rests */

/* A type of its own: the verifier must know the size of what is handed to a global function. */
struct cut_bytes {
	__u8 byte[CUT_CHUNK];
	__u8 beyond[CUT_WORD]; /* so that a word may begin at any index */
};

struct cut_cursor {
	const struct cut_bytes *chunk; /* of which `filled` are valid */
	__u32 at;
	__u32 filled;
	__u32 seq; /* TCP sequence number of chunk[at] */
};

CUT_INLINE bool cut_cursor_empty(const struct cut_cursor *cursor)
{
	return cursor->at >= cursor->filled;
}

CUT_INLINE __u8 cut_byte_at(const struct cut_bytes *bytes, __u32 index)
{
	CUT_OPAQUE(index);
	return bytes->byte[index & (CUT_CHUNK - 1)];
}

/*
 * Eight bytes from `index` on, big-endian. Of those that are not valid it says anything. In one
 * load: kernels for processors that could not, do not load the program.
 */
CUT_INLINE __u64 cut_word_at(const struct cut_bytes *bytes, __u32 index)
{
	__u64 word;

	CUT_OPAQUE(index);
	CUT_LOAD(word, bytes->byte + (index & (CUT_CHUNK - 1)));
	return cut_big_endian(word);
}

/* Only where the cursor is not empty. */
CUT_INLINE __u8 cut_cursor_peek(const struct cut_cursor *cursor)
{
	return cut_byte_at(cursor->chunk, cursor->at);
}

CUT_INLINE __u32 cut_cursor_left(const struct cut_cursor *cursor)
{
	return cursor->filled - cursor->at;
}

/* Four bytes, big-endian, `ahead` of the cursor. Only where they are there. */
CUT_INLINE __u32 cut_cursor_peek32(const struct cut_cursor *cursor, __u32 ahead)
{
	return cut_word_at(cursor->chunk, cursor->at + ahead) >> 32;
}

/* Only where there are as many. */
CUT_INLINE void cut_cursor_pass(struct cut_cursor *cursor, __u32 count)
{
	cursor->at += count;
	cursor->seq += count;
}

/* Only where the cursor is not empty. */
CUT_INLINE __u8 cut_cursor_take(struct cut_cursor *cursor)
{
	__u8 byte = cut_cursor_peek(cursor);

	cursor->at++;
	cursor->seq++;
	return byte;
}

#endif
