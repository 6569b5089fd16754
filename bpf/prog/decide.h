/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Of which service a flow is, where several share an address: the name in its ClientHello tells. */
#ifndef CUT_PROG_DECIDE_H
#define CUT_PROG_DECIDE_H

#include "../maps/services.h"
#include "../maps/sockets.h"
#include "protocol.h"
#include "report.h"
#include "settings.h"
#include "tie.h"

static __always_inline bool flow_is_undecided(const struct cut_flow *flow)
{
	return flow->head.service == CUT_SERVICE_UNDECIDED;
}

static __always_inline void flow_assign(struct cut_flow *flow, __u8 service)
{
	struct cut_socket *socket = socket_lookup(flow->head.cookie);

	flow->head.service = service;
	if (socket)
		socket->service = service;
}

/* It does not speak TLS, or asks for somebody else: the program at the hook forgets it. */
static __always_inline void flow_dismiss(struct cut_flow *flow)
{
	flow_assign(flow, CUT_SERVICE_NOBODY);
}

/*
 * Its ClientHello has been read. From here on it is as if it had been of its service all along: the
 * rules see this very message. Returns how the walk goes on.
 */
CUT_GLOBAL int flow_decide(struct cut_flow *flow, const struct cut_packet *packet)
{
	const struct cut_tls_name *name;
	__u8 found = CUT_SERVICE_NOBODY;
	struct cut_event *event;

	if (!flow || !packet)
		return CUT_WALK_STOPPED;
	name = &flow->protocol.tls.name;
	CUT_NO_UNROLL
	for (__u32 i = 0; i < CUT_MAX_SERVICES; i++) {
		const struct cut_service *service = &service_table[i];

		if (flow->named & 1U << i && name->text.length &&
		    service->name_length == name->text.length && service->name_hash == name->hash)
			found = i;
	}
	if (!name->text.length)
		count(CUT_COUNT_FLOWS_NAMELESS);
	flow_assign(flow, found);
	report_opened(flow, &packet->tuple, flow->first_seq[CUT_UPSTREAM] - 1);
	event = flow_event(flow, &packet->tuple, CUT_EVENT_FLOW_ESTABLISHED, CUT_UPSTREAM);
	if (event)
		event_submit(event);
	if (found == CUT_SERVICE_NOBODY)
		return CUT_WALK_STOPPED;
	if (protocol_of(flow) == CUT_PROTOCOL_TLS)
		return CUT_WALK_ON;
	/* What another parser would read is in TLS. */
	return plaintext && flow_wrap_decided(flow) ? CUT_WALK_ON : CUT_WALK_OPAQUE;
}

#endif
