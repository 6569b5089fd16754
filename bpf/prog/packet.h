/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* From an skb to the TCP segment of a target flow: headers only, by direct access. */
#ifndef CUT_PROG_PACKET_H
#define CUT_PROG_PACKET_H

#include "../maps/packets.h"
#include "../maps/services.h"
#include "settings.h"

#define CUT_ETH_P_IP 0x0800
#define CUT_ETH_P_IPV6 0x86dd
#define CUT_IP_OFFSET_MASK 0x1fff /* fragment offset, in units of 8 bytes */
#define CUT_TCP_FLAGS 13	  /* index of the byte in TCP's header */
#define CUT_MAX_HEADERS (14 + 60 + 60)
#define CUT_IPV6_HOP_BY_HOP 0
#define CUT_IPV6_JUMBO 0xc204 /* a hop-by-hop option and its length (RFC 2675, 2) */

/* Who the remote side is: egress sends to it, ingress receives from it. */
enum cut_side {
	CUT_EGRESS,
	CUT_INGRESS,
	CUT_EITHER,    /* not known yet: taken for egress */
	CUT_SEGMENTED, /* likewise, whatever the ports */
};

/*
 * The hook. On loopback what the target receives is met as it leaves the other end, where one
 * socket's segments come in order: on the way in a sender that moves between processors overtakes
 * itself, for each has a queue of its own.
 */
static __always_inline enum cut_side packet_hook(const struct __sk_buff *skb,
						 enum cut_direction direction)
{
	return direction == CUT_UPSTREAM || skb->ifindex == loopback ? CUT_EGRESS : CUT_INGRESS;
}

/* Most have no mark, and are asked for no more. */
static __always_inline bool packet_is_own(const struct __sk_buff *skb)
{
	return skb->mark && skb->mark == own_mark;
}

static __always_inline bool packet_was_held(const struct __sk_buff *skb)
{
	return skb->mark && skb->mark == held_mark;
}

static __always_inline void packet_address_v4(struct cut_address *address, __be32 v4)
{
	address->word[0] = 0;
	address->word[1] = 0;
	address->word[2] = bpf_htonl(0xffff);
	address->word[3] = v4;
}

static __always_inline void packet_segment(struct cut_packet *packet, const struct tcphdr *tcp,
					   __u32 end)
{
	packet->payload = packet->transport + tcp->doff * 4;
	packet->segment.seq = bpf_ntohl(tcp->seq);
	packet->segment.length = end > packet->payload ? end - packet->payload : 0;
	packet->segment.flags = ((const __u8 *)tcp)[CUT_TCP_FLAGS];
	packet->acknowledged = bpf_ntohl(tcp->ack_seq);
}

/* It is a SYN of the end that connects. */
static __always_inline bool packet_connects(const struct cut_packet *packet)
{
	return (packet->segment.flags & (CUT_SYN | CUT_ACK)) == CUT_SYN;
}

/* To the view of the other end. */
static __always_inline void packet_turn(struct cut_packet *packet)
{
	struct cut_address address = packet->tuple.local;
	__u16 port = packet->tuple.local_port;

	packet->tuple.local = packet->tuple.remote;
	packet->tuple.local_port = packet->tuple.remote_port;
	packet->tuple.remote = address;
	packet->tuple.remote_port = port;
}

/* Ports decide first, because almost every segment of a host belongs to no target flow. */
static __always_inline bool packet_ports(struct cut_packet *packet, const struct tcphdr *tcp,
					 enum cut_side side)
{
	__u16 source = bpf_ntohs(tcp->source), dest = bpf_ntohs(tcp->dest);

	packet->tuple.local_port = side == CUT_INGRESS ? dest : source;
	packet->tuple.remote_port = side == CUT_INGRESS ? source : dest;
	if (side == CUT_SEGMENTED || wire_port_used(packet->tuple.remote_port))
		return true;
	if (side == CUT_EITHER && wire_port_used(packet->tuple.local_port))
		return true;
	/* A SYN may show a port that NAT has just chosen. */
	return side != CUT_INGRESS && tcp->syn && !tcp->ack;
}

/* Read as CUT_EITHER: the target may have sent it. */
static __always_inline bool packet_may_be_sent(const struct cut_packet *packet)
{
	return wire_port_used(packet->tuple.remote_port) || packet_connects(packet);
}

/* What has come of reading its headers. */
enum cut_reading {
	CUT_READING_FOREIGN = 0, /* it cannot belong to a target flow */
	CUT_READING_DONE,
	CUT_READING_APART, /* they are not in one piece */
};

static __always_inline enum cut_reading packet_read_v4(struct __sk_buff *skb, enum cut_side side,
						       __u32 network, struct cut_packet *packet)
{
	void *data = (void *)(long)skb->data, *data_end = (void *)(long)skb->data_end;
	struct iphdr *ip = data + network;
	struct tcphdr *tcp;
	__u32 end;

	if ((void *)(ip + 1) > data_end)
		return CUT_READING_APART;
	if (ip->protocol != IPPROTO_TCP || ip->frag_off & bpf_htons(CUT_IP_OFFSET_MASK))
		return CUT_READING_FOREIGN;
	tcp = (void *)ip + ip->ihl * 4;
	if ((void *)(tcp + 1) > data_end)
		return CUT_READING_APART;
	if (!packet_ports(packet, tcp, side))
		return CUT_READING_FOREIGN;
	packet->transport = network + ip->ihl * 4;
	/* Short frames are padded, so the header counts; above 64 KiB (BIG TCP) it says 0. */
	end = ip->tot_len ? network + bpf_ntohs(ip->tot_len) : skb->len;
	packet_address_v4(&packet->tuple.local, side == CUT_INGRESS ? ip->daddr : ip->saddr);
	packet_address_v4(&packet->tuple.remote, side == CUT_INGRESS ? ip->saddr : ip->daddr);
	packet_segment(packet, tcp, end);
	return end <= skb->len ? CUT_READING_DONE : CUT_READING_FOREIGN;
}

/* What Linux puts in front of TCP above 64 KiB, to be segmented by a device (kernel 6.18). */
struct cut_jumbo_header {
	__u8 next_header;
	__u8 length; /* in units of 8 bytes, without the first */
	__be16 option;
	__be32 payload_length;
};

/* Out of the way of IPv4. */
static __noinline enum cut_reading packet_read_v6(struct __sk_buff *skb, enum cut_side side,
						  __u32 network, struct cut_packet *packet)
{
	void *data = (void *)(long)skb->data, *data_end = (void *)(long)skb->data_end;
	struct ipv6hdr *ip = data + network;
	struct cut_jumbo_header *jumbo = (void *)(ip + 1);
	struct tcphdr *tcp = (void *)(ip + 1);
	__u32 end;

	if ((void *)(tcp + 1) > data_end)
		return CUT_READING_APART;
	packet->transport = network + sizeof(*ip);
	end = ip->payload_len ? packet->transport + bpf_ntohs(ip->payload_len) : skb->len;
	/* Other extension headers do not occur on TCP segments that a host's own stack sends. */
	if (ip->nexthdr == CUT_IPV6_HOP_BY_HOP) {
		tcp = (void *)(jumbo + 1);
		if ((void *)(tcp + 1) > data_end)
			return CUT_READING_APART;
		if (jumbo->next_header != IPPROTO_TCP || jumbo->length ||
		    jumbo->option != bpf_htons(CUT_IPV6_JUMBO))
			return CUT_READING_FOREIGN;
		packet->transport += sizeof(*jumbo);
	} else if (ip->nexthdr != IPPROTO_TCP) {
		return CUT_READING_FOREIGN;
	}
	if (!packet_ports(packet, tcp, side))
		return CUT_READING_FOREIGN;
	__builtin_memcpy(&packet->tuple.local, side == CUT_INGRESS ? &ip->daddr : &ip->saddr, 16);
	__builtin_memcpy(&packet->tuple.remote, side == CUT_INGRESS ? &ip->saddr : &ip->daddr, 16);
	packet->ipv6 = true;
	packet_segment(packet, tcp, end);
	return end <= skb->len ? CUT_READING_DONE : CUT_READING_FOREIGN;
}

/*
 * Some drivers leave even the headers in page fragments. Only then are they pulled: TCP's own
 * segments are clones, of which a pull copies the whole head.
 */
static __noinline enum cut_reading packet_read_apart(struct __sk_buff *skb, enum cut_side side,
						     __u32 network, struct cut_packet *packet)
{
	if (skb->data_end - skb->data >= skb->len ||
	    bpf_skb_pull_data(skb, skb->len < CUT_MAX_HEADERS ? skb->len : CUT_MAX_HEADERS))
		return CUT_READING_FOREIGN;
	return skb->protocol == bpf_htons(CUT_ETH_P_IP)
		       ? packet_read_v4(skb, side, network, packet)
		       : packet_read_v6(skb, side, network, packet);
}

/* False: not a segment that can belong to a target flow. `network`: length of the link header. */
static __always_inline bool packet_read(struct __sk_buff *skb, enum cut_side side, __u32 network,
					struct cut_packet *packet)
{
	enum cut_reading reading;

	packet->network = network;
	packet->ipv6 = false;
	if (skb->protocol == bpf_htons(CUT_ETH_P_IP))
		reading = packet_read_v4(skb, side, network, packet);
	else if (skb->protocol == bpf_htons(CUT_ETH_P_IPV6))
		reading = packet_read_v6(skb, side, network, packet);
	else
		return false;
	if (reading == CUT_READING_APART)
		reading = packet_read_apart(skb, side, network, packet);
	return reading == CUT_READING_DONE;
}

#endif
