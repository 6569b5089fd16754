/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * TLS 1.0 to 1.3 as it lies on the wire, both directions, as a machine that can stop and go on at
 * any byte: records, the hellos in clear, and of what is protected only where it is.
 * Sources: RFC 5246, RFC 8446, RFC 6066.
 *
 * What the wire tells of the end of a handshake. TLS 1.2: each side's Finished is its first
 * handshake record after its ChangeCipherSpec; the later of the two ends it. A renegotiation is
 * protected and is not seen. TLS 1.3: all that the server says after its ServerHello is protected
 * alike, and the client answers nothing before it has the server's Finished: so the first protected
 * record that the client begins after one of the server's has passed is taken for its Finished. It
 * is
 *  - a Certificate, if the server asked for one, with the Finished in a later record;
 *  - of early data, or the end of that, if early data was sent and still is.
 * Protected records of the server before it are its handshake, though a server may send data by
 * then; those of the client before it are early data. All after it is data, on both sides: session
 * tickets, KeyUpdate, post-handshake authentication and alerts cannot be told apart from it.
 */
#ifndef CUT_PROTO_TLS_H
#define CUT_PROTO_TLS_H

#include "../core/glance.h"
#include "tls_hello.h"
#include "tls_record.h"

/* A hello is complete at `end`. A HelloRetryRequest is not worth a word, but names the version. */
CUT_INLINE enum cut_parse cut_tls_end_hello(struct cut_tls *tls, struct cut_tls_half *half,
					    enum cut_direction direction, __u32 end,
					    struct cut_facts *facts)
{
	half->greeted = 1;
	if (direction == CUT_DOWNSTREAM)
		tls->version = half->version;
	if (half->retry)
		return CUT_PARSE_IGNORED;
	cut_tls_report(tls,
		       direction == CUT_UPSTREAM ? CUT_TLS_BIT(CLIENT_HELLO)
						 : CUT_TLS_BIT(SERVER_HELLO),
		       half->message_begin, end, facts);
	facts->attr[CUT_TLS_ATTR_VERSION] = half->version;
	if (direction == CUT_UPSTREAM)
		facts->attr[CUT_TLS_ATTR_SNI] = tls->name.text.length;
	facts->body = half->body;
	return CUT_PARSE_OK;
}

/* Is the message complete, of which nothing is left behind the field? */
CUT_INLINE bool cut_tls_is_last(const struct cut_tls_half *half)
{
	return half->field == CUT_TLS_REST || half->field == CUT_TLS_COMPRESSIONS ||
	       half->field == CUT_TLS_EXTENSION_REST ||
	       (half->field == CUT_TLS_EXTENSIONS_LENGTH && !half->number);
}

/* The field at hand is complete. */
CUT_INLINE enum cut_parse cut_tls_end_field(struct cut_tls *tls, struct cut_tls_half *half,
					    enum cut_direction direction, __u32 seq,
					    struct cut_facts *facts)
{
	bool goes_on;

	if (!half->message_left && cut_tls_is_last(half)) {
		bool hello = half->field != CUT_TLS_REST;

		half->field = CUT_TLS_BETWEEN;
		return hello ? cut_tls_end_hello(tls, half, direction, seq, facts)
			     : CUT_PARSE_IGNORED;
	}
	if (half->field == CUT_TLS_MESSAGE_HEADER)
		goes_on = cut_tls_begin_message(tls, half, direction);
	else
		goes_on = cut_tls_next_field(tls, half, direction);
	return goes_on ? CUT_PARSE_IGNORED : CUT_PARSE_DESYNC;
}

/* Handshake messages in clear: a field, or a run of it. Several may share a record, or the reverse.
 */
CUT_INLINE enum cut_parse cut_tls_messages(struct cut_tls *tls, struct cut_tls_half *half,
					   enum cut_direction direction, struct cut_cursor *cursor,
					   __u32 *skip, struct cut_facts *facts)
{
	if (half->field != CUT_TLS_BETWEEN && !half->field_left)
		return cut_tls_end_field(tls, half, direction, cursor->seq, facts);
	if (!half->left) {
		half->place = CUT_TLS_HEADER;
		return CUT_PARSE_IGNORED;
	}
	if (half->field == CUT_TLS_BETWEEN) {
		bool first = half->left == half->record.length;

		if (cut_cursor_empty(cursor))
			return CUT_PARSE_MORE;
		/* The record's header is of the message that it begins with. */
		half->message_begin = first ? half->begin : cursor->seq;
		half->body = first ? CUT_TLS_HEADER_BYTES + 4 : 4;
		half->message_left = 4;
		cut_tls_enter(half, CUT_TLS_MESSAGE_HEADER, 4);
	}
	if (cut_tls_field_is_mute((enum cut_tls_field)half->field)) {
		*skip = half->field_left < half->left ? half->field_left : half->left;
		half->field_left -= *skip;
		half->message_left -= *skip;
		half->left -= *skip;
		return CUT_PARSE_SKIP;
	}
	cut_tls_take_field(tls, half, direction, cursor);
	if (half->field_left && half->left && cut_cursor_empty(cursor))
		return CUT_PARSE_MORE;
	return CUT_PARSE_IGNORED;
}

/*
 * Consumes from the cursor until something is to be said. Called again until it says MORE; also
 * with an empty cursor, to report what ended with the segment. After SKIP the caller passes over
 * `*skip` bytes of the stream, and calls again once they are behind. After OK the direction's
 * `record` is that of the facts, if they are of application data or of an alert.
 */
CUT_INLINE enum cut_parse cut_tls_step(struct cut_tls *tls, enum cut_direction direction,
				       struct cut_cursor *cursor, __u32 *skip,
				       struct cut_facts *facts)
{
	struct cut_tls_half *half = &tls->half[direction];

	switch ((enum cut_tls_place)half->place) {
	case CUT_TLS_HEADER:
		return cut_tls_header(tls, half, direction, cursor, skip);
	case CUT_TLS_DATA:
		return cut_tls_data(half, cursor, skip);
	case CUT_TLS_WARNING:
		return cut_tls_warning(half, cursor);
	case CUT_TLS_MESSAGES:
		return cut_tls_messages(tls, half, direction, cursor, skip, facts);
	case CUT_TLS_END:
		return cut_tls_end_record(tls, half, direction, cursor->seq, facts);
	}
	return CUT_PARSE_DESYNC;
}

CUT_INLINE const struct cut_text *cut_tls_text(const struct cut_tls *tls,
					       enum cut_direction direction, __u32 which)
{
	return direction == CUT_UPSTREAM && which == CUT_TLS_ATTR_SNI ? &tls->name.text : 0;
}

/* Nothing is held back for what may follow. */
CUT_INLINE enum cut_parse cut_tls_flush(struct cut_tls *tls, enum cut_direction direction,
					struct cut_facts *facts)
{
	(void)tls;
	(void)direction;
	(void)facts;
	return CUT_PARSE_MORE;
}

/* A connection that was open before cannot be taken up: no byte of it tells where a record begins.
 */
CUT_INLINE __u8 cut_tls_rest_word(const __u8 bytes[CUT_REST_BYTES])
{
	(void)bytes;
	return 0;
}

CUT_INLINE bool cut_tls_join(struct cut_tls *tls, __u8 word)
{
	(void)tls;
	(void)word;
	return false;
}

CUT_INLINE bool cut_tls_rests(const struct cut_tls *tls)
{
	(void)tls;
	return false;
}

/* What was asked cannot be read. */
CUT_INLINE bool cut_tls_owes(const struct cut_tls *tls)
{
	(void)tls;
	return false;
}

CUT_NO_GLANCE(tls)

#endif
