// SPDX-License-Identifier: Apache-2.0
// Filters of the clsact qdiscs of network devices. They outlive a killed process: then the lease
// makes them inert, and the guardian or `clear` removes them, by name.
#pragma once

#include <memory>
#include <vector>

#include "controller/kernel/hooks.h"

namespace cutpoint {

class ClsactHooks final : public Hooks {
 public:
  static Result<std::unique_ptr<Hooks>> take(const NetworkNamespace& netns,
                                             const std::vector<Hook>& hooks);
  ~ClsactHooks() override;  // NOLINT(bugprone-exception-escape): without memory the program ends

  [[nodiscard]] const std::vector<Hook>& list() const override { return hooks_; }
  Status put(std::size_t index, int program_fd) override;

 private:
  explicit ClsactHooks(const NetworkNamespace& netns) : netns_(&netns) {}

  const NetworkNamespace* netns_;
  std::vector<Hook> hooks_;
  std::vector<TcFilter> filters_;  // those that have been added
};

}  // namespace cutpoint
