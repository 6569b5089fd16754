// SPDX-License-Identifier: Apache-2.0
#include "controller/kernel/clsact_hooks.h"

#include <algorithm>
#include <unistd.h>

namespace cutpoint {
namespace {

// Behind everybody's: where none is asked for the kernel gives priorities from 49152 downwards. On
// loopback two programs are at one hook, in the order in which they were put.
constexpr std::uint16_t first_priority = 50'001;

std::string_view name_of(HookProgram program) {
  switch (program) {
    case HookProgram::egress:
    case HookProgram::egress_l3:
      return "egress";
    case HookProgram::ingress:
    case HookProgram::ingress_l3:
      return "ingress";
    case HookProgram::look:
    case HookProgram::look_l3:
      return "look";
    case HookProgram::segmented:
      return "segmented";
  }
  return "?";
}

}  // namespace

Result<std::unique_ptr<Hooks>> ClsactHooks::take(const NetworkNamespace& netns,
                                                 const std::vector<Hook>& hooks) {
  std::unique_ptr<ClsactHooks> taken(new ClsactHooks(netns));
  CUTPOINT_TRY_ASSIGN(there, netns.interfaces());
  // Some may be gone since they were listed.
  std::copy_if(hooks.begin(), hooks.end(), std::back_inserter(taken->hooks_),
               [&](const Hook& hook) {
                 return std::any_of(there.begin(), there.end(),
                                    [&](const Interface& i) { return i.index == hook.interface; });
               });
  return Result<std::unique_ptr<Hooks>>(std::move(taken));
}

Status ClsactHooks::put(std::size_t index, int program_fd) {
  const Hook& hook = hooks_[index];
  const auto before = std::count_if(filters_.begin(), filters_.end(), [&](const TcFilter& filter) {
    return filter.interface == hook.interface && filter.side == hook.side;
  });
  const TcFilter filter{
      hook.interface, hook.side, static_cast<std::uint16_t>(first_priority + before),
      static_cast<std::uint32_t>(::getpid()), our_filter_name(name_of(hook.program))};
  CUTPOINT_TRY_ASSIGN(inside, ScopedNetns::enter(*netns_));
  static_cast<void>(inside);
  if (Status added = add_filter(filter, program_fd); !added) {
    Error error = std::move(added).error().within("cannot attach to " + hook.name);
    if (error.remedy.empty()) {
      error.remedy =
          "`tc filter show` shows what is at that priority, `cutpoint clear` removes "
          "what a dead run left there";
    }
    return error;
  }
  filters_.push_back(filter);
  return {};
}

ClsactHooks::~ClsactHooks() {  // NOLINT(bugprone-exception-escape)
  const auto inside = ScopedNetns::enter(*netns_);
  if (!inside) return;
  for (const TcFilter& filter : filters_) static_cast<void>(delete_filter(filter));
}

}  // namespace cutpoint
