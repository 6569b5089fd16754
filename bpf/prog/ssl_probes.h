/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * uprobes on libssl and libcrypto, in the target's processes: what is said in clear, and which
 * record carries it. Only what a thread passes to BIO_write from inside a call of libssl is a
 * record of that call's object; a program that works on memory BIOs sends it later, by whatever
 * thread, and is known again by the record's first bytes.
 */
#ifndef CUT_PROG_SSL_PROBES_H
#define CUT_PROG_SSL_PROBES_H

#include "../core/record.h"
#include "../maps/hellos.h"
#include "../maps/ssl_calls.h"
#include "../maps/target_cgroups.h"
#include "plaintext.h"

#define CUT_SSL_EX 1 /* attach cookie: SSL_…_ex, with a result by pointer */

static __always_inline bool ssl_session_key(__u64 ssl, struct cut_session_key *key)
{
	key->ssl = ssl;
	key->process = bpf_get_current_pid_tgid() >> 32;
	key->reserved = 0;
	return ssl;
}

/* What the call's SSL object says; NULL: it is not read, or not on the connection of before. */
static __always_inline struct cut_session *ssl_session(const struct cut_ssl_call *call)
{
	struct cut_session_key key;
	struct cut_session *session;

	if (!ssl_session_key(call->ssl, &key))
		return NULL;
	session = session_lookup(&key);
	return session && !session->ended ? session : NULL;
}

static __always_inline void ssl_enter(struct pt_regs *ctx, enum cut_ssl_call_kind kind)
{
	__u64 thread = bpf_get_current_pid_tgid();
	struct cut_ssl_call call = {.ssl = PT_REGS_PARM1(ctx), .kind = kind};

	if (bpf_current_task_under_cgroup(&target_cgroups, 0) != 1)
		return;
	if (kind != CUT_SSL_HANDSHAKE) {
		bool ex = bpf_get_attach_cookie(ctx) == CUT_SSL_EX;

		call.buffer = PT_REGS_PARM2(ctx);
		call.length = ex ? PT_REGS_PARM3(ctx) : (__u32)PT_REGS_PARM3(ctx);
		call.result = ex ? PT_REGS_PARM4(ctx) : 0;
	}
	if (bpf_map_update_elem(&ssl_calls, &thread, &call, BPF_ANY))
		count(CUT_COUNT_SESSIONS_FULL);
}

/* The call that the thread returns from; false: it was in none. */
static __always_inline bool ssl_leave(struct cut_ssl_call *left)
{
	__u64 thread = bpf_get_current_pid_tgid();
	struct cut_ssl_call *call = bpf_map_lookup_elem(&ssl_calls, &thread);

	if (!call)
		return false;
	*left = *call;
	bpf_map_delete_elem(&ssl_calls, &thread);
	return true;
}

/* Bytes that the call took, or gave; 0: it failed, or waits. */
static __always_inline __u64 ssl_result(struct pt_regs *ctx, const struct cut_ssl_call *call)
{
	int returned = PT_REGS_RC(ctx);
	__u64 bytes = 0;

	if (returned <= 0)
		return 0;
	if (!call->result)
		return returned;
	bpf_probe_read_user(&bytes, sizeof(bytes), (void *)call->result);
	return bytes;
}

SEC("uprobe")
int ssl_handshake(struct pt_regs *ctx)
{
	ssl_enter(ctx, CUT_SSL_HANDSHAKE);
	return 0;
}

SEC("uprobe")
int ssl_write(struct pt_regs *ctx)
{
	ssl_enter(ctx, CUT_SSL_WRITE);
	return 0;
}

SEC("uprobe")
int ssl_read(struct pt_regs *ctx)
{
	ssl_enter(ctx, CUT_SSL_READ);
	return 0;
}

SEC("uretprobe")
int ssl_handshaken(struct pt_regs *ctx)
{
	struct cut_ssl_call call;

	ssl_leave(&call);
	return 0;
}

/*
 * All that is taken was seen in records. A write that waits (SSL_ERROR_WANT_WRITE) keeps those it
 * has made, and is called again for the same bytes.
 */
SEC("uretprobe")
int ssl_written(struct pt_regs *ctx)
{
	struct cut_ssl_call call;
	struct cut_session *session;
	__u64 taken;

	if (!ssl_leave(&call))
		return 0;
	session = ssl_session(&call);
	if (!session)
		return 0;
	taken = ssl_result(ctx, &call);
	if (!taken)
		return 0;
	if (taken != session->done)
		session_lose(session);
	session->done = 0;
	return 0;
}

SEC("uretprobe")
int ssl_has_read(struct pt_regs *ctx)
{
	struct cut_ssl_call call;
	struct cut_session *session;
	__u64 given;

	if (!ssl_leave(&call))
		return 0;
	session = ssl_session(&call);
	given = ssl_result(ctx, &call);
	if (session && given && !session->lost)
		session_read(session, CUT_DOWNSTREAM, call.buffer, given);
	return 0;
}

/* A ClientHello: when it leaves, its flow is this object's. */
static __always_inline void ssl_greets(const struct cut_ssl_call *call, const __u8 *record)
{
	struct cut_tls_random random;
	struct cut_session *session;
	struct cut_hello *hello;

	__builtin_memcpy(random.byte, record + CUT_TLS_HELLO_START, sizeof(random.byte));
	/* Of the hello after a HelloRetryRequest they are the same (RFC 8446, 4.1.2). */
	session = ssl_session(call);
	if (session && !cut_tls_same_random(&session->random, &random))
		session->ended = 1;
	hello = hello_slot(&random);
	if (!hello)
		return;
	ssl_session_key(call->ssl, &hello->session);
	hello->random = random;
}

/* Protected messages of the handshake look like data; whichever call they are made in. */
static __always_inline bool session_shakes_hands(struct cut_session *session, __u32 length)
{
	struct cut_tuple tuple = session->tuple;
	struct cut_flow *flow;

	if (session->handshaken)
		return false;
	flow = flow_lookup(&tuple);
	if (!flow || flow->protocol.tls.version != CUT_TLS_1_3) {
		session->handshaken = 1;
		return false;
	}
	session->handshaken = cut_record_is_finished(length);
	return true;
}

/* A record of application data. The same one again is what was not accepted at once. */
static __always_inline void session_makes_record(struct cut_session *session,
						 const struct cut_ssl_call *call,
						 const struct cut_tls_record *record)
{
	struct cut_record_part part;

	if (cut_tls_same_record(&session->last, record))
		return;
	session->last = *record;
	session->made += cut_record_counts(record->length);
	if (session_shakes_hands(session, record->length) || call->kind != CUT_SSL_WRITE)
		return;
	part = cut_record_holds(call->length - session->done, record->length, session->rekeyed);
	if (part.kind == CUT_RECORD_UNKNOWN)
		session_lose(session);
	if (part.kind != CUT_RECORD_DATA)
		return;
	session_read(session, CUT_UPSTREAM, call->buffer + session->done, part.bytes);
	session->done += part.bytes;
}

static __always_inline void ssl_makes_record(const struct cut_ssl_call *call, const __u8 *bytes,
					     __u32 size)
{
	struct cut_tls_record record = {.type = CUT_TLS_APPLICATION_DATA};
	struct cut_session *session = ssl_session(call);

	record.length = (__u16)bytes[3] << 8 | bytes[4];
	record.have = record.length < CUT_TLS_HEAD ? record.length : CUT_TLS_HEAD;
	__builtin_memcpy(record.head, bytes + CUT_TLS_HEADER_BYTES, CUT_TLS_HEAD);
	if (!session || session->lost)
		return;
	/* The rest of a record that was accepted in part, or several at once. */
	if (bytes[1] != 3 || size != CUT_TLS_HEADER_BYTES + record.length)
		return;
	session_makes_record(session, call, &record);
}

/* BIO_write(BIO *, const void *data, int size) */
SEC("uprobe")
int bio_write(struct pt_regs *ctx)
{
	__u64 thread = bpf_get_current_pid_tgid();
	struct cut_ssl_call *call = bpf_map_lookup_elem(&ssl_calls, &thread);
	__u32 size = PT_REGS_PARM3(ctx), most;
	__u8 bytes[CUT_TLS_HELLO_START + CUT_TLS_RANDOM + 5] = {0};

	if (!call || (int)size < CUT_TLS_HEADER_BYTES)
		return 0;
	most = size < CUT_TLS_HELLO_START + CUT_TLS_RANDOM ? size
							   : CUT_TLS_HELLO_START + CUT_TLS_RANDOM;
	CUT_OPAQUE(most);
	if (most > CUT_TLS_HELLO_START + CUT_TLS_RANDOM ||
	    bpf_probe_read_user(bytes, most, (void *)PT_REGS_PARM2(ctx)))
		return 0;
	if (bytes[0] == CUT_TLS_HANDSHAKE && most == CUT_TLS_HELLO_START + CUT_TLS_RANDOM &&
	    cut_record_is_hello(bytes))
		ssl_greets(call, bytes);
	else if (bytes[0] == CUT_TLS_APPLICATION_DATA)
		ssl_makes_record(call, bytes, size);
	return 0;
}

#endif
