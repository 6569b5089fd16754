// SPDX-License-Identifier: Apache-2.0
#include "controller/kernel/features.h"

#include <algorithm>
#include <cerrno>
#include <chrono>
#include <csignal>
#include <fmt/format.h>
#include <sys/utsname.h>
#include <unistd.h>

#include "controller/kernel/code_files.h"
#include "controller/kernel/holder.h"
#include "controller/kernel/injector.h"
#include "controller/kernel/reset.h"
#include "controller/util/cgroup.h"
#include "controller/util/clock.h"
#include "controller/util/clsact.h"
#include "controller/util/netns.h"

namespace cutpoint {
namespace {

Feature found(std::string name, std::string detail) {
  return Feature{std::move(name), true, true, std::move(detail), ""};
}

Feature missing(std::string name, std::string detail, std::string remedy) {
  return Feature{std::move(name), true, false, std::move(detail), std::move(remedy)};
}

Feature missing(std::string name, const Error& error) {
  return missing(std::move(name), error.message, error.remedy);
}

Feature kernel() {
  utsname name{};
  ::uname(&name);
  return found("kernel", name.release);
}

Feature privilege() {
  if (::geteuid() == 0) return found("privilege", "root");
  return missing("privilege", fmt::format("user id {}", ::geteuid()), "run with sudo");
}

Feature btf() {
  constexpr const char* path = "/sys/kernel/btf/vmlinux";
  if (::access(path, R_OK) == 0) return found("BTF", path);
  return missing("BTF", fmt::format("{} is missing", path),
                 "use a kernel built with CONFIG_DEBUG_INFO_BTF=y");
}

Feature cgroup_mount() {
  const auto mount = find_cgroup_mount();
  if (!mount) return missing("cgroup v2", mount.error());
  if (!mount->writable) {
    return missing("cgroup v2", mount->point + " is mounted read-only", "remount it read-write");
  }
  return found("cgroup v2", mount->point);
}

// How the programs will hang on network devices.
Feature hooks(const Result<HookKind>& kind) {
  constexpr const char* name = "hooks";
  if (!kind) return missing(name, kind.error());
  if (*kind == HookKind::tcx) return found(name, "tcx links");
  // Which needs a place on every device.
  auto netns = NetworkNamespace::current();
  if (!netns) return missing(name, netns.error());
  auto interfaces = netns->interfaces();
  if (!interfaces) return missing(name, interfaces.error());
  auto qdiscs = list_clsact_qdiscs();
  if (!qdiscs) return missing(name, qdiscs.error());
  for (const Interface& interface : *interfaces) {
    const auto there = qdiscs->find(interface.index);
    if (!has_hooks(interface) || there == qdiscs->end()) continue;
    if (there->second != "clsact") return missing(name, clsact_in_the_way(interface.name));
  }
  return found(name, "filters of clsact qdiscs; this kernel has no tcx links (6.6)");
}

// Loads every program and attaches it where it does no harm: to an empty cgroup of our own, with no
// service and no rule, so that every segment passes after its port check. What would outlive our
// death is attached in a network namespace that does not.
Feature attached(const char* name, HookKind hooks, bool reads_tls) {
  const auto begin = monotonic_ns();
  const auto mount = find_cgroup_mount();
  if (!mount) return missing(name, mount.error());
  auto cgroup = Cgroup::create(*mount, "check");
  if (!cgroup) return missing(name, cgroup.error());
  auto netns = hooks == HookKind::clsact ? NetworkNamespace::create() : NetworkNamespace::current();
  if (!netns) return missing(name, netns.error());
  auto interfaces = netns->interfaces();
  if (!interfaces) return missing(name, interfaces.error());
  std::optional<ClsactQdiscs> qdiscs;
  if (hooks == HookKind::clsact) {
    auto made = ClsactQdiscs::create(*netns, *interfaces);
    if (!made) return missing(name, made.error());
    qdiscs.emplace(*std::move(made));
  }
  InjectorPlan plan;
  plan.cgroup_fd = cgroup->fd();
  plan.netns = &*netns;
  plan.interfaces = *interfaces;
  plan.hooks = hooks;
  plan.reads_tls = reads_tls;
  auto injector = Injector::start(plan);
  if (!injector) return missing(name, injector.error());
  constexpr double ns_per_ms = 1e6;
  return found(name,
               fmt::format("{} hooks attached and detached in {:.0f} ms", injector->hooks().size(),
                           static_cast<double>(monotonic_ns() - begin) / ns_per_ms));
}

Feature programs(HookKind hooks) {
  return attached("programs", hooks, false);
}

// For services with `tls: true` alone. Our own libpq has mapped libssl: that is probed.
Feature uprobes(HookKind hooks) {
  Feature feature = attached("uprobes", hooks, true);
  feature.required = false;
  if (feature.present) feature.detail = "what OpenSSL is given can be read (tls: true)";
  return feature;
}

Feature raw_sockets() {
  auto netns = NetworkNamespace::current();
  if (!netns) return missing("raw sockets", netns.error());
  auto sender = ResetSender::open(*netns);
  if (!sender) return missing("raw sockets", sender.error());
  return found("raw sockets", "heal: reset can forge RSTs");
}

// For those faults alone that hold segments.
Feature tun() {
  auto netns = NetworkNamespace::current();
  if (!netns) return missing("TUN", netns.error());
  auto holder = Holder::open(*netns);
  if (holder) return found("TUN", "stall and delay can hold segments");
  Feature feature = missing("TUN", holder.error());
  feature.required = false;
  return feature;
}

Feature interfaces() {
  auto netns = NetworkNamespace::current();
  if (!netns) return missing("interfaces", netns.error());
  auto list = netns->interfaces();
  if (!list) return missing("interfaces", list.error());
  std::string covered;
  std::string uncovered;
  for (const Interface& interface : *list) {
    std::string& to = interface.link_layer == LinkLayer::unsupported ? uncovered : covered;
    to += (to.empty() ? "" : " ") + interface.name;
  }
  Feature feature = found("interfaces", covered);
  if (!uncovered.empty()) feature.detail += "; not covered: " + uncovered;
  return feature;
}

// What other implementations are called, where a process has them as a library.
std::string other_tls(const std::vector<CodeFile>& files) {
  std::string names;
  for (const CodeFile& file : files) {
    for (const char* name : {"libgnutls", "libnss3", "libmbedtls", "libwolfssl"}) {
      if (file.name().starts_with(name)) names += (names.empty() ? "" : ", ") + file.path;
    }
  }
  return names;
}

}  // namespace

Feature probe_tls_of(pid_t pid) {
  const std::string name = fmt::format("TLS of {}", pid);
  const std::vector<CodeFile> files = code_files(pid);
  if (files.empty()) {
    const bool gone = ::kill(pid, 0) != 0 && errno == ESRCH;
    return missing(name, gone ? "there is no such process" : "it executes no file",
                   "give the id of a running process");
  }
  std::string probed;
  for (const CodeFile& file : files) {
    if (file.may_hold_openssl() && has_ssl_functions(file.link)) {
      probed += (probed.empty() ? "" : ", ") + file.path;
    }
  }
  if (!probed.empty()) return found(name, "read at the functions of " + probed);
  const std::string others = other_tls(files);
  const std::string what = others.empty() ? files.front().path : others;
  return missing(name, "no functions of OpenSSL in what it has mapped: " + what,
                 "what Go, rustls, GnuTLS or a stripped executable say in TLS cannot be read; "
                 "`protocol: tls` and its moments work all the same");
}

Status require_root() {
  if (::geteuid() == 0) return {};
  return Error{ExitCode::unavailable, "cutpoint needs root to load BPF programs",
               "run it with sudo; `cutpoint check` says what else this host needs"};
}

std::vector<Feature> probe_features() {
  std::vector<Feature> features{kernel(), privilege(), btf(), cgroup_mount()};
  const bool can_try = std::all_of(features.begin(), features.end(),
                                   [](const Feature& feature) { return feature.present; });
  if (!can_try) return features;
  features.push_back(interfaces());
  const auto kind = find_hook_kind();
  features.push_back(hooks(kind));
  if (kind) {
    features.push_back(programs(*kind));
    features.push_back(uprobes(*kind));
  }
  features.push_back(raw_sockets());
  features.push_back(tun());
  return features;
}

}  // namespace cutpoint
