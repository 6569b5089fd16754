// SPDX-License-Identifier: Apache-2.0
#include "controller/report/trace_tracks.h"

namespace cutpoint {

void TraceTracks::begin_run(const std::string& prefix) {
  prefix_ = prefix;
  processes_.clear();
  threads_.clear();
}

int TraceTracks::process(const std::string& name) {
  const auto [found, is_new] = processes_.try_emplace(name, used_ + 1);
  if (is_new) events_.name_process(++used_, prefix_ + name);
  return found->second;
}

TraceThread TraceTracks::thread(const std::string& process_name, const std::string& name) {
  const int number = process(process_name);
  const auto [found, is_new] =
      threads_.try_emplace({process_name, name}, TraceThread{number, used_ + 1});
  if (is_new) {
    ++used_;
    events_.name_thread(found->second, name);
  }
  return found->second;
}

void TraceCounters::change(int process, const std::string& name, int by, std::int64_t ns) {
  std::uint64_t& value = values_[{process, name}];
  value += static_cast<std::uint64_t>(by);  // modulo 2^64: never below 0
  events_.counter(process, ns, name, value);
}

}  // namespace cutpoint
