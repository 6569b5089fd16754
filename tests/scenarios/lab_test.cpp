// SPDX-License-Identifier: Apache-2.0
// scripts/lab: a server that cannot be reached where it is said to be is not up.
#include <arpa/inet.h>
#include <filesystem>
#include <fmt/format.h>
#include <sys/socket.h>

#include "controller/util/unique_fd.h"
#include "tests/scenarios/lab_script.h"
#include "tests/scenarios/scenario_fixture.h"

namespace cutpoint {
namespace {

// PostgreSQL would start on ::1 alone, and say nothing.
TEST_F(ScenarioTest, lab_is_refused_where_a_connection_holds_its_port) {
  const UniqueFd holder(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  socklen_t size = sizeof address;
  auto* bytes = reinterpret_cast<sockaddr*>(&address);
  ASSERT_EQ(::bind(holder.get(), bytes, size), 0);
  ASSERT_EQ(::getsockname(holder.get(), bytes, &size), 0);

  const std::string directory = fmt::format("/var/tmp/cutpoint-lab-test-{}", ::getpid());
  Program::Options options;
  options.environment = {{"CUTPOINT_LAB_DIR", directory},
                         {"CUTPOINT_LAB_PG_PORT", std::to_string(ntohs(address.sin_port))}};
  const std::string lab = CUTPOINT_SOURCE_DIR "/scripts/lab";
  const auto up = Program(Words{lab, "up", "postgres"}, options).wait();
  const auto status = Program(Words{lab, "status", "postgres"}, options).wait();
  const auto down = Program(Words{lab, "down", "postgres"}, options).wait();

  EXPECT_NE(up.code, 0);
  EXPECT_NE(up.err.find("cannot listen on 127.0.0.1"), std::string::npos) << up.err;
  EXPECT_NE(status.code, 0) << status.out;
  EXPECT_EQ(down.code, 0) << down.err;
  EXPECT_FALSE(std::filesystem::exists(directory + "/postgres"));
}

// The lab that the tests use was made without.
TEST_F(ScenarioTest, lab_that_does_not_listen_on_a_wanted_address_says_so) {
  const LabScript lab{CUTPOINT_TEST_LAB_DIR, CUTPOINT_TEST_LAB_PORT, nullptr, "10.9.0.2"};
  const auto up = lab.run("up");
  EXPECT_NE(up.code, 0);
  EXPECT_NE(up.err.find("made without 10.9.0.2; run: scripts/lab down"), std::string::npos)
      << up.err;
}

}  // namespace
}  // namespace cutpoint
