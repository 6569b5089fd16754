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

cut_endpoint Place::service() const {
  return datapath::endpoint_of(address, port);
}

Site::Site(Path path, bool spread) {
  const CgroupMount mount = require(find_cgroup_mount());
  places_.push_back({datapath::make_netns(), require(Cgroup::create(mount, "bench")), "127.0.0.1"});
  if (path == Path::veth) {
    places_.push_back({datapath::make_netns(), require(Cgroup::create(mount, "bench-2")), {}});
    far_ = datapath::make_netns();
    for (int network = 9; Place & place : places_) {
      datapath::join(place.netns, *far_, network);
      place.address = "10." + std::to_string(network--) + ".0.2";
    }
  }
  std::optional<OnLastProcessor> pinned;
  if (!spread) pinned.emplace();
  std::string also;
  if (far_) also = places_[0].address + "," + places_[1].address;
  postgres_.emplace(far_ ? *far_ : places_[0].netns, also);
  for (Place& place : places_) place.port = postgres_->port();
}

}  // namespace cutpoint::bench
