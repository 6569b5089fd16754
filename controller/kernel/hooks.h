// SPDX-License-Identifier: Apache-2.0
// Where the programs meet packets: tcx links, or, on kernels that have none (below 6.6), filters of
// a clsact qdisc.
#pragma once

#include <cstddef>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "controller/util/clsact.h"
#include "controller/util/links.h"
#include "controller/util/netns.h"
#include "controller/util/result.h"

namespace cutpoint {

enum class HookKind { tcx, clsact };
std::string_view name_of(HookKind kind);

// tcx where the kernel takes it, found out by asking for such a link. Error (3): not even that.
Result<HookKind> find_hook_kind();

// What is to run there: of bpf/prog/. The _l3 ones where packets have no link-layer header.
enum class HookProgram { egress, egress_l3, ingress, ingress_l3, look, look_l3, segmented };

struct Hook {
  HookProgram program;
  HookSide side;
  int interface;     // index
  std::string name;  // for people: "tcx/egress lo"
};

// Something can be parsed there, and it is not a device of cutpoint's own.
bool has_hooks(const Interface& interface);
// Both directions of the interface; none if it has no hooks.
std::vector<Hook> hooks_of(const Interface& interface, HookKind kind);
// The same for a trace, where one program looks at either end of a connection.
std::vector<Hook> looking_hooks_of(const Interface& interface, HookKind kind);
// For the parts of large segments, at the far end of the segmenter.
Hook segmenter_hook(int far, HookKind kind);

// Places at the end of each hook's chain of programs, in the order of the list; left with the
// object.
class Hooks {
 public:
  // Of devices that are gone, none is taken. Errors (3) name the hook. clsact: their qdiscs are
  // there.
  static Result<std::unique_ptr<Hooks>> take(const NetworkNamespace& netns,
                                             const std::vector<Hook>& hooks, HookKind kind);

  Hooks() = default;
  Hooks(const Hooks&) = delete;
  Hooks& operator=(const Hooks&) = delete;
  virtual ~Hooks() = default;

  [[nodiscard]] virtual const std::vector<Hook>& list() const = 0;
  // Runs the program at the hook list()[index] from now on.
  virtual Status put(std::size_t index, int program_fd) = 0;
};

}  // namespace cutpoint
