/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* The two ends of a socket, as sockops programs see them. */
#ifndef CUT_PROG_SOCKOPS_ENDS_H
#define CUT_PROG_SOCKOPS_ENDS_H

#include "../abi/endpoint.h"
#include "../core/workarounds.h"

#define CUT_AF_INET 2

static __always_inline void sockops_address(__u32 family, __u32 v4, const __u32 v6[4],
					    struct cut_address *address)
{
	CUT_OPAQUE(v4);
	for (int i = 0; i < 4; i++)
		address->word[i] = v6[i];
	if (family != CUT_AF_INET)
		return;
	address->word[0] = 0;
	address->word[1] = 0;
	address->word[2] = bpf_htonl(0xffff);
	address->word[3] = v4;
}

static __always_inline void sockops_local(const struct bpf_sock_ops *ops,
					  struct cut_address *address)
{
	__u32 v6[4] = {ops->local_ip6[0], ops->local_ip6[1], ops->local_ip6[2], ops->local_ip6[3]};

	sockops_address(ops->family, ops->local_ip4, v6, address);
}

static __always_inline void sockops_remote(const struct bpf_sock_ops *ops,
					   struct cut_endpoint *remote)
{
	__u32 v6[4] = {ops->remote_ip6[0], ops->remote_ip6[1], ops->remote_ip6[2],
		       ops->remote_ip6[3]};

	sockops_address(ops->family, ops->remote_ip4, v6, &remote->address);
	remote->port = bpf_ntohl(ops->remote_port); /* in network order, in 32 bits */
	remote->reserved = 0;
}

#endif
