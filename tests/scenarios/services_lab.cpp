// SPDX-License-Identifier: Apache-2.0
#include "tests/scenarios/services_lab.h"

#include <charconv>
#include <filesystem>
#include <stdexcept>

namespace cutpoint {
namespace {

namespace fs = std::filesystem;

constexpr auto lab_script = CUTPOINT_SOURCE_DIR "/scripts/lab";

}  // namespace

ServicesLab::ServicesLab(std::string directory, int first_port)
    : directory_(std::move(directory)), first_port_(first_port) {
  options_.environment = {
      {"CUTPOINT_LAB_DIR", directory_},
      {"CUTPOINT_LAB_AMQP_PORT", std::to_string(port_of("rabbitmq"))},
      {"CUTPOINT_LAB_LLM_PORT", std::to_string(port_of("llm"))},
      {"CUTPOINT_LAB_REDIS_PORT", std::to_string(port_of("redis"))},
  };
}

int ServicesLab::port_of(const std::string& service) const {
  if (service == "rabbitmq") return first_port_;  // and four more
  if (service == "llm") return first_port_ + 5;   // and one more
  if (service == "redis") return first_port_ + 7;
  throw std::logic_error("no port for " + service);
}

Program::Ended ServicesLab::run(const std::string& action,
                                const std::vector<std::string>& services) const {
  std::vector<std::string> words{lab_script, action};
  words.insert(words.end(), services.begin(), services.end());
  return Program::run(words, options_);
}

Program::Ended ServicesLab::client(const std::vector<std::string>& services,
                                   const std::string& command) const {
  auto environment = run("env", services);
  if (environment.code != 0) return environment;
  return Program::run({"bash", "-euc", environment.out + command}, options_);
}

std::vector<pid_t> ServicesLab::processes() const {
  std::vector<pid_t> found;
  for (const auto& entry : fs::directory_iterator("/proc")) {
    const std::string name = entry.path().filename();
    pid_t pid = 0;
    if (std::from_chars(name.data(), name.data() + name.size(), pid).ec != std::errc()) continue;
    std::error_code gone;
    const std::string where = fs::read_symlink(entry.path() / "cwd", gone);
    if (!gone && where.starts_with(directory_ + "/")) found.push_back(pid);
  }
  return found;
}

}  // namespace cutpoint
