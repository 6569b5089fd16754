/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * What the AMQP parser reports: moments, attributes and flags, each in one list from which the
 * kernel side, the scenario registry and the documentation take it.
 * Sources: AMQP 0-9-1, 1.8 (classes and methods) and 2.3 (frames); RabbitMQ's extensions of it
 * (confirm, basic.nack, connection.blocked).
 */
#ifndef CUT_ABI_AMQP_H
#define CUT_ABI_AMQP_H

#include "transport.h"
#include "types.h"
#include "vocabulary.h"

/*
 * X(identifier, "name", direction, evidence, "description"). Two of one name are told apart by
 * `direction:`.
 */
#define CUT_AMQP_MOMENTS(X)                                                                        \
	X(CONNECTION_OPEN, "connection.open", CUT_UPSTREAM, 1, "the client opens a virtual host")  \
	X(CHANNEL_OPEN, "channel.open", CUT_UPSTREAM, 1, "the client opens a channel")             \
	X(CONSUME, "basic.consume", CUT_UPSTREAM, 1, "the client asks for a queue's messages")     \
	X(GET, "basic.get", CUT_UPSTREAM, 1, "the client asks for one message")                    \
	X(CONFIRM_SELECT, "confirm.select", CUT_UPSTREAM, 1,                                       \
	  "the client wants its messages confirmed")                                               \
	X(PUBLISH, "basic.publish", CUT_UPSTREAM, 1,                                               \
	  "a message of the client's: method, header and body, up to its last byte")               \
	X(ACK, "basic.ack", CUT_UPSTREAM, 1, "the client has done with a message")                 \
	X(NACK, "basic.nack", CUT_UPSTREAM, 1, "the client refuses a message, or several")         \
	X(REJECT, "basic.reject", CUT_UPSTREAM, 1, "the client refuses a message")                 \
	X(TX_COMMIT, "tx.commit", CUT_UPSTREAM, 1, "the client commits what it sent")              \
	X(DELIVER, "basic.deliver", CUT_DOWNSTREAM, 1,                                             \
	  "a message to a consumer: method, header and body, up to its last byte")                 \
	X(GET_OK, "basic.get-ok", CUT_DOWNSTREAM, 1, "likewise, the answer to basic.get")          \
	X(RETURN, "basic.return", CUT_DOWNSTREAM, 1, "likewise, one that no queue wanted")         \
	X(CONFIRM_ACK, "confirm.ack", CUT_DOWNSTREAM, 1,                                           \
	  "basic.ack of the broker: it is responsible for a message now, or for several")          \
	X(CONFIRM_NACK, "confirm.nack", CUT_DOWNSTREAM, 1,                                         \
	  "basic.nack of the broker: it did not take it")                                          \
	X(TX_COMMITTED, "tx.commit-ok", CUT_DOWNSTREAM, 1, "the broker has committed")             \
	X(CONSUMER_CANCEL, "consumer.cancel", CUT_DOWNSTREAM, 1,                                   \
	  "basic.cancel of the broker: nothing more will come, as of a queue that was deleted")    \
	X(BLOCKED, "connection.blocked", CUT_DOWNSTREAM, 1,                                        \
	  "the broker reads no more of what is published, for want of memory or disk")             \
	X(UNBLOCKED, "connection.unblocked", CUT_DOWNSTREAM, 1, "it does again")                   \
	X(BODY_UP, "content.body", CUT_UPSTREAM, 0, "one body frame; most messages have one")      \
	X(BODY_DOWN, "content.body", CUT_DOWNSTREAM, 0, "likewise")                                \
	X(HEARTBEAT_UP, "heartbeat", CUT_UPSTREAM, 0, "heartbeat frame")                           \
	X(HEARTBEAT_DOWN, "heartbeat", CUT_DOWNSTREAM, 0, "likewise")                              \
	X(CHANNEL_CLOSE_UP, "channel.close", CUT_UPSTREAM, 1, "an end closes a channel")           \
	X(CHANNEL_CLOSE_DOWN, "channel.close", CUT_DOWNSTREAM, 1, "likewise")                      \
	X(CONNECTION_CLOSE_UP, "connection.close", CUT_UPSTREAM, 1,                                \
	  "an end closes the connection")                                                          \
	X(CONNECTION_CLOSE_DOWN, "connection.close", CUT_DOWNSTREAM, 1, "likewise")

/* X(identifier, "name", kind, "description"): the filters that a trigger may use */
#define CUT_AMQP_ATTRIBUTES(X)                                                                     \
	X(CHANNEL, "channel", CUT_ATTR_NUMBER, "number of the channel")                            \
	X(EXCHANGE, "exchange", CUT_ATTR_TEXT, "name of the exchange")                             \
	X(ROUTING_KEY, "routing_key", CUT_ATTR_TEXT,                                               \
	  "routing key; of the default exchange: queue")                                           \
	X(REDELIVERED, "redelivered", CUT_ATTR_NUMBER,                                             \
	  "1: it was delivered before; 0: it was not")                                             \
	X(DELIVERY_TAG, "delivery_tag", CUT_ATTR_NUMBER, "its lower 32 bits")                      \
	X(MESSAGE_ID, "message_id", CUT_ATTR_HASH,                                                 \
	  "property message_id, or correlation_id where there is none")                            \
	X(CODE, "code", CUT_ATTR_NUMBER, "reply code, e.g. 406")                                   \
	X(FLAG, "flag", CUT_ATTR_COMMANDS, "a bit of the method's: MULTIPLE, REQUEUE …")

/* X(identifier, "NAME"): bit numbers of the flag attribute */
#define CUT_AMQP_COMMANDS(X)                                                                       \
	X(MULTIPLE, "MULTIPLE")                                                                    \
	X(REQUEUE, "REQUEUE")                                                                      \
	X(NO_ACK, "NO_ACK")                                                                        \
	X(MANDATORY, "MANDATORY")

enum cut_amqp_moment {
#define X(id, name, direction, evidence, description) CUT_AMQP_##id,
	CUT_AMQP_MOMENTS(X)
#undef X
		CUT_AMQP_MOMENT_COUNT
};

enum cut_amqp_attribute {
#define X(id, name, kind, description) CUT_AMQP_ATTR_##id,
	CUT_AMQP_ATTRIBUTES(X)
#undef X
		CUT_AMQP_ATTRIBUTE_COUNT
};

enum cut_amqp_flag {
#define X(id, name) CUT_AMQP_FLAG_##id,
	CUT_AMQP_COMMANDS(X)
#undef X
		CUT_AMQP_FLAG_COUNT
};

CUT_STATIC_ASSERT(CUT_AMQP_MOMENT_COUNT <= CUT_TRANSPORT_FIRST, "moments are a 64-bit set");

#endif
