// SPDX-License-Identifier: Apache-2.0
#include "controller/run/progress.h"

#include <fmt/format.h>
#include <unistd.h>

#include "controller/util/clock.h"

namespace cutpoint {
namespace {

constexpr double ns_per_second = 1e9;

std::string words(const FaultProgress& fault, std::int64_t now) {
  switch (fault.state) {
    case FaultProgress::State::waiting:
      return fault.name + " waiting";
    case FaultProgress::State::armed:
      return fault.name + " armed";
    case FaultProgress::State::fired: {
      const double left = static_cast<double>(fault.heals_at_ns - now) / ns_per_second;
      return fmt::format("{} FIRED, heals in {:.1f} s", fault.name, left > 0 ? left : 0.0);
    }
    case FaultProgress::State::healed:
      return fault.name + " healed";
  }
  return {};
}

}  // namespace

Progress::Progress(bool terminal, bool quiet)
    : terminal_(terminal && !quiet), quiet_(quiet), started_ns_(now_ns()) {}

Progress::~Progress() {
  erase();
}

// A closed or full stderr must not end a run: the fault would stay unreported.
void Progress::write(std::string_view text) {
  while (!text.empty()) {
    const ssize_t written = ::write(STDERR_FILENO, text.data(), text.size());
    if (written <= 0) return;
    text.remove_prefix(static_cast<std::size_t>(written));
  }
}

void Progress::erase() {
  if (drawn_) write("\r\033[K");
  drawn_ = false;
}

void Progress::log(std::string_view line) {
  if (!quiet_) warn(line);
}

void Progress::warn(std::string_view line) {
  erase();
  const auto since = now_ns() - started_ns_;
  write(fmt::format("{:9.3f}  {}\n", static_cast<double>(since) / ns_per_second, line));
}

void Progress::phase(std::string_view name) {
  if (phase_ == name) return;
  phase_ = name;
  log(fmt::format("phase: {}", name));
}

void Progress::draw(const std::vector<FaultProgress>& faults) {
  if (!terminal_) return;
  const auto now = now_ns();
  std::string line = phase_;
  for (const FaultProgress& fault : faults) line += " | " + words(fault, now);
  erase();
  write(line);
  drawn_ = true;
}

}  // namespace cutpoint
