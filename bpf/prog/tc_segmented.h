/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * The far end of the segmenter: a veth pair whose near end makes the kernel split what a device was
 * to split (GSO). A large segment that holds the cut cannot be shortened itself: it would lose the
 * size of its parts, and the device would drop it, or send bytes past the cut. So egress sends it
 * here, where its parts are judged one by one, and go on to the device that they were meant for.
 */
#ifndef CUT_PROG_TC_SEGMENTED_H
#define CUT_PROG_TC_SEGMENTED_H

#include "segment.h"

#define CUT_PACKET_HOST 0 /* include/uapi/linux/if_packet.h */

SEC("tc")
int tc_segmented(struct __sk_buff *skb)
{
	enum cut_direction direction = CUT_UPSTREAM;
	struct cut_packet *packet = packet_of_this_cpu();
	struct cut_verdict verdict;
	struct cut_flow *flow;

	if (!packet || !packet_read(skb, CUT_SEGMENTED, CUT_ETHERNET_HEADER, packet))
		return CUT_TCX_DROP;
	flow = flow_lookup(&packet->tuple);
	if (!flow) {
		direction = CUT_DOWNSTREAM;
		packet_turn(packet);
		flow = flow_lookup(&packet->tuple);
	}
	if (!flow || !flow->head.device)
		return CUT_TCX_DROP;
	verdict = cut_judge(CUT_EXTENT_FROM_SEQ, flow->head.line[direction].cut_seq,
			    &packet->segment, false);
	if (verdict.action == CUT_SWALLOW)
		return CUT_TCX_DROP;
	if (verdict.action == CUT_TRUNCATE &&
	    segment_truncate(skb, packet, CUT_EGRESS, verdict.keep) != CUT_TRUNCATED) {
		count(CUT_COUNT_TRUNCATE_FAILED);
		return CUT_TCX_DROP;
	}
	skb->mark = own_mark;
	/* By its address it is another host's, which loopback would drop. */
	bpf_skb_change_type(skb, CUT_PACKET_HOST);
	return bpf_redirect(flow->head.device, 0);
}

#endif
