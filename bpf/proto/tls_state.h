/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* What the TLS parser remembers of one connection. All zero at its first byte. */
#ifndef CUT_PROTO_TLS_STATE_H
#define CUT_PROTO_TLS_STATE_H

#include "../abi/rule.h"
#include "../abi/tls.h"
#include "../core/cursor.h"
#include "../core/facts.h"

#define CUT_TLS_1_3 0x0304
#define CUT_TLS_HEADER_BYTES 5	      /* RFC 8446, 5.1: type, version, length */
#define CUT_TLS_MAX_PLAIN 16384	      /* bytes of a record in clear (RFC 8446, 5.1) */
#define CUT_TLS_MAX_PROTECTED 2048    /* more, of a protected one (RFC 5246, 6.2.3) */
#define CUT_TLS_MAX_PROTECTED_1_3 256 /* likewise (RFC 8446, 5.2) */
#define CUT_TLS_HEAD 32 /* bytes of a protected record that are kept; a power of two */
#define CUT_TLS_RANDOM 32
#define CUT_TLS_BIT(id) (1u << CUT_TLS_##id)

enum cut_tls_type { /* RFC 8446, 5.1; RFC 6520, 3 */
		    CUT_TLS_CHANGE_CIPHER_SPEC = 20,
		    CUT_TLS_ALERT = 21,
		    CUT_TLS_HANDSHAKE = 22,
		    CUT_TLS_APPLICATION_DATA = 23,
		    CUT_TLS_HEARTBEAT = 24,
};

/* Where in the current record the next byte stands. */
enum cut_tls_place {
	CUT_TLS_HEADER = 0, /* or between two records */
	CUT_TLS_DATA,	    /* the first bytes of a protected record, which are kept */
	CUT_TLS_WARNING,    /* an alert in clear */
	CUT_TLS_MESSAGES,   /* handshake messages in clear */
	CUT_TLS_END,	    /* the record is complete; its facts are due */
};

/* Where in the current handshake message the next byte stands, whichever record that is in. */
enum cut_tls_field {
	CUT_TLS_BETWEEN = 0,
	CUT_TLS_MESSAGE_HEADER,
	CUT_TLS_VERSION,
	CUT_TLS_RANDOM_BYTES,
	CUT_TLS_SESSION_LENGTH,
	CUT_TLS_SESSION,
	CUT_TLS_CIPHERS_LENGTH,
	CUT_TLS_CIPHERS,
	CUT_TLS_COMPRESSIONS_LENGTH,
	CUT_TLS_COMPRESSIONS,
	CUT_TLS_EXTENSIONS_LENGTH,
	CUT_TLS_EXTENSION_HEADER,
	CUT_TLS_NAME_HEADER, /* server_name: list length, type and length of its first entry */
	CUT_TLS_NAME_BYTES,
	CUT_TLS_OFFERS_LENGTH, /* supported_versions of a ClientHello */
	CUT_TLS_OFFER,
	CUT_TLS_SELECTED, /* supported_versions of a ServerHello */
	CUT_TLS_EXTENSION_REST,
	CUT_TLS_REST, /* a message of which nothing is read */
};

/*
 * The record that ended last in a direction: where it lies is in its facts. `head` are the first
 * bytes of what follows its header, kept of application data alone.
 */
struct cut_tls_record {
	__u8 head[CUT_TLS_HEAD];
	__u8 have;    /* bytes of `head` */
	__u8 type;    /* enum cut_tls_type */
	__u16 length; /* without its header */
};

/* The bytes by which a ClientHello is told from every other (RFC 8446, 4.1.2). */
struct cut_tls_random {
	__u8 byte[CUT_TLS_RANDOM];
};

CUT_INLINE bool cut_tls_same_random(const struct cut_tls_random *a, const struct cut_tls_random *b)
{
	bool same = true;

	CUT_NO_UNROLL
	for (int i = 0; i < CUT_TLS_RANDOM; i++)
		same &= a->byte[i] == b->byte[i];
	return same;
}

/* Two protected records of one length that begin alike are one and the same. */
CUT_INLINE bool cut_tls_same_record(const struct cut_tls_record *a, const struct cut_tls_record *b)
{
	bool same = a->length == b->length && a->have == b->have;

	CUT_NO_UNROLL
	for (int i = 0; i < CUT_TLS_HEAD; i++)
		same &= i >= a->have || a->head[i] == b->head[i];
	return same;
}

/* One direction. */
struct cut_tls_half {
	/* Valid from the record's end up to the first byte of the next. */
	struct cut_tls_record record;
	__u32 begin;   /* sequence number of the current record's first byte */
	__u32 header;  /* big-endian accumulator: version and length */
	__u32 left;    /* bytes of the record */
	__u8 have;     /* bytes of the header read */
	__u8 place;    /* enum cut_tls_place */
	__u8 ciphered; /* a ChangeCipherSpec has passed */
	__u8 finished; /* its Finished has passed */
	__u8 secured;  /* application data has passed */
	__u8 greeted;  /* its hello has passed */
	__u8 ends;     /* TLS 1.3: the current record holds the client's Finished */
	__u8 flight;   /* TLS 1.3: the current record is of the server's handshake */

	/* Of the current handshake message. */
	__u8 field;   /* enum cut_tls_field */
	__u8 message; /* its type */
	__u8 body;    /* bytes in front of its body, from message_begin on */
	__u8 retry;   /* it is a HelloRetryRequest */
	__u16 version;
	__u16 offers;	      /* versions of supported_versions that are still to come, in bytes */
	__u32 message_begin;  /* sequence number */
	__u32 message_left;   /* bytes, with those of the current field */
	__u32 field_left;     /* bytes */
	__u32 extension_left; /* bytes behind the current field */
	__u32 number;	      /* big-endian accumulator, of the field; of an alert */
	__u64 hash;	      /* FNV-1a, of the field */
};

/* Of a ClientHello; in lower case. Of length 0: there was none. */
struct cut_tls_name {
	__u64 hash; /* FNV-1a of all of it */
	struct cut_text text;
};

struct cut_tls {
	struct cut_tls_half half[CUT_DIRECTIONS];
	struct cut_tls_random random; /* of the ClientHello */
	struct cut_tls_name name;
	__u16 version; /* what the server chose; 0: it has not yet */
	__u8 reserved[6];
};

#endif
