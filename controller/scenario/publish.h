// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <vector>

#include "controller/scenario/model.h"
#include "controller/scenario/reader.h"

namespace cutpoint {

// Those of a workload `amqp.publish`.
const std::vector<std::string>& publish_keys();
void read_declare(const yaml::Field& field, DeclaredTopology& topology);
void read_publish(const yaml::MapReader& map, Scenario& scenario);

}  // namespace cutpoint
