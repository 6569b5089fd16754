/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Shortens a TCP segment so that it ends exactly at the cut, with every length and checksum right
 * for devices that compute checksums themselves and for those that do not.
 */
#ifndef CUT_PROG_SKB_TRUNCATE_H
#define CUT_PROG_SKB_TRUNCATE_H

#include "../maps/packets.h"
#include "../maps/counters.h"
#include "packet.h"

#define CUT_CHANGE_TAIL_MAX 16064 /* bpf_skb_change_tail: EINVAL above (measured on 6.18) */
#define CUT_MAX_IP_LENGTH 65535
#define CUT_TCP_FIN_PSH 0x0009 /* in the 16-bit word of data offset and flags */

enum cut_truncation {
	CUT_TRUNCATED,
	CUT_TRUNCATION_DEFERRED, /* nothing was changed; TCP will send the prefix again, smaller */
	CUT_TRUNCATION_FAILED,
};

struct cut_tail_sum {
	struct __sk_buff *skb;
	struct cut_chunk *chunk;
	__u32 offset; /* even, relative to the TCP header */
	__u32 left;
	__u32 odd; /* 1: the first byte of the first chunk is kept, so it does not count */
	__s64 sum;
	__u32 failed;
};

static long tail_sum_step(__u32 index, void *context)
{
	struct cut_tail_sum *tail = context;
	__u32 size = tail->left < CUT_CHUNK ? tail->left : CUT_CHUNK;

	if (!size)
		return 1;
	__builtin_memset(tail->chunk->bytes.byte, 0, CUT_CHUNK);
	size = CUT_BOUND(size, CUT_CHUNK);
	if (bpf_skb_load_bytes(tail->skb, tail->offset, tail->chunk->bytes.byte, size)) {
		tail->failed = 1;
		return 1;
	}
	if (tail->odd)
		tail->chunk->bytes.byte[0] = 0;
	tail->odd = 0;
	tail->sum = bpf_csum_diff((__be32 *)tail->chunk->bytes.byte, CUT_CHUNK, NULL, 0, tail->sum);
	tail->offset += size;
	tail->left -= size;
	return tail->sum < 0;
}

/* The checksum difference of losing the payload from `keep` on. Negative: it cannot be read. */
static __always_inline __s64 tail_sum(struct __sk_buff *skb, const struct cut_packet *packet,
				      __u32 keep)
{
	__u32 odd = (packet->payload + keep - packet->transport) & 1;
	struct cut_tail_sum tail = {.skb = skb,
				    .chunk = chunk_of_this_cpu(),
				    .offset = packet->payload + keep - odd,
				    .left = packet->segment.length - keep + odd,
				    .odd = odd};

	if (!tail.chunk)
		return -1;
	tail.chunk->owner = 0;
	bpf_loop(65536 * 4 / CUT_CHUNK, tail_sum_step, &tail, 0);
	return tail.failed || tail.left ? -1 : tail.sum;
}

/* Length fields of the network header, and the length that the TCP pseudo-header counts. */
static __always_inline long truncate_network(struct __sk_buff *skb, const struct cut_packet *packet,
					     __u32 new_end)
{
	__be16 old_length, new_length;

	if (packet->ipv6) {
		new_length = bpf_htons(new_end - packet->transport);
		return bpf_skb_store_bytes(skb,
					   packet->network + offsetof(struct ipv6hdr, payload_len),
					   &new_length, sizeof(new_length), 0);
	}
	if (bpf_skb_load_bytes(skb, packet->network + offsetof(struct iphdr, tot_len), &old_length,
			       sizeof(old_length)))
		return -1;
	new_length = bpf_htons(new_end - packet->network);
	return bpf_l3_csum_replace(skb, packet->network + offsetof(struct iphdr, check), old_length,
				   new_length, sizeof(new_length)) ||
	       bpf_skb_store_bytes(skb, packet->network + offsetof(struct iphdr, tot_len),
				   &new_length, sizeof(new_length), 0);
}

static __always_inline long truncate_transport(struct __sk_buff *skb,
					       const struct cut_packet *packet, __u32 keep,
					       __s64 removed)
{
	__u32 checksum = packet->transport + offsetof(struct tcphdr, check);
	__u32 flags_at = packet->transport + 12;
	__u32 header = packet->payload - packet->transport;
	__be32 old_length = bpf_htonl(header + packet->segment.length);
	__be32 new_length = bpf_htonl(header + keep);
	__be16 old_flags, new_flags;

	/* Where the device computes the checksum the field holds the pseudo-header's sum alone;
	 * there the kernel ignores the two replacements that are not marked as pseudo-header. */
	if (bpf_l4_csum_replace(skb, checksum, old_length, new_length,
				BPF_F_PSEUDO_HDR | sizeof(new_length)) ||
	    bpf_l4_csum_replace(skb, checksum, 0, removed, 0) ||
	    bpf_skb_load_bytes(skb, flags_at, &old_flags, sizeof(old_flags)))
		return -1;
	/* A kept FIN would end the stream at the cut and lose the rest of the message for good. */
	new_flags = old_flags & ~bpf_htons(CUT_TCP_FIN_PSH);
	return bpf_l4_csum_replace(skb, checksum, old_flags, new_flags, sizeof(new_flags)) ||
	       bpf_skb_store_bytes(skb, flags_at, &new_flags, sizeof(new_flags), 0);
}

/* Keeps `keep` bytes of the payload. Header pointers of the caller are invalid afterwards. */
CUT_GLOBAL int segment_truncate(struct __sk_buff *skb, const struct cut_packet *packet,
				enum cut_side hook, __u32 keep)
{
	__u32 new_end, mtu = 0;
	__s64 removed;

	if (!packet)
		return CUT_TRUNCATION_FAILED;
	new_end = packet->payload + keep;
	/* Above 64 KiB the length is in a jumbo option (IPv6) or nowhere (IPv4): not to be mended.
	 */
	if (new_end - packet->network > CUT_MAX_IP_LENGTH ||
	    (packet->ipv6 && packet->transport != packet->network + sizeof(struct ipv6hdr)))
		return CUT_TRUNCATION_DEFERRED;
	if (hook == CUT_EGRESS && skb->gso_size) {
		/* change_tail turns a GSO skb into a plain one, which must then fit the device; of
		 * a GSO skb bpf_check_mtu itself accepts any length, but it says the MTU. */
		if (new_end > CUT_CHANGE_TAIL_MAX || bpf_check_mtu(skb, 0, &mtu, 0, 0) < 0 ||
		    new_end - packet->network > mtu)
			return CUT_TRUNCATION_DEFERRED;
	}
	removed = tail_sum(skb, packet, keep);
	if (removed < 0)
		return CUT_TRUNCATION_FAILED;
	if (truncate_network(skb, packet, new_end) ||
	    truncate_transport(skb, packet, keep, removed)) {
		count(CUT_COUNT_CHECKSUM_FAILED);
		return CUT_TRUNCATION_FAILED;
	}
	/* Too long to be shortened itself: the receiver trims to the length in the header. */
	if (new_end <= CUT_CHANGE_TAIL_MAX && bpf_skb_change_tail(skb, new_end, 0))
		return CUT_TRUNCATION_FAILED;
	return CUT_TRUNCATED;
}

#endif
