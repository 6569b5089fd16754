/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Turns a SYN into the RST with which a host answers it where nobody listens (RFC 9293, 3.10.7.1),
 * and sends it back to where it came from.
 */
#ifndef CUT_PROG_REFUSE_H
#define CUT_PROG_REFUSE_H

#include "skb_truncate.h"

#define CUT_TCP_BARE_RST_ACK 0x5014 /* data offset of five words, RST and ACK */

static __always_inline long swap_bytes(struct __sk_buff *skb, __u32 a, __u32 b, __u32 size)
{
	__u8 first[16], second[16];

	if (size > sizeof(first))
		return -1;
	return bpf_skb_load_bytes(skb, a, first, size) ||
	       bpf_skb_load_bytes(skb, b, second, size) ||
	       bpf_skb_store_bytes(skb, a, second, size, 0) ||
	       bpf_skb_store_bytes(skb, b, first, size, 0);
}

/* Whoever it was to is who it comes from. Sums of addresses do not change by that. */
static __always_inline long refuse_turn(struct __sk_buff *skb, const struct cut_packet *packet)
{
	long failed = 0;

	if (packet->network)
		failed = swap_bytes(skb, offsetof(struct ethhdr, h_dest),
				    offsetof(struct ethhdr, h_source),
				    sizeof(((struct ethhdr *)0)->h_source));
	if (packet->ipv6)
		return failed || swap_bytes(skb, packet->network + offsetof(struct ipv6hdr, saddr),
					    packet->network + offsetof(struct ipv6hdr, daddr), 16);
	return failed || swap_bytes(skb, packet->network + offsetof(struct iphdr, saddr),
				    packet->network + offsetof(struct iphdr, daddr), 4);
}

static __always_inline long refuse_header(struct __sk_buff *skb, const struct cut_packet *packet)
{
	__u32 checksum = packet->transport + offsetof(struct tcphdr, check);
	struct tcphdr old, new = {0};
	__s64 difference;

	if (bpf_skb_load_bytes(skb, packet->transport, &old, sizeof(old)))
		return -1;
	new.source = old.dest;
	new.dest = old.source;
	new.ack_seq = bpf_htonl(packet->segment.seq + 1);
	new.check = old.check;
	*(__be16 *)((void *)&new + 12) = bpf_htons(CUT_TCP_BARE_RST_ACK);
	difference = bpf_csum_diff((__be32 *)&old, sizeof(old), (__be32 *)&new, sizeof(new), 0);
	return difference < 0 ||
	       bpf_skb_store_bytes(skb, packet->transport, &new, sizeof(new), 0) ||
	       bpf_l4_csum_replace(skb, checksum, 0, difference, 0);
}

/* True: it is the RST now, to be sent back. */
CUT_GLOBAL int segment_refuse(struct __sk_buff *skb, struct cut_packet *packet)
{
	if (!packet)
		return 0;
	/* Its options, and what TCP Fast Open puts behind them, go as payload does. */
	packet->segment.length = packet->segment.length + packet->payload - packet->transport -
				 sizeof(struct tcphdr);
	packet->payload = packet->transport + sizeof(struct tcphdr);
	return segment_truncate(skb, packet, CUT_EGRESS, 0) == CUT_TRUNCATED &&
	       !refuse_header(skb, packet) && !refuse_turn(skb, packet);
}

#endif
