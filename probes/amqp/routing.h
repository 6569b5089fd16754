// SPDX-License-Identifier: Apache-2.0
// Where an exchange sends a message (AMQP 0-9-1, 3.1.3; RabbitMQ, "Exchanges").
#pragma once

#include <string>
#include <string_view>

namespace cutpoint::probes {

// Words are divided by dots; * is one word, # is none or more.
bool topic_matches(std::string_view pattern, std::string_view key);

enum class Route { leads, leads_not, undecided };

// undecided: an exchange of headers, or of a type that a plugin brings.
Route route(const std::string& exchange_type, std::string_view binding_key, std::string_view key);

}  // namespace cutpoint::probes
