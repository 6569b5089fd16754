// SPDX-License-Identifier: Apache-2.0
// The workload while the network is well: what it writes, what it refuses.
#include "probes/postgres/orders.h"

#include <set>

#include "tests/unit/probes/orders_fixture.h"

namespace cutpoint::probes {
namespace {

using namespace std::chrono_literals;
using test::Lab;
using Orders = test::OrdersFixture;

TEST_F(Orders, TwentyOrdersOverTwoConnectionsAgreeWithTheirHistory) {
  options_.orders = 20;
  options_.connections = 2;
  EXPECT_EQ(run_orders(options_), 0);
  std::set<int> backends;
  for (int id = 1; id <= 20; ++id) {
    const auto text = std::to_string(id);
    EXPECT_EQ(story_of(text), "invoke ok");
    EXPECT_EQ(rows_of(text), 1);
    const auto acknowledged = last(text, "ok");
    EXPECT_EQ(*observer_->xact_status(acknowledged.xid), XactStatus::committed);
    EXPECT_EQ(Lab::sql("SELECT xid FROM products WHERE order_id = " + text), acknowledged.xid);
    EXPECT_GE(acknowledged.ns, last(text, "invoke").ns);
    backends.insert(acknowledged.pid);
  }
  EXPECT_EQ(backends.size(), 2u);  // each connection is kept from order to order
}

TEST_F(Orders, MoreConnectionsThanOrdersIsNoError) {
  options_.orders = 2;
  options_.connections = 5;
  EXPECT_EQ(run_orders(options_), 0);
  EXPECT_EQ(history().size(), 4u);
}

TEST_F(Orders, ACommitThatTheServerRefusesIsKnownToHaveFailed) {
  Lab::sql("ALTER TABLE products ADD UNIQUE (order_id) DEFERRABLE INITIALLY DEFERRED");
  Lab::sql("INSERT INTO products VALUES (1, 1, '5'); INSERT INTO variants VALUES (1, 1, '5')");
  options_.orders = 2;
  EXPECT_EQ(run_orders(options_), 0);
  EXPECT_EQ(story_of("1"), "invoke fail");
  EXPECT_NE(last("1", "fail").error.find("SQLSTATE 23505"), std::string::npos);  // unique_violation
  EXPECT_EQ(story_of("2"), "invoke ok");
}

TEST_F(Orders, ARefusedCommitIsRetriedUntilTheTimeIsOver) {
  Lab::sql("ALTER TABLE products ADD UNIQUE (order_id) DEFERRABLE INITIALLY DEFERRED");
  Lab::sql("INSERT INTO products VALUES (1, 1, '5')");
  options_.orders = 1;
  options_.retry = OrdersOptions::Retry::resolve;
  options_.retry_until = 100ms;
  EXPECT_EQ(run_orders(options_), 0);
  EXPECT_TRUE(story_of("1").starts_with("invoke fail invoke fail")) << story_of("1");
  EXPECT_GE(last("1", "fail").attempt, 2);
}

TEST_F(Orders, AFailureBeforeCommitIsTriedAgainWhateverTheMode) {
  Lab::sql("CREATE SEQUENCE tries");  // its value survives the rollback
  Lab::sql(
      "CREATE FUNCTION fail_once() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN"
      " IF nextval('tries') = 1 THEN RAISE 'not yet'; END IF; RETURN NEW; END $$");
  Lab::sql("CREATE TRIGGER t BEFORE INSERT ON variants FOR EACH ROW EXECUTE FUNCTION fail_once()");
  options_.orders = 1;
  EXPECT_EQ(run_orders(options_), 0);
  EXPECT_EQ(story_of("1"), "fail invoke ok");
  EXPECT_EQ(last("1", "ok").attempt, 2);
  EXPECT_EQ(rows_of("1"), 1);
}

TEST_F(Orders, AppendsToAHistoryThatExists) {
  options_.orders = 1;
  EXPECT_EQ(run_orders(options_), 0);
  EXPECT_EQ(run_orders(options_), 0);
  EXPECT_EQ(story_of("1"), "invoke ok invoke ok");
}

// A run that cannot work: exit 1, and one line that names cause and remedy.
class OrdersSetupError : public Orders {
 protected:
  std::string line_of_failed_run() {
    testing::internal::CaptureStderr();
    EXPECT_EQ(run_orders(options_), 1);
    auto line = testing::internal::GetCapturedStderr();
    EXPECT_EQ(std::count(line.begin(), line.end(), '\n'), 1) << line;
    return line;
  }
};

TEST_F(OrdersSetupError, NothingListens) {
  options_.dsn = "host=127.0.0.1 port=1 user=x dbname=x";
  options_.retry_until = 100ms;
  const auto line = line_of_failed_run();
  EXPECT_NE(line.find("127.0.0.1"), std::string::npos) << line;
  EXPECT_NE(line.find("is PostgreSQL running"), std::string::npos) << line;
  EXPECT_TRUE(history().empty());  // a failed connect is no transaction
}

TEST_F(OrdersSetupError, WrongPasswordIsNotTriedAgain) {
  options_.dsn = Lab::dsn_with("password", "wrong");
  options_.retry_until = std::chrono::hours(1);
  const auto line = line_of_failed_run();
  EXPECT_NE(line.find("password authentication failed"), std::string::npos) << line;
}

TEST_F(OrdersSetupError, MissingTablesAreNotTriedAgain) {
  Lab::sql("DROP TABLE variants");
  options_.retry_until = std::chrono::hours(1);
  const auto line = line_of_failed_run();
  EXPECT_NE(line.find("variants"), std::string::npos) << line;
  EXPECT_NE(line.find("schema: create"), std::string::npos) << line;
  EXPECT_EQ(story_of("1"), "fail");
}

TEST_F(OrdersSetupError, TheHistoryCannotBeOpened) {
  options_.history = directory_ + "/no/such/directory";
  const auto line = line_of_failed_run();
  EXPECT_NE(line.find(options_.history), std::string::npos) << line;
}

TEST_F(OrdersSetupError, TheHistorysDiskIsFull) {
  options_.history = "/dev/full";
  const auto line = line_of_failed_run();
  EXPECT_NE(line.find("No space left"), std::string::npos) << line;
  EXPECT_EQ(rows_of("1"), 0);  // no COMMIT without its invoke
}

}  // namespace
}  // namespace cutpoint::probes
