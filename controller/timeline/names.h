// SPDX-License-Identifier: Apache-2.0
// The words for what the kernel reports in numbers. All of them come from the ABI's lists; a number
// that no list knows is shown as "?", never guessed.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "bpf/abi/fault.h"
#include "bpf/abi/vocabulary.h"

namespace cutpoint {

std::string_view event_name(unsigned kind);           // enum cut_event_kind: "flow.opened"
std::string_view direction_name(unsigned direction);  // enum cut_direction: "upstream"
std::string_view reason_name(unsigned reason);        // enum cut_reason: "straddles_cut"
std::string_view tcp_state_name(unsigned state);      // include/net/tcp_states.h: "ESTABLISHED"

// What a scenario calls them.
std::string_view mask_name(unsigned directions);  // enum cut_direction_mask: "both"
std::string_view ends_name(unsigned ends);        // enum cut_end: "client"
std::string_view acks_name(cut_acks acks);
std::string_view then_name(cut_then then);
std::string_view change_name(cut_change change);
std::string signal_name(int signal);  // "SIGKILL"
std::string_view scope_name(cut_scope scope);
std::string_view heal_name(cut_heal heal);
std::string_view mode_name(cut_mode mode);
std::string position_name(cut_position position, std::uint32_t byte);  // "byte:5"

// enum cut_protocol of a `protocol:`; nullopt: not in the list.
std::optional<unsigned> protocol_number(std::string_view name);

// In the words of `protocol` (enum cut_protocol).
std::string_view moment_name(unsigned protocol, unsigned bit);
std::vector<std::string> moment_names(unsigned protocol, std::uint64_t moments);
std::string_view attribute_name(unsigned protocol, unsigned attribute);
// As a filter in a scenario would write it: "INSERT" ("BEGIN+INSERT" for several), "40001", "T",
// "4711".
std::string attribute_text(unsigned protocol, unsigned attribute, std::uint32_t value);
// Number of attributes that facts of this protocol carry.
unsigned attribute_count(unsigned protocol);

}  // namespace cutpoint
