// SPDX-License-Identifier: Apache-2.0
// Places in the tcx chains of network devices. To take one costs the kernel an RCU grace period,
// about 10 ms, with the lock of all devices held (kernel/bpf/tcx.c), so several are taken one after
// the other; to replace the program that is there costs nothing. So they are taken with a program
// that does nothing, while the real ones are being verified.
#pragma once

#include <bpf/bpf.h>
#include <memory>
#include <vector>

#include "controller/kernel/hooks.h"
#include "controller/util/unique_fd.h"

namespace cutpoint {

// linux/bpf.h of kernel 6.6; libbpf 1.1 does not know them.
inline constexpr auto tcx_ingress = static_cast<enum bpf_attach_type>(46);
inline constexpr auto tcx_egress = static_cast<enum bpf_attach_type>(47);

class TcxHooks final : public Hooks {
 public:
  // The kernel has such links. Error (3): it does not even load a program.
  static Result<bool> are_there();

  static Result<std::unique_ptr<Hooks>> take(const NetworkNamespace& netns,
                                             const std::vector<Hook>& hooks);

  [[nodiscard]] const std::vector<Hook>& list() const override { return hooks_; }
  Status put(std::size_t index, int program_fd) override;

 private:
  std::vector<Hook> hooks_;
  std::vector<UniqueFd> links_;  // of hooks_, in the same order
};

}  // namespace cutpoint
