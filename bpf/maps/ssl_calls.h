/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * ssl_calls: thread -> the call of libssl that it is in. Written when it enters, removed when it
 * returns. One of a thread that is killed inside stays until the thread's number comes again.
 */
#ifndef CUT_MAPS_SSL_CALLS_H
#define CUT_MAPS_SSL_CALLS_H

#include "../abi/types.h"

enum cut_ssl_call_kind {
	CUT_SSL_HANDSHAKE = 0,
	CUT_SSL_WRITE,
	CUT_SSL_READ,
};

struct cut_ssl_call {
	__u64 ssl;    /* address of the SSL object */
	__u64 buffer; /* of plaintext */
	__u64 length; /* bytes of it */
	__u64 result; /* where the call says how many it took or gave; 0: it returns them */
	__u32 kind;   /* enum cut_ssl_call_kind */
	__u32 reserved;
};

struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, 16384);
	__type(key, __u64);
	__type(value, struct cut_ssl_call);
} ssl_calls SEC(".maps");

#endif
