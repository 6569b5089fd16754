/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * What the TLS parser reports of the record layer, with nothing decrypted: moments and attributes.
 * Sources: RFC 5246 (TLS 1.2), RFC 8446 (TLS 1.3), RFC 6066, 3 (server name).
 */
#ifndef CUT_ABI_TLS_H
#define CUT_ABI_TLS_H

#include "transport.h"
#include "types.h"
#include "vocabulary.h"

/*
 * X(identifier, "name", direction, evidence, "description"). Two of one name are told apart by
 * `direction:`.
 */
#define CUT_TLS_MOMENTS(X)                                                                         \
	X(CLIENT_HELLO, "client_hello", CUT_UPSTREAM, 1,                                           \
	  "ClientHello; a second one follows a HelloRetryRequest")                                 \
	X(SERVER_HELLO, "server_hello", CUT_DOWNSTREAM, 1,                                         \
	  "ServerHello; a HelloRetryRequest is none")                                              \
	X(ESTABLISHED_UP, "established", CUT_UPSTREAM, 1,                                          \
	  "the Finished that ends the handshake: the target's in TLS 1.3 and of a session "        \
	  "resumed in TLS 1.2, else the service's")                                                \
	X(ESTABLISHED_DOWN, "established", CUT_DOWNSTREAM, 1, "likewise")                          \
	X(APP_DATA_UP, "app_data", CUT_UPSTREAM, 0,                                                \
	  "record of data; in TLS 1.3 alerts and tickets look like one")                           \
	X(APP_DATA_DOWN, "app_data", CUT_DOWNSTREAM, 0, "likewise")                                \
	X(ALERT_UP, "alert", CUT_UPSTREAM, 1, "alert record; in TLS 1.3 those in clear")           \
	X(ALERT_DOWN, "alert", CUT_DOWNSTREAM, 1, "likewise")

/* X(identifier, "name", kind, "description"): the filters that a trigger may use */
#define CUT_TLS_ATTRIBUTES(X)                                                                      \
	X(VERSION, "version", CUT_ATTR_VERSION,                                                    \
	  "of TLS: negotiated; of a ClientHello: the highest offered")                             \
	X(SNI, "sni", CUT_ATTR_TEXT, "server name that a ClientHello asks for, in any case")       \
	X(LEVEL, "level", CUT_ATTR_NUMBER, "of an alert in clear: 1 warning, 2 fatal")             \
	X(DESCRIPTION, "description", CUT_ATTR_NUMBER, "of an alert in clear, e.g. 40")

#define CUT_TLS_COMMANDS(X)

enum cut_tls_moment {
#define X(id, name, direction, evidence, description) CUT_TLS_##id,
	CUT_TLS_MOMENTS(X)
#undef X
		CUT_TLS_MOMENT_COUNT
};

enum cut_tls_attribute {
#define X(id, name, kind, description) CUT_TLS_ATTR_##id,
	CUT_TLS_ATTRIBUTES(X)
#undef X
		CUT_TLS_ATTR_COUNT
};

/* The description of an alert that cannot be read: all of one byte are taken. */
#define CUT_TLS_PROTECTED_ALERT 256

CUT_STATIC_ASSERT(CUT_TLS_MOMENT_COUNT <= CUT_TRANSPORT_FIRST, "moments are a 64-bit set");

#endif
