// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>

#include "probes/amqp/broker.h"
#include "probes/amqp/publisher.h"

namespace cutpoint::probes {

// "m17"
std::string message_id(int number);

// Nothing but the body tells a poison: it is cut short until it is no JSON.
AmqpMessage make_message(const PublishOptions& options, int number, bool poison);

}  // namespace cutpoint::probes
