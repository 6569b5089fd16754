/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * iter/tcp: enrols connections that the target opened before the programs were attached. The kernel
 * holds the socket's lock meanwhile (net/ipv4/tcp_ipv4.c, bpf_iter_tcp_seq_show), so nothing is
 * sent between the look and the enrolment.
 */
#ifndef CUT_PROG_ITER_JOIN_H
#define CUT_PROG_ITER_JOIN_H

#include "../maps/joins.h"
#include "join.h"
#include "sockops_enrol.h"
#include "tcp_evidence.h"

#define CUT_JOIN_QUIET_NS 100000000ULL

/*
 * Nothing is on its way, and the service had the last word: a request that it has not looked at yet
 * would be taken for an answered one. `sent`, `received`: when the client did so last, in ticks;
 * within one, age must tell.
 */
static __always_inline bool tcp_is_quiet(const struct tcp_sock *tcp, __u32 sent, __u32 received)
{
	__u32 age = (__u32)bpf_jiffies64() - sent;

	return tcp->snd_una == tcp->write_seq && tcp->snd_nxt == tcp->write_seq &&
	       tcp->rcv_nxt == tcp->copied_seq &&
	       ((__s32)(received - sent) > 0 || age * jiffy_ns >= CUT_JOIN_QUIET_NS);
}

static __always_inline bool join_rests(const struct cut_join_wish *wish,
				       const struct cut_join_sight *sight)
{
	return wish->rests && sight->quiet && wish->sent == sight->sent &&
	       wish->received == sight->received;
}

/* Of a trace. */
static __always_inline bool join_is_accepted(const struct cut_join_sight *sight)
{
	return accepts && sight->accepted;
}

/* It has said its name, if it has, before anybody listened. */
static __always_inline void join_nobody(const struct cut_socket *socket, __u64 cookie)
{
	struct cut_socket nobodys = {.service = CUT_SERVICE_NOBODY, .joined = 1};

	if (!socket && !bpf_map_update_elem(&sockets, &cookie, &nobodys, BPF_ANY))
		count(CUT_COUNT_FLOWS_UNTOLD);
}

/* What its client sends shows no cookie, so its flow cannot be made later. */
static __always_inline bool join_accepted(struct cut_join_sight *sight)
{
	struct cut_flow *flow =
		accepted_open(&sight->tuple, sight->cookie, sight->service, CUT_ACCEPTED_IT_IS);

	if (flow)
		flow->head.joined = 1;
	return flow;
}

static __always_inline void join_first(struct cut_join_sight *sight)
{
	struct cut_socket socket = {.tuple = sight->tuple, .service = sight->service, .joined = 1};

	if (join_is_accepted(sight)) {
		socket.accepted = 1;
		socket.seen = 1;
	}
	if (bpf_map_update_elem(&sockets, &sight->cookie, &socket, BPF_ANY)) {
		count(CUT_COUNT_FLOWS_FULL);
		return;
	}
	if (!join_is_accepted(sight))
		__sync_fetch_and_add(&joins_unseen, 1);
	else if (!join_accepted(sight))
		return;
	join_report(&sight->tuple, &socket, sight->cookie);
}

/* The service rests where the socket stands. */
static __always_inline void join_synchronise(struct cut_socket *socket,
					     const struct cut_join_sight *sight, __u8 word)
{
	struct cut_flow *flow = socket->seen ? flow_lookup(&socket->tuple) : NULL;

	socket->sent = sight->sent;
	socket->received = sight->received;
	socket->word = word;
	socket->synchronised = 1;
	if (flow && flow->head.cookie == sight->cookie)
		flow_synchronise(flow, word, sight->sent, sight->received, CUT_SYNC_ON);
}

/* Enrols the socket, or takes in what was learnt of it since. */
static __always_inline void join_socket(struct cut_socket *socket, struct cut_join_sight *sight,
					const struct cut_join_wish *wish)
{
	bool news = false;

	if (!socket) {
		join_first(sight);
		return;
	}
	if (!socket->synchronised && join_rests(wish, sight)) {
		join_synchronise(socket, sight, wish->word);
		news = true;
	}
	if (socket->peer != wish->peer && wish->peer) {
		socket->peer = wish->peer;
		news |= socket->synchronised;
	}
	sight->synchronised = socket->synchronised;
	if (news)
		join_report(&sight->tuple, socket, sight->cookie);
}

/* Of which service the socket is, and how it stands to it; NULL: of none that is wanted. */
static __always_inline __u32 *join_place(const struct sock *sk, struct cut_join_sight *sight)
{
	struct cut_tuple *tuple = &sight->tuple;
	struct cut_endpoint own, remote = {0};
	__u32 *service;

	sock_addresses(sk, &tuple->local, &tuple->remote);
	tuple->local_port = sk->__sk_common.skc_num;
	tuple->remote_port = bpf_ntohs(sk->__sk_common.skc_dport);
	remote.address = tuple->remote;
	remote.port = tuple->remote_port;
	service = service_lookup(&remote);
	if (service && sockops_is_spared(&remote, tuple->local_port))
		return NULL;
	if (!service && accepts) {
		own.address = tuple->local;
		own.port = tuple->local_port;
		own.reserved = 0;
		service = service_lookup(&own);
		sight->accepted = 1;
		tuple->local = remote.address;
		tuple->local_port = remote.port;
		tuple->remote = own.address;
		tuple->remote_port = own.port;
	}
	return service && peers_want(tuple) ? service : NULL;
}

SEC("iter/tcp")
int iter_join(struct bpf_iter__tcp *ctx)
{
	struct sock_common *common = ctx->sk_common;
	struct cut_join_sight sight = {0};
	const struct cut_join_wish *wish;
	struct cut_socket *socket;
	const struct sock *sk;
	struct tcp_sock *tcp;
	__u32 *service;

	if (!common)
		return 0;
	tcp = bpf_skc_to_tcp_sock(common);
	if (!tcp)
		return 0;
	sk = &tcp->inet_conn.icsk_inet.sk;
	if (sk->__sk_common.skc_state != CUT_TCP_ESTABLISHED ||
	    sk->__sk_common.skc_net.net->net_cookie != target_netns)
		return 0;
	sight.inode = sk->sk_socket->file->f_inode->i_ino;
	wish = bpf_map_lookup_elem(&joins, &sight.inode);
	if (!wish)
		return 0;
	service = join_place(sk, &sight);
	if (!service)
		return 0;
	sight.cookie = bpf_get_socket_cookie(tcp);
	socket = socket_lookup(sight.cookie);
	if (socket && !socket->joined)
		return 0; /* its SYN was seen */
	if (join_is_accepted(&sight) && !socket &&
	    (*service >= CUT_MAX_SERVICES || flow_was_connected(flow_lookup(&sight.tuple))))
		return 0; /* of nobody that we know, or the end that connects is looked at */
	if (*service >= CUT_MAX_SERVICES) {
		join_nobody(socket, sight.cookie);
		return 0;
	}
	sight.service = *service;
	sight.sent = tcp->snd_nxt;
	sight.received = tcp->rcv_nxt;
	sight.quiet = tcp_is_quiet(tcp, tcp->lsndtime, tcp->inet_conn.icsk_ack.lrcvtime);
	if (join_is_accepted(&sight)) {
		sight.sent = tcp->rcv_nxt;
		sight.received = tcp->snd_nxt;
		sight.quiet = tcp_is_quiet(tcp, tcp->inet_conn.icsk_ack.lrcvtime, tcp->lsndtime);
	}
	if (!join_is_accepted(&sight) || wish->accepts || socket)
		join_socket(socket, &sight, wish);
	bpf_seq_write(ctx->meta->seq, &sight, sizeof(sight));
	return 0;
}

#endif
