// SPDX-License-Identifier: Apache-2.0
// What a cgroup's path says, as systemd and the runtimes of containers write it.
#include "controller/util/cgroup_names.h"

#include <gtest/gtest.h>

namespace cutpoint {
namespace {

const std::string id = "3f2a9c0d1e4b5a69788796a5b4c3d2e1f00112233445566778899aabbccddeef";
const std::string other = "00000c0d1e4b5a69788796a5b4c3d2e1f00112233445566778899aabbccddeef";

struct Path {
  std::string_view name;
  std::string path;
  std::string unit;
  std::string container;
};

void PrintTo(const Path& path, std::ostream* out) {
  *out << path.path;
}

const std::vector<Path> paths{
    {"root", "/", "", ""},
    {"not_known", "", "", ""},
    {"service", "/system.slice/shop.service", "shop.service", ""},
    {"below_a_service", "/system.slice/shop.service/worker", "shop.service", ""},
    {"instance", "/system.slice/system-pg.slice/pg@15-main.service", "pg@15-main.service", ""},
    {"of_a_user", "/user.slice/user-1000.slice/user@1000.service/app.slice/shop.service",
     "shop.service", ""},
    {"session", "/user.slice/user-1000.slice/session-3.scope", "session-3.scope", ""},
    {"slice_alone", "/user.slice", "user.slice", ""},
    {"escaped", "/system.slice/_cpu.service", "cpu.service", ""},
    {"suffix_alone", "/.service", "", ""},
    {"docker", "/docker/" + id, "", id},
    {"docker_by_systemd", "/system.slice/docker-" + id + ".scope", "docker-" + id + ".scope", id},
    {"systemd_in_docker", "/system.slice/docker-" + id + ".scope/system.slice/nginx.service",
     "nginx.service", id},
    {"docker_in_docker", "/docker/" + other + "/docker/" + id, "", id},
    {"kubernetes", "/kubepods/burstable/pod6d3b1f1e-6d0a-4b52-8f0d-0a5c0e9b5b1f/" + id, "", id},
    {"kubernetes_with_containerd",
     "/kubepods.slice/kubepods-burstable.slice/kubepods-burstable-pod6d3b1f1e_6d0a.slice/"
     "cri-containerd-" +
         id + ".scope",
     "cri-containerd-" + id + ".scope", id},
    {"kubernetes_with_crio",
     "/kubepods.slice/kubepods-pod6d3b.slice/crio-" + id + ".scope/container",
     "crio-" + id + ".scope", id},
    {"containerd_that_takes_words_for_a_path",
     "/system.slice/containerd.service/kubepods-burstable-pod6d3b.slice:cri-containerd:" + id,
     "containerd.service", id},
    {"podman", "/machine.slice/libpod-" + id + ".scope/container", "libpod-" + id + ".scope", id},
    {"podman_of_a_user",
     "/user.slice/user-1000.slice/user@1000.service/user.slice/libpod-" + id + ".scope",
     "libpod-" + id + ".scope", id},
    {"podman_without_systemd", "/libpod_parent/libpod-" + id, "", id},
    {"monitor_of_podman", "/machine.slice/libpod-conmon-" + id + ".scope",
     "libpod-conmon-" + id + ".scope", ""},
    {"monitor_of_crio", "/pod.slice/crio-conmon-" + id + ".scope", "crio-conmon-" + id + ".scope",
     ""},
    {"one_digit_too_few", "/docker/" + id.substr(1), "", ""},
    {"one_digit_too_many", "/docker/a" + id, "", ""},
    {"no_hexadecimal", "/docker/g" + id.substr(1), "", ""},
};

class CgroupPath : public testing::TestWithParam<Path> {};

TEST_P(CgroupPath, tells_unit_and_container) {
  EXPECT_EQ(unit_of_cgroup(GetParam().path), GetParam().unit);
  EXPECT_EQ(container_of_cgroup(GetParam().path), GetParam().container);
}

INSTANTIATE_TEST_SUITE_P(Of, CgroupPath, testing::ValuesIn(paths),
                         [](const auto& of) { return std::string(of.param.name); });

TEST(ContainerId, is_what_twelve_digits_or_more_begin) {
  EXPECT_EQ(container_id(id), id);
  EXPECT_EQ(container_id("3F2A9C0D1E4B"), "3f2a9c0d1e4b");
  EXPECT_EQ(container_id("3f2a9c0d1e4"), "") << "eleven";
  EXPECT_EQ(container_id(id + "0"), "");
  EXPECT_EQ(container_id("shop-database-1"), "");
}

}  // namespace
}  // namespace cutpoint
