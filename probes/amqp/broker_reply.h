// SPDX-License-Identifier: Apache-2.0
// Shared by broker.cpp and broker_frames.cpp only.
#pragma once

#include <amqp.h>
#include <chrono>
#include <string>

#include "probes/amqp/broker.h"

namespace cutpoint::probes {

constexpr amqp_channel_t for_messages = 1;
constexpr amqp_channel_t for_questions = 2;  // a refusal closes its channel

// What the broker gave as its reason; empty: it gave none.
std::string broker_reason(const amqp_method_t& method);
AmqpMessage read_properties(const amqp_basic_properties_t& properties);
timeval time_of(std::chrono::milliseconds time);

}  // namespace cutpoint::probes
