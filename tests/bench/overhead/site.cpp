// SPDX-License-Identifier: Apache-2.0
#include "tests/bench/overhead/site.h"

#include "tests/bench/overhead/processors.h"
#include "tests/socket/datapath/harness/cutter.h"
#include "tests/socket/datapath/harness/playground.h"
#include "tests/socket/datapath/harness/require.h"

namespace cutpoint::bench {

using datapath::require;

std::string Setting::name_of(const std::string& workload) const {
  return workload + (path == Path::loopback ? ", loopback" : "") + (alone ? ", one processor" : "");
}

const std::vector<Setting>& settings() {
  static const std::vector<Setting> all{
      {Path::veth, false}, {Path::loopback, false}, {Path::veth, true}, {Path::loopback, true}};
  return all;
}

Site::Site(Path path, bool spread)
    : netns_(datapath::make_netns()),
      address_(path == Path::veth ? "10.9.0.2" : "127.0.0.1"),
      cgroup_(require(Cgroup::create(require(find_cgroup_mount()), "bench"))) {
  if (path == Path::veth) {
    far_ = datapath::make_netns();
    datapath::join(netns_, *far_);
  }
  std::optional<OnLastProcessor> pinned;
  if (!spread) pinned.emplace();
  postgres_.emplace(far_ ? *far_ : netns_, far_ ? address_ : "");
}

cut_endpoint Site::service() const {
  return datapath::endpoint_of(address_, port());
}

}  // namespace cutpoint::bench
