// SPDX-License-Identifier: Apache-2.0
// `cutpoint trace` as a user runs it, in a process of its own beside the load.
#pragma once

#include <cstdint>
#include <map>
#include <nlohmann/json.hpp>
#include <string>
#include <sys/types.h>
#include <vector>

#include "controller/util/netns.h"
#include "tests/bench/temporary_directory.h"
#include "tests/scenarios/program.h"

namespace cutpoint::bench {

// What a trace has written.
struct Traced {  // NOLINT(bugprone-exception-escape): of json, which without memory throws
  std::map<std::string, std::uint64_t> lines;  // by moment
  std::uint64_t lost = 0;                      // events, as it has told of them
  std::uint64_t measured = 0;                  // answers, in its histogram
  std::uint64_t passed_over = 0;               // requests that are in none
  nlohmann::json summary;                      // null: it was not asked for

  [[nodiscard]] std::uint64_t all_lines() const;
  // Of the moments of which there are lines: how many messages the kernel has counted.
  [[nodiscard]] std::uint64_t counted() const;
};

class Tracer {
 public:
  // Of all connections from `netns` to `address`, which is host:port; `words`: view and options.
  // It traces when this returns; throws where it does not come to that.
  Tracer(const NetworkNamespace& netns, const std::string& address,
         const std::vector<std::string>& words);

  [[nodiscard]] pid_t pid() const { return program_.pid(); }
  [[nodiscard]] std::string state_directory() const { return directory_.path() + "/state"; }
  // Ends it as Ctrl-C does. Throws where it fails.
  Traced end();

 private:
  [[nodiscard]] std::string file() const { return directory_.path() + "/trace.jsonl"; }

  TemporaryDirectory directory_;
  Program program_;
};

}  // namespace cutpoint::bench
