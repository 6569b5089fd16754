// SPDX-License-Identifier: Apache-2.0
// What is not the target does not notice, although it talks to the very service that is cut off.
#include <atomic>
#include <pqxx/pqxx>
#include <thread>

#include "tests/scenarios/scenario_fixture.h"

namespace cutpoint {
namespace {

// Queries on one connection that stays, and on a new one each time.
class Bystander {
 public:
  explicit Bystander(const std::string& dsn)
      : thread_([this, dsn](const std::stop_token& stop) { work(dsn, stop); }) {}

  [[nodiscard]] int queries() const { return queries_.load(); }
  [[nodiscard]] bool failed() const { return failed_.load(); }
  // Returns once one more has been answered, or one has failed.
  void await_another() const { queries_.wait(queries_.load()); }

 private:
  void work(const std::string& dsn, const std::stop_token& stop) {
    try {
      pqxx::connection staying(dsn);
      while (!stop.stop_requested()) {
        pqxx::nontransaction(staying).exec("SELECT pg_current_xact_id()");
        pqxx::connection fresh(dsn);
        pqxx::nontransaction(fresh).exec("SELECT 1");
        ++queries_;
        queries_.notify_all();
      }
    } catch (const std::exception& error) {
      ADD_FAILURE() << "the bystander was cut off: " << error.what();
      failed_ = true;
      ++queries_;
      queries_.notify_all();
    }
  }

  std::atomic<int> queries_ = 0;
  std::atomic<bool> failed_ = false;
  std::jthread thread_;
};

class BystanderTest : public ScenarioTest {};

TEST_F(BystanderTest, keeps_its_connections_while_the_service_is_cut_off) {
  const Bystander bystander(dsn_);
  bystander.await_another();

  Program run = start(split_brain({}));
  ASSERT_NE(run.err_line("fired: partition-at-commit"), "");
  const int at_the_cut = bystander.queries();
  ASSERT_NE(run.err_line("healed: partition-at-commit"), "");
  const int at_the_heal = bystander.queries();
  const auto ended = run.wait();
  bystander.await_another();

  EXPECT_GT(at_the_cut, 0);
  EXPECT_GT(at_the_heal, at_the_cut);
  EXPECT_FALSE(bystander.failed());
  // Meanwhile the target was cut off.
  EXPECT_EQ(ended.code, 1) << ended.out;
  EXPECT_EQ(report()["belief_vs_truth"]["committed_unacked"], 1);
  EXPECT_GT(report()["faults"][0]["segments_swallowed"], 0);
}

}  // namespace
}  // namespace cutpoint
