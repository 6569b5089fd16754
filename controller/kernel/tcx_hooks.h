// SPDX-License-Identifier: Apache-2.0
// Places in the tcx chains of network devices. To take one costs the kernel an RCU grace period,
// about 10 ms, with the lock of all devices held (kernel/bpf/tcx.c), so several are taken one after
// the other; to replace the program that is there costs nothing. So they are taken with a program
// that does nothing, while the real ones are being verified.
#pragma once

#include <bpf/bpf.h>
#include <string>
#include <vector>

#include "controller/util/links.h"
#include "controller/util/netns.h"
#include "controller/util/result.h"
#include "controller/util/unique_fd.h"

namespace cutpoint {

// linux/bpf.h of kernel 6.6; libbpf 1.1 does not know them.
inline constexpr auto tcx_ingress = static_cast<enum bpf_attach_type>(46);
inline constexpr auto tcx_egress = static_cast<enum bpf_attach_type>(47);

// What is to run there: of bpf/prog/. The _l3 ones where packets have no link-layer header.
enum class TcxProgram { egress, egress_l3, ingress, ingress_l3, segmented };

struct TcxHook {
  TcxProgram program;
  enum bpf_attach_type type;
  int interface;     // index
  std::string name;  // for people: "tcx/egress lo"
};

// Both directions of the interface; none if nothing can be parsed there.
std::vector<TcxHook> tcx_hooks_of(const Interface& interface);

class TcxHooks {
 public:
  // At the end of each chain, in this order, but for those of devices that are gone; released with
  // the object. Errors (3) name the hook.
  static Result<TcxHooks> take(const NetworkNamespace& netns, const std::vector<TcxHook>& hooks);

  [[nodiscard]] const std::vector<TcxHook>& list() const { return hooks_; }
  // Runs the program at the hook list()[index] from now on.
  Status put(std::size_t index, int program_fd);

 private:
  std::vector<TcxHook> hooks_;
  std::vector<UniqueFd> links_;  // of hooks_, in the same order
};

}  // namespace cutpoint
