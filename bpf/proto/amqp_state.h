/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* What the AMQP parser remembers of one connection, and the facts that it makes of it. */
#ifndef CUT_PROTO_AMQP_STATE_H
#define CUT_PROTO_AMQP_STATE_H

#include "../abi/amqp.h"
#include "../abi/hash.h"
#include "../abi/rule.h"
#include "../core/cursor.h"
#include "../core/facts.h"

#define CUT_AMQP_BIT(id) (1u << CUT_AMQP_##id)
#define CUT_AMQP_CONTENTS                                                                          \
	4 /* messages of one direction whose frames others interrupt; power of two */
#define CUT_AMQP_NO_CONTENT CUT_AMQP_CONTENTS
#define CUT_AMQP_FRAME_HEADER 7		  /* type, channel, size (AMQP 0-9-1, 2.3.5) */
#define CUT_AMQP_FRAME_END 0xce		  /* behind the payload */
#define CUT_AMQP_FIRST_FRAME_MAX 131072	  /* until one is agreed on: RabbitMQ's default */
#define CUT_AMQP_LARGEST_FRAME (1u << 30) /* where there is no limit: sequence numbers wrap */
#define CUT_AMQP_LARGEST_BODY (1u << 30)  /* likewise; RabbitMQ takes half of it at most */
#define CUT_AMQP_TLS_HANDSHAKE 0x16	  /* the first byte of a TLS connection (RFC 8446, 5.1) */
#define CUT_AMQP_PROTOCOL_BYTES 8	  /* "AMQP" 0 0 9 1 */

/* Where the next byte stands. */
enum cut_amqp_field {
	CUT_AMQP_START = 0, /* in the protocol header; of the broker: in front of its first frame */
	CUT_AMQP_FRAME,	    /* in a frame's header */
	CUT_AMQP_NUMBER,    /* of `item`, or its length */
	CUT_AMQP_BYTES,	    /* of `item`: `left` of them */
	CUT_AMQP_END,	    /* behind a payload */
	CUT_AMQP_TOLD,	    /* the last body frame was told; its message is due */
};

enum cut_amqp_frame {
	CUT_AMQP_METHOD_FRAME = 1,
	CUT_AMQP_HEADER_FRAME = 2,
	CUT_AMQP_BODY_FRAME = 3,
	CUT_AMQP_HEARTBEAT_FRAME = 8,
};

/* Of what a payload consists. Those that an order of four bits each may name come first. */
enum cut_amqp_item {
	CUT_AMQP_NOTHING = 0, /* the rest of the payload is of no interest */
	CUT_AMQP_EXCHANGE,    /* short strings: a length in one byte, and the bytes */
	CUT_AMQP_ROUTING_KEY,
	CUT_AMQP_CORRELATION_ID,
	CUT_AMQP_MESSAGE_ID,
	CUT_AMQP_STRING, /* of no interest */
	CUT_AMQP_TABLE,	 /* likewise; its length has four bytes */
	CUT_AMQP_RESERVED,
	CUT_AMQP_TAG,
	CUT_AMQP_REDELIVERED,
	CUT_AMQP_BITS,
	CUT_AMQP_CODE,
	CUT_AMQP_TUNE, /* channel-max and frame-max */
	CUT_AMQP_SIZE,
	CUT_AMQP_PROPERTIES, /* which there are */
	CUT_AMQP_OCTET,
	CUT_AMQP_METHOD, /* class and method */
	CUT_AMQP_CLASS,	 /* and weight */
};

/* Four items of a payload in their order, the first one in the lowest bits. */
#define CUT_AMQP_ORDER(a, b, c, d)                                                                 \
	(CUT_AMQP_##a | CUT_AMQP_##b << 4 | CUT_AMQP_##c << 8 | CUT_AMQP_##d << 12)

enum cut_amqp_phase {
	CUT_AMQP_FREE = 0,
	CUT_AMQP_AWAITS_HEADER,
	CUT_AMQP_IN_BODY,
};

/* A message whose method was read: others may come between its frames, on other channels. */
struct cut_amqp_content {
	__u64 left;    /* bytes of its body */
	__u32 begin;   /* sequence number of its first byte */
	__u32 body_at; /* likewise of its body */
	__u32 moments;
	__u32 tag;
	__u32 message_id; /* its hash; 0: none */
	__u32 flags;	  /* set of enum cut_amqp_flag */
	__u16 channel;
	__u16 code;
	__u8 phase; /* enum cut_amqp_phase */
	__u8 redelivered;
	__u8 started; /* a part of its body was there */
	__u8 reserved;
	struct cut_text exchange;
	struct cut_text routing_key;
};

/* One direction. */
struct cut_amqp_half {
	__u64 number;	/* as far as it was read */
	__u64 order;	/* items to come, four bits each */
	__u32 begin;	/* sequence number of the frame's first byte */
	__u32 rest;	/* bytes of its payload that were not read */
	__u32 left;	/* bytes of the item */
	__u32 hash;	/* of the text that is being read */
	__u32 told;	/* where the body frame ended that was told last */
	__u32 moments;	/* of the method */
	__u32 tag;	/* its arguments, as far as it has them */
	__u32 flags;	/* likewise */
	__u16 channel;	/* of the frame */
	__u16 code;	/* argument */
	__u16 bits;	/* what its first bit means, and above that its second one */
	__u8 field;	/* enum cut_amqp_field */
	__u8 item;	/* enum cut_amqp_item */
	__u8 need;	/* bytes of the number that are missing */
	__u8 type;	/* of the frame */
	__u8 content;	/* the method has one */
	__u8 slot;	/* of the frame's message; CUT_AMQP_NO_CONTENT: none */
	__u8 current;	/* likewise of what was told last */
	__u8 untracked; /* there was no room for a message: its frames are passed over */
	__u8 redelivered;
	__u8 reserved;
	struct cut_amqp_content contents[CUT_AMQP_CONTENTS];
};

struct cut_amqp {
	struct cut_amqp_half half[CUT_DIRECTIONS];
	__u32 frame_max; /* agreed on, by connection.tune-ok; 0: not yet */
	__u32 reserved;
};

/* The facts of what ends at `end`: every one, for they are set in place of others. */
CUT_INLINE void cut_amqp_report(struct cut_amqp_half *half, __u32 moments, __u32 end,
				struct cut_facts *facts)
{
	facts->moments = moments;
	facts->begin = half->begin;
	facts->end = end;
	facts->attr[CUT_AMQP_ATTR_CHANNEL] = half->channel;
	facts->attr[CUT_AMQP_ATTR_EXCHANGE] = 0;
	facts->attr[CUT_AMQP_ATTR_ROUTING_KEY] = 0;
	facts->attr[CUT_AMQP_ATTR_REDELIVERED] = 0;
	facts->attr[CUT_AMQP_ATTR_DELIVERY_TAG] = half->tag;
	facts->attr[CUT_AMQP_ATTR_MESSAGE_ID] = 0;
	facts->attr[CUT_AMQP_ATTR_CODE] = half->code;
	facts->attr[CUT_AMQP_ATTR_FLAG] = half->flags;
	facts->exchange = 0;
	facts->flags = 0;
	facts->mismatch = 0;
	facts->forgot = 0;
	facts->body = CUT_AMQP_FRAME_HEADER;
	facts->untold = 0;
	facts->reserved = 0;
	half->current = CUT_AMQP_NO_CONTENT;
}

/* Likewise of a message, or of a frame of its body. */
CUT_INLINE void cut_amqp_report_content(struct cut_amqp_half *half, __u32 moments, __u32 begin,
					__u32 end, struct cut_facts *facts)
{
	const struct cut_amqp_content *content =
		&half->contents[half->slot & (CUT_AMQP_CONTENTS - 1)];

	cut_amqp_report(half, moments, end, facts);
	facts->begin = begin;
	facts->attr[CUT_AMQP_ATTR_CHANNEL] = content->channel;
	facts->attr[CUT_AMQP_ATTR_EXCHANGE] = content->exchange.length;
	facts->attr[CUT_AMQP_ATTR_ROUTING_KEY] = content->routing_key.length;
	facts->attr[CUT_AMQP_ATTR_REDELIVERED] = content->redelivered;
	facts->attr[CUT_AMQP_ATTR_DELIVERY_TAG] = content->tag;
	facts->attr[CUT_AMQP_ATTR_MESSAGE_ID] = content->message_id;
	facts->attr[CUT_AMQP_ATTR_CODE] = content->code;
	facts->attr[CUT_AMQP_ATTR_FLAG] = content->flags;
	half->current = half->slot;
}

#endif
