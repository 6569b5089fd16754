/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * What the HTTP parser reports: moments, attributes and methods, each in one list from which the
 * kernel side, the scenario registry and the documentation take it.
 * Source: RFC 9110 (semantics), RFC 9112 (HTTP/1.1), RFC 9113 (HTTP/2); server-sent events: WHATWG
 * HTML, 9.2.
 */
#ifndef CUT_ABI_HTTP_H
#define CUT_ABI_HTTP_H

#include "transport.h"
#include "types.h"
#include "vocabulary.h"

/* X(identifier, "name", direction, evidence, "description") */
#define CUT_HTTP_MOMENTS(X)                                                                        \
	X(REQUEST_HEAD, "request.head", CUT_UPSTREAM, 1, "request line and header fields")         \
	X(REQUEST_END, "request.end", CUT_UPSTREAM, 1,                                             \
	  "last part of a request: its body, last chunk or frame; its head, where it has no body") \
	X(RESPONSE_INTERIM, "response.interim", CUT_DOWNSTREAM, 0,                                 \
	  "1xx that is not the answer yet, of HTTP/1.1")                                           \
	X(RESPONSE_HEAD, "response.head", CUT_DOWNSTREAM, 1, "status line and header fields")      \
	X(RESPONSE_BODY, "response.body", CUT_DOWNSTREAM, 0,                                       \
	  "one server-sent event, chunk or DATA frame; else the body by its length")               \
	X(RESPONSE_END, "response.end", CUT_DOWNSTREAM, 1,                                         \
	  "last part of a response; none, where it ends with the connection")

/* X(identifier, "name", kind, "description"): the filters that a trigger may use */
#define CUT_HTTP_ATTRIBUTES(X)                                                                     \
	X(METHOD, "method", CUT_ATTR_COMMANDS, "request method, e.g. POST; HTTP/1.1 only")         \
	X(STATUS, "status", CUT_ATTR_NUMBER, "status code, e.g. 503; HTTP/1.1 only")               \
	X(STREAM, "stream", CUT_ATTR_NUMBER, "stream of HTTP/2; 0: HTTP/1.1")                      \
	X(PATH, "path", CUT_ATTR_PREFIX, "how the request target begins; HTTP/1.1 only")

/* X(identifier, "NAME"): bit numbers of the method attribute */
#define CUT_HTTP_COMMANDS(X)                                                                       \
	X(OTHER, "OTHER")                                                                          \
	X(GET, "GET")                                                                              \
	X(HEAD, "HEAD")                                                                            \
	X(POST, "POST")                                                                            \
	X(PUT, "PUT")                                                                              \
	X(DELETE, "DELETE")                                                                        \
	X(PATCH, "PATCH")                                                                          \
	X(OPTIONS, "OPTIONS")                                                                      \
	X(CONNECT, "CONNECT")                                                                      \
	X(TRACE, "TRACE")

enum cut_http_moment {
#define X(id, name, direction, evidence, description) CUT_HTTP_##id,
	CUT_HTTP_MOMENTS(X)
#undef X
		CUT_HTTP_MOMENT_COUNT
};

enum cut_http_attribute {
#define X(id, name, kind, description) CUT_HTTP_ATTR_##id,
	CUT_HTTP_ATTRIBUTES(X)
#undef X
		CUT_HTTP_ATTRIBUTE_COUNT
};

enum cut_http_method {
#define X(id, name) CUT_METHOD_##id,
	CUT_HTTP_COMMANDS(X)
#undef X
		CUT_METHOD_COUNT
};

CUT_STATIC_ASSERT(CUT_HTTP_MOMENT_COUNT <= CUT_TRANSPORT_FIRST, "moments are a 64-bit set");
CUT_STATIC_ASSERT(CUT_METHOD_COUNT <= 16, "a method is remembered in four bits");

#endif
