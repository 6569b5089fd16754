// SPDX-License-Identifier: Apache-2.0
#include "tests/scenarios/lab.h"

#include <gtest/gtest.h>
#include <stdexcept>
#include <unistd.h>

#include "tests/scenarios/lab_script.h"

namespace cutpoint {
namespace {

struct State {
  std::string bare_dsn;
  std::string dsn;
  std::string socket_directory;
  bool ours = false;
};
State state;

Program::Ended lab(const std::string& action) {
  LabScript script{CUTPOINT_TEST_LAB_DIR, CUTPOINT_TEST_LAB_PORT};
  script.tls = true;
  return script.run(action);
}

class LabEnvironment : public testing::Environment {
 public:
  void SetUp() override {
    if (::geteuid() != 0) return;  // every test skips
    state.ours = lab("status").code != 0;
    if (state.ours) {
      const auto up = lab("up");
      ASSERT_EQ(up.code, 0) << up.err;
    }
    const std::string environment = lab("env").out;
    state.bare_dsn = exported(environment, "CUTPOINT_PG_DSN");
    state.dsn = state.bare_dsn + "?sslmode=disable";
    state.socket_directory = exported(environment, "CUTPOINT_PG_SOCKET_DIR");
  }
  void TearDown() override {
    if (state.ours) lab("down");
  }
};

[[maybe_unused]] const auto* const environment =
    testing::AddGlobalTestEnvironment(new LabEnvironment);

}  // namespace

const std::string& Lab::dsn() {
  return state.dsn;
}

std::string Lab::tls_dsn(const std::string& version) {
  return state.bare_dsn + "?sslmode=require&ssl_max_protocol_version=" + version;
}

const std::string& Lab::socket_directory() {
  return state.socket_directory;
}

std::string Lab::psql(const std::string& sql) {
  auto ended = Program::run({"psql", "-XqAt", "-v", "ON_ERROR_STOP=1", "-c", sql, dsn()});
  if (ended.code != 0) throw std::runtime_error("psql: " + ended.err);
  while (ended.out.ends_with('\n')) ended.out.pop_back();
  return ended.out;
}

}  // namespace cutpoint
