/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* What the HTTP parser remembers of one connection, and the facts that it makes of it. */
#ifndef CUT_PROTO_HTTP_STATE_H
#define CUT_PROTO_HTTP_STATE_H

#include "../abi/http.h"
#include "../abi/rule.h"
#include "../core/cursor.h"
#include "../core/facts.h"

#define CUT_HTTP_BIT(id) (1u << CUT_HTTP_##id)
#define CUT_HTTP_QUESTIONS 64	     /* requests that may wait for an answer; a power of two */
#define CUT_HTTP_STREAMS 128	     /* open ones that are told apart; a power of two */
#define CUT_HTTP_MAX_SKIP (1u << 30) /* bytes at a time: sequence numbers wrap around */
#define CUT_HTTP_TLS_HANDSHAKE 0x16  /* the first byte of a TLS connection (RFC 8446, 5.1) */

/* Where the next byte stands. */
enum cut_http_field {
	CUT_HTTP_START = 0, /* between two messages */
	CUT_HTTP_METHOD,
	CUT_HTTP_TARGET,
	CUT_HTTP_VERSION, /* "HTTP/1." and a digit */
	CUT_HTTP_CODE,	  /* a status: blanks and three digits */
	CUT_HTTP_REST,	  /* of the first line */
	CUT_HTTP_NAME,	  /* of a header field, from the begin of its line on */
	CUT_HTTP_BLANK,	  /* behind a CR that begins a line: it ends the head */
	CUT_HTTP_VALUE,	  /* of a header field that matters */
	CUT_HTTP_OTHER,	  /* of one that does not */
	CUT_HTTP_BODY,	  /* `left` bytes */
	CUT_HTTP_SIZE,	  /* of a chunk */
	CUT_HTTP_EXTENSION,
	CUT_HTTP_CHUNK,	    /* `left` bytes */
	CUT_HTTP_CHUNK_END, /* the line end behind them */
	CUT_HTTP_CLOSE,	    /* in a body that ends with the connection */
	CUT_HTTP_PREFACE,   /* from here on: of HTTP/2 */
	CUT_HTTP_FRAME,
	CUT_HTTP_PAYLOAD_END, /* a frame is complete; its facts are due */
};

/* The header fields that decide how a message goes on. */
enum cut_http_header {
	CUT_HTTP_NO_HEADER = 0,
	CUT_HTTP_CONTENT_LENGTH,
	CUT_HTTP_TRANSFER_ENCODING,
	CUT_HTTP_CONTENT_TYPE,
	CUT_HTTP_CONTENT_ENCODING,
};

/* One direction. */
struct cut_http_half {
	__u64 hash;	/* FNV-1a, 64 bits, of a word in lower case; or the method's letters */
	__u64 number;	/* Content-Length or the size of a chunk, as far as it was read */
	__u64 size;	/* Content-Length */
	__u64 left;	/* bytes of the body, the chunk or the frame */
	__u32 begin;	/* sequence number of the first byte of what is reported next */
	__u32 event;	/* likewise of the server-sent event, if `says` */
	__u32 exchange; /* of the message; 0: a response that nobody asked for */
	__u32 stream;	/* HTTP/2: of the frame */
	__u32 block;	/* HTTP/2: whose header block goes on in the next frame; 0: none does */
	__u32 moments;	/* HTTP/2: of the frame, or of the header block */
	__u32 newest;	/* HTTP/2: stream that the client opened last */
	__u16 status;	/* of the response */
	__u8 field;	/* enum cut_http_field */
	__u8 have;	/* bytes of the word or the header that were read, saturating */
	__u8 header;	/* enum cut_http_header */
	__u8 method;	/* enum cut_http_method */
	__u8 started;	/* a request line has passed; HTTP/2: a frame has */
	__u8 folds;	/* a header field was there, which a line may continue */
	__u8 quiet;	/* in the parameters of a value */
	__u8 sized;	/* Content-Length was there */
	__u8 coded;	/* Transfer-Encoding was there */
	__u8 chunked;	/* and named chunked last */
	__u8 typed;	/* Content-Type was there */
	__u8 events;	/* and named text/event-stream */
	__u8 packed;	/* Content-Encoding: its events cannot be told */
	__u8 trailer;	/* the header fields are those behind the last chunk */
	__u8 says;	/* the event has a byte */
	__u8 line;	/* its line has */
	__u8 ends;	/* it ends with the byte that was read last */
	__u8 type;	/* HTTP/2: of the frame */
	__u8 flags;	/* HTTP/2: of the frame */
	__u8 body;	/* bytes in front of the chunk's, saturating */
	__u8 reserved[6];
};

struct cut_http {
	struct cut_http_half half[CUT_DIRECTIONS];
	struct cut_text target;		  /* of the newest request */
	__u8 methods[CUT_HTTP_QUESTIONS]; /* enum cut_http_method, of the newest requests */
	__u32 asked;			  /* requests; written by upstream alone */
	__u32 answered;			  /* responses; written by downstream alone */
	__u8 two;			  /* the client speaks HTTP/2 */
	__u8 tunnels;			  /* CONNECT or Upgrade was granted: HTTP ends */
	__u8 reserved[6];
	/* HTTP/2: where the begun answer of a stream is marked. A stream whose place another has
	 * taken meanwhile, 128 requests later, is told to begin its answer twice. */
	__u16 begun[CUT_HTTP_STREAMS];
};

/* The facts of what ends at `end`: every one, for they are set in place of others. */
CUT_INLINE void cut_http_report(const struct cut_http *http, enum cut_direction direction,
				__u32 moments, __u32 end, struct cut_facts *facts)
{
	const struct cut_http_half *half = &http->half[direction];

	facts->moments = moments;
	facts->begin = half->begin;
	facts->end = end;
	facts->attr[CUT_HTTP_ATTR_METHOD] = 1u << (half->method & 15);
	facts->attr[CUT_HTTP_ATTR_STATUS] = half->status;
	facts->attr[CUT_HTTP_ATTR_STREAM] = 0;
	facts->attr[CUT_HTTP_ATTR_PATH] = direction == CUT_UPSTREAM ? http->target.length : 0;
	facts->exchange = half->exchange;
	facts->flags = 0;
	facts->mismatch = 0;
	facts->forgot = 0;
	facts->body = half->body;
	facts->untold = 0;
	facts->reserved = 0;
}

/* Takes `half->left` bytes, or as many as are there. False: all of them are behind the cursor. */
CUT_INLINE bool cut_http_skips(struct cut_http_half *half, struct cut_cursor *cursor, __u32 *skip)
{
	__u32 count = half->left < CUT_HTTP_MAX_SKIP ? half->left : CUT_HTTP_MAX_SKIP;

	half->left -= count;
	/* What is reported may be longer than sequence numbers go. */
	if (half->left)
		half->begin = cursor->seq + count;
	if (count <= cut_cursor_left(cursor)) {
		cut_cursor_pass(cursor, count);
		return false;
	}
	*skip = count;
	return true;
}

#endif
