/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* TLS records: their headers, what of them is protected, and what it means that one has ended. */
#ifndef CUT_PROTO_TLS_RECORD_H
#define CUT_PROTO_TLS_RECORD_H

#include "tls_state.h"

/* Which version is not known before the server has said it. */
CUT_INLINE bool cut_tls_is_1_3(const struct cut_tls *tls)
{
	return tls->version >= CUT_TLS_1_3;
}

/*
 * Are records other than application data protected? In TLS 1.3 none of them is, and its
 * ChangeCipherSpec means nothing (RFC 8446, D.4).
 */
CUT_INLINE bool cut_tls_is_ciphered(const struct cut_tls *tls, const struct cut_tls_half *half)
{
	return half->ciphered && tls->version && !cut_tls_is_1_3(tls);
}

CUT_INLINE void cut_tls_report(const struct cut_tls *tls, __u64 moments, __u32 begin, __u32 end,
			       struct cut_facts *facts)
{
	facts->moments = moments;
	facts->begin = begin;
	facts->end = end;
	facts->attr[CUT_TLS_ATTR_VERSION] = tls->version;
	facts->attr[CUT_TLS_ATTR_SNI] = 0;
	facts->attr[CUT_TLS_ATTR_LEVEL] = 0;
	facts->attr[CUT_TLS_ATTR_DESCRIPTION] = 0;
	facts->exchange = 0;
	facts->flags = 0;
	facts->mismatch = 0;
	facts->forgot = 0;
	facts->untold = 0;
	facts->body = CUT_TLS_HEADER_BYTES;
}

/* Nothing more of the record is read. */
CUT_INLINE enum cut_parse cut_tls_skip_record(struct cut_tls_half *half, __u32 *skip)
{
	*skip = half->left;
	half->left = 0;
	half->place = CUT_TLS_END;
	return CUT_PARSE_SKIP;
}

/* Application data: what it is, as far as the other direction tells. */
CUT_INLINE bool cut_tls_open_data(struct cut_tls *tls, struct cut_tls_half *half,
				  enum cut_direction direction)
{
	/* A client may, before it has an answer: early data. */
	if (!half->greeted)
		return false;
	half->place = CUT_TLS_DATA;
	half->ends = 0;
	half->flight = 0;
	if (!cut_tls_is_1_3(tls))
		return true;
	if (direction == CUT_UPSTREAM)
		half->ends = !half->finished && tls->half[CUT_DOWNSTREAM].secured;
	else
		half->flight = !tls->half[CUT_UPSTREAM].finished;
	return true;
}

CUT_INLINE enum cut_parse cut_tls_open_handshake(const struct cut_tls *tls,
						 struct cut_tls_half *half, __u32 *skip)
{
	if (cut_tls_is_ciphered(tls, half))
		return cut_tls_skip_record(half, skip);
	if (half->left > CUT_TLS_MAX_PLAIN)
		return CUT_PARSE_DESYNC;
	half->place = CUT_TLS_MESSAGES;
	return CUT_PARSE_IGNORED;
}

/* The header is complete. */
CUT_INLINE enum cut_parse cut_tls_open_record(struct cut_tls *tls, struct cut_tls_half *half,
					      enum cut_direction direction, __u32 *skip)
{
	__u32 length = half->header & 0xffff;
	__u32 most = CUT_TLS_MAX_PLAIN +
		     (cut_tls_is_1_3(tls) ? CUT_TLS_MAX_PROTECTED_1_3 : CUT_TLS_MAX_PROTECTED);

	half->have = 0;
	half->record.have = 0;
	half->record.length = length;
	if (half->header >> 24 != 3 || !length || length > most)
		return CUT_PARSE_DESYNC;
	half->left = length;
	switch (half->record.type) {
	case CUT_TLS_APPLICATION_DATA:
		return cut_tls_open_data(tls, half, direction) ? CUT_PARSE_IGNORED
							       : CUT_PARSE_DESYNC;
	case CUT_TLS_HANDSHAKE:
		return cut_tls_open_handshake(tls, half, skip);
	case CUT_TLS_ALERT:
		/* A client that has not greeted has nothing to warn of. */
		if (direction == CUT_UPSTREAM && !half->greeted)
			return CUT_PARSE_DESYNC;
		half->number = 0;
		if (length != 2 || cut_tls_is_ciphered(tls, half))
			return cut_tls_skip_record(half, skip);
		half->place = CUT_TLS_WARNING;
		return CUT_PARSE_IGNORED;
	case CUT_TLS_CHANGE_CIPHER_SPEC:
		/* That of a renegotiation is protected, and longer. */
		if (!half->greeted || (length != 1 && !cut_tls_is_ciphered(tls, half)))
			return CUT_PARSE_DESYNC;
		return cut_tls_skip_record(half, skip);
	case CUT_TLS_HEARTBEAT:
		return half->greeted ? cut_tls_skip_record(half, skip) : CUT_PARSE_DESYNC;
	}
	return CUT_PARSE_DESYNC;
}

CUT_INLINE enum cut_parse cut_tls_header(struct cut_tls *tls, struct cut_tls_half *half,
					 enum cut_direction direction, struct cut_cursor *cursor,
					 __u32 *skip)
{
	if (!half->have && !cut_cursor_empty(cursor)) {
		half->begin = cursor->seq;
		half->header = 0;
		half->record.type = cut_cursor_take(cursor);
		half->have = 1;
	}
	CUT_NO_UNROLL
	for (int i = 0; i < CUT_TLS_HEADER_BYTES && half->have < CUT_TLS_HEADER_BYTES &&
			!cut_cursor_empty(cursor);
	     i++) {
		half->header = half->header << 8 | cut_cursor_take(cursor);
		half->have++;
	}
	if (half->have < CUT_TLS_HEADER_BYTES)
		return CUT_PARSE_MORE;
	return cut_tls_open_record(tls, half, direction, skip);
}

/* The first bytes of a protected record: they tell it from every other. */
CUT_INLINE enum cut_parse cut_tls_data(struct cut_tls_half *half, struct cut_cursor *cursor,
				       __u32 *skip)
{
	CUT_NO_UNROLL
	for (int i = 0; i < CUT_TLS_HEAD && half->record.have < CUT_TLS_HEAD && half->left &&
			!cut_cursor_empty(cursor);
	     i++) {
		__u32 at = half->record.have;

		CUT_OPAQUE(at);
		half->record.head[at & (CUT_TLS_HEAD - 1)] = cut_cursor_take(cursor);
		half->record.have++;
		half->left--;
	}
	if (half->left && half->record.have < CUT_TLS_HEAD)
		return CUT_PARSE_MORE;
	return cut_tls_skip_record(half, skip);
}

CUT_INLINE enum cut_parse cut_tls_warning(struct cut_tls_half *half, struct cut_cursor *cursor)
{
	CUT_NO_UNROLL
	for (int i = 0; i < 2 && half->left && !cut_cursor_empty(cursor); i++) {
		half->number = half->number << 8 | cut_cursor_take(cursor);
		half->left--;
	}
	if (half->left)
		return CUT_PARSE_MORE;
	half->place = CUT_TLS_END;
	return CUT_PARSE_IGNORED;
}

/* A side's Finished has passed; the handshake is over with the second. */
CUT_INLINE __u64 cut_tls_finish(const struct cut_tls *tls, struct cut_tls_half *half,
				enum cut_direction direction)
{
	bool up = direction == CUT_UPSTREAM;
	bool other = up ? tls->half[CUT_DOWNSTREAM].finished : tls->half[CUT_UPSTREAM].finished;

	if (half->finished)
		return 0;
	half->finished = 1;
	if (!cut_tls_is_1_3(tls) && !other)
		return 0;
	return up ? CUT_TLS_BIT(ESTABLISHED_UP) : CUT_TLS_BIT(ESTABLISHED_DOWN);
}

/* Of a protected record that has ended. */
CUT_INLINE __u64 cut_tls_data_moments(const struct cut_tls *tls, struct cut_tls_half *half,
				      enum cut_direction direction)
{
	half->secured = 1;
	if (half->flight)
		return 0;
	if (half->ends)
		return cut_tls_finish(tls, half, direction);
	return direction == CUT_UPSTREAM ? CUT_TLS_BIT(APP_DATA_UP) : CUT_TLS_BIT(APP_DATA_DOWN);
}

/*
 * The record is complete at `end`. OK for each of application data, also if it is of the handshake
 * and its moments are none: whoever knows the first bytes of one waits for it here.
 */
CUT_INLINE enum cut_parse cut_tls_end_record(struct cut_tls *tls, struct cut_tls_half *half,
					     enum cut_direction direction, __u32 end,
					     struct cut_facts *facts)
{
	bool up = direction == CUT_UPSTREAM;
	bool in_clear = half->record.length == 2 && !cut_tls_is_ciphered(tls, half);
	__u64 moments = 0;

	half->place = CUT_TLS_HEADER;
	switch (half->record.type) {
	case CUT_TLS_CHANGE_CIPHER_SPEC:
		half->ciphered = 1;
		return CUT_PARSE_IGNORED;
	case CUT_TLS_HANDSHAKE:
		moments = cut_tls_finish(tls, half, direction);
		if (!moments)
			return CUT_PARSE_IGNORED;
		break;
	case CUT_TLS_ALERT:
		moments = up ? CUT_TLS_BIT(ALERT_UP) : CUT_TLS_BIT(ALERT_DOWN);
		break;
	case CUT_TLS_APPLICATION_DATA:
		moments = cut_tls_data_moments(tls, half, direction);
		break;
	default:
		return CUT_PARSE_IGNORED;
	}
	cut_tls_report(tls, moments, half->begin, end, facts);
	if (half->record.type == CUT_TLS_ALERT) {
		facts->attr[CUT_TLS_ATTR_LEVEL] = in_clear ? half->number >> 8 : 0;
		facts->attr[CUT_TLS_ATTR_DESCRIPTION] =
			in_clear ? half->number & 0xff : CUT_TLS_PROTECTED_ALERT;
	}
	return CUT_PARSE_OK;
}

#endif
