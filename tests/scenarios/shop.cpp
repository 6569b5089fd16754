// SPDX-License-Identifier: Apache-2.0
#include "tests/scenarios/shop.h"

#include <fcntl.h>
#include <filesystem>
#include <fmt/format.h>
#include <unistd.h>

namespace cutpoint {
namespace {

constexpr const char* python = "/usr/bin/python3";  // Debian's, with Debian's psycopg2

}  // namespace

void ShopTest::SetUp() {
  ScenarioTest::SetUp();
  if (IsSkipped() || HasFatalFailure()) return;
  const auto psycopg2 = Program::run({python, "-c", "import psycopg2"});
  if (psycopg2.code != 0) GTEST_SKIP() << "needs Debian's python3-psycopg2";
  // Where everyone may read it: the target runs as nobody.
  std::filesystem::copy_file(CUTPOINT_SOURCE_DIR "/tests/scenarios/shop.py", path("shop.py"));
  std::filesystem::permissions(path("shop.py"), std::filesystem::perms(0644));
  Lab::psql("DROP TABLE IF EXISTS carts, lines");
  Lab::psql("CREATE TABLE carts (order_id int)");
  Lab::psql("CREATE TABLE lines (order_id int)");
}

std::string ShopTest::yaml(const std::string& target, const std::string& cut) {
  return fmt::format(R"(scenario: shop
services:
  db: {{ protocol: postgres, dsn: "${{CUTPOINT_PG_DSN}}" }}
target: {{ {} }}
faults:
  - name: cut
    at: {{ service: db, moment: commit.request, position: after, nth: 8 }}
    do: {{ blackhole: both, scope: service, for: {}, heal: release }}
expect:
  - {{ invariant: postgres.exactly_once, tables: [carts, lines], by: order_id }}
  - {{ invariant: postgres.belief_agrees }}
)",
                     target, cut);
}

Words ShopTest::fault_on(const Program& shop, const std::string& at, const std::string& act) const {
  return scenario(fmt::format(R"(scenario: shop
services:
  db: {{ protocol: postgres, dsn: "${{CUTPOINT_PG_DSN}}" }}
target: {{ pid: {}, timeout: 90s }}
faults:
  - name: cut
    at: {{ service: db, {} }}
    do: {{ {} }}
expect:
  - {{ invariant: postgres.no_orphans, after: 0s }}
)",
                              shop.pid(), at, act));
}

Program ShopTest::start_fault(const Program& shop, const std::string& act) {
  Program run = start(fault_on(shop, "moment: commit.request, nth: 8", act));
  EXPECT_NE(run.err_line("armed: cut"), "");
  open_shop();
  EXPECT_NE(run.err_line("fired: cut"), "");
  return run;
}

std::string ShopTest::command(const std::string& arguments) const {
  return fmt::format("command: [{}, {}{}], user: nobody, timeout: 60s", python, path("shop.py"),
                     arguments);
}

Program ShopTest::start_shop(const Words& arguments) {
  int ends[2] = {-1, -1};
  if (::pipe2(ends, O_CLOEXEC) != 0) throw std::runtime_error("pipe2");
  const UniqueFd reader(ends[0]);
  start_.reset(ends[1]);
  Words words{python, path("shop.py"), "--stay", "--start-fd", std::to_string(reader.get())};
  words.insert(words.end(), arguments.begin(), arguments.end());
  Program::Options options;
  options.environment = {{"CUTPOINT_PG_DSN", dsn_}};
  options.user = find_account("nobody").value();
  options.inherit = {reader.get()};
  return {std::move(words), options};
}

void ShopTest::open_shop() {
  if (::write(start_.get(), "!", 1) != 1) throw std::runtime_error("the shop has gone");
}

std::string ShopTest::counted_orders() {
  return Lab::psql(
      "SELECT count(DISTINCT order_id), count(*) FROM carts JOIN lines USING (order_id)");
}

}  // namespace cutpoint
