// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "probes/amqp/broker.h"
#include "probes/amqp/observer.h"

namespace cutpoint::probes {

// Headers of another type than RabbitMQ gives them are as if they were not there.
DeadLetter read_dead_letter(const AmqpMessage& message);

}  // namespace cutpoint::probes
