// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
// The object that is loaded: one file per hook, sharing maps and settings.
#include "../abi/types.h"
#include <bpf/bpf_core_read.h>
#include <bpf/bpf_endian.h>
#include <bpf/bpf_helpers.h>
#include <bpf/bpf_tracing.h>

#include "code_mapped.h"
#include "iter_join.h"
#include "process_died.h"
#include "settings.h"
#include "sockops_enrol.h"
#include "ssl_probes.h"
#include "tc_egress.h"
#include "tc_ingress.h"
#include "tc_look.h"
#include "tc_segmented.h"
#include "tcp_evidence.h"
#include "tcp_owner.h"
#include "tcp_signal.h"

/* The kernel accepts this string for helpers that are for GPL programs alone. */
char LICENSE[] SEC("license") = "Dual BSD/GPL";
