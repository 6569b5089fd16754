// SPDX-License-Identifier: Apache-2.0
#include "tests/scenarios/lab_script.h"

#include <stdexcept>

namespace cutpoint {

Program::Ended LabScript::run(const std::string& action) const {
  Program::Options options;
  options.environment = {{"CUTPOINT_LAB_DIR", directory},
                         {"CUTPOINT_LAB_PG_PORT", port},
                         {"CUTPOINT_LAB_PG_ALSO", also},
                         {"CUTPOINT_LAB_PG_TLS", tls ? "on" : "off"}};
  options.netns = netns;
  return Program::run({CUTPOINT_SOURCE_DIR "/scripts/lab", action, "postgres"}, options);
}

std::string exported(const std::string& environment, const std::string& name) {
  const std::string start = "export " + name + "='";
  const auto begin = environment.find(start);
  if (begin == std::string::npos) throw std::runtime_error("the lab exports no " + name);
  const auto value = begin + start.size();
  return environment.substr(value, environment.find('\'', value) - value);
}

}  // namespace cutpoint
