// SPDX-License-Identifier: Apache-2.0
#include "tests/unit/probes/lab.h"

#include <cstdlib>
#include <fmt/format.h>
#include <gtest/gtest.h>
#include <stdexcept>
#include <sys/stat.h>
#include <unistd.h>

#include "probes/postgres/dsn.h"
#include "tests/unit/probes/lab_command.h"

namespace cutpoint::probes::test {
namespace {

struct State {
  std::string directory;
  std::string dsn;
  std::string socket_directory;
  std::uint16_t port = 0;
};
State state;

std::string lab(const std::string& action) {
  return run(fmt::format("CUTPOINT_LAB_DIR={} CUTPOINT_LAB_PG_PORT={} {}/scripts/lab {} postgres",
                         state.directory, state.port, CUTPOINT_SOURCE_DIR, action));
}

class LabEnvironment : public testing::Environment {
 public:
  void SetUp() override {
    std::string directory = "/var/tmp/cutpoint-test-XXXXXX";
    ASSERT_NE(mkdtemp(directory.data()), nullptr);
    ASSERT_EQ(chmod(directory.c_str(), 0711), 0);  // PostgreSQL's user passes through it
    state.directory = directory;
    state.port = free_port();
    lab("up");
    const auto environment = lab("env");
    state.dsn = exported(environment, "CUTPOINT_PG_DSN");
    state.socket_directory = exported(environment, "CUTPOINT_PG_SOCKET_DIR");
  }
  void TearDown() override { lab("down"); }
};

[[maybe_unused]] const auto* const environment =
    testing::AddGlobalTestEnvironment(new LabEnvironment);

}  // namespace

const std::string& Lab::dsn() {
  return state.dsn;
}
std::uint16_t Lab::port() {
  return state.port;
}

std::string Lab::dsn_with(const std::string& key, const std::string& value) {
  return Dsn::parse(dsn())->with(key, value).conninfo();
}

void Lab::superuser(const std::string& sql) {
  const char* const become = geteuid() == 0 ? "runuser -u postgres -- " : "";
  run(
      fmt::format("cd / && {}psql -qX -v ON_ERROR_STOP=1 -h {} -p {} -U postgres -d cutpoint "
                  "-c \"{}\" >/dev/null",
                  become, state.socket_directory, state.port, sql));
}

namespace {

std::unique_ptr<Session> open_session() {
  auto opened = Session::open(*Dsn::parse(Lab::dsn()), std::nullopt);
  return std::get<std::unique_ptr<Session>>(std::move(opened));
}

std::string first_field(const Answer& answer) {
  if (const auto* failure = std::get_if<Failure>(&answer))
    throw std::runtime_error(failure->message);
  const auto& rows = std::get<pqxx::result>(answer);
  return rows.empty() || rows[0].empty() ? "" : rows[0][0].c_str();
}

}  // namespace

std::string Lab::sql(const std::string& sql) {
  return first_field(open_session()->exec(sql));
}

OpenTransaction::OpenTransaction() : session_(open_session()) {
  exec("BEGIN");
}

bool OpenTransaction::exec(const std::string& sql) {
  return std::holds_alternative<pqxx::result>(session_->exec(sql));
}

std::string OpenTransaction::value(const std::string& sql) {
  return first_field(session_->exec(sql));
}

}  // namespace cutpoint::probes::test
