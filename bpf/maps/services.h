/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * services: address and port, as applications connect to it -> index of the service, or which ones
 * a ClientHello's name may tell (CUT_SERVICE_NAMED_SHIFT). The zero address stands for every host
 * that has no entry of its own at that port.
 * Written by the controller before the programs are attached; constant afterwards.
 */
#ifndef CUT_MAPS_SERVICES_H
#define CUT_MAPS_SERVICES_H

#include "../abi/control.h"
#include "../abi/endpoint.h"

struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, 64);
	__type(key, struct cut_endpoint);
	__type(value, __u32);
} services SEC(".maps");

/* NULL: of no service. */
static __always_inline __u32 *service_lookup(const struct cut_endpoint *remote)
{
	struct cut_endpoint any = {.port = remote->port};
	__u32 *service = bpf_map_lookup_elem(&services, remote);

	return service ? service : bpf_map_lookup_elem(&services, &any);
}

struct cut_service service_table[CUT_SERVICE_SLOTS];
struct cut_service_cut service_cuts[CUT_SERVICE_SLOTS][CUT_DIRECTIONS];

/*
 * One bit per remote port that a target flow uses on the wire: the first thing every segment is
 * asked. Service ports are set by the controller, ports behind NAT when the SYN shows them.
 */
__u64 wire_ports[65536 / 64];

static __always_inline bool wire_port_used(__u16 port)
{
	return wire_ports[port >> 6] & (1ULL << (port & 63));
}

static __always_inline void wire_port_use(__u16 port)
{
	if (!wire_port_used(port))
		__sync_fetch_and_or(&wire_ports[port >> 6], 1ULL << (port & 63));
}

#endif
