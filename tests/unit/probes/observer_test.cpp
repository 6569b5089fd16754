// SPDX-License-Identifier: Apache-2.0
#include "probes/postgres/observer.h"

#include <gtest/gtest.h>

#include "tests/unit/probes/lab.h"

namespace cutpoint::probes {
namespace {

using test::Lab;
using test::OpenTransaction;

class ObserverTest : public testing::Test {
 protected:
  void SetUp() override {
    auto connected = Observer::connect(Lab::dsn());
    ASSERT_TRUE(connected.ok()) << connected.error().message;
    observer_.emplace(std::move(*connected));
  }

  Backend backend_of(int pid) {
    const auto backends = observer_->backends({pid});
    EXPECT_TRUE(backends.ok() && backends->contains(pid));
    return backends.ok() && backends->contains(pid) ? backends->at(pid) : Backend{};
  }

  std::optional<Observer> observer_;
};

Error connect_error(const std::string& dsn) {
  const auto connected = Observer::connect(dsn);
  EXPECT_FALSE(connected.ok());
  if (connected) return {};
  EXPECT_EQ(connected.error().code, ExitCode::unavailable);
  return connected.error();
}

TEST_F(ObserverTest, TellsTheServersVersion) {
  const auto version = observer_->server_version();
  ASSERT_TRUE(version.ok());
  EXPECT_GE(std::stoi(*version), 13);
}

TEST_F(ObserverTest, KnowsTheDatabaseSystemIfItMayAsk) {
  const auto asked = Lab::sql("SELECT system_identifier FROM pg_control_system()");
  const auto known = observer_->database_system();
  ASSERT_TRUE(known.ok()) << known.error().message;
  EXPECT_EQ(*known, asked);
  Lab::superuser("REVOKE EXECUTE ON FUNCTION pg_control_system() FROM PUBLIC");
  const auto hidden = observer_->database_system();
  Lab::superuser("GRANT EXECUTE ON FUNCTION pg_control_system() TO PUBLIC");
  ASSERT_TRUE(hidden.ok()) << hidden.error().message;
  EXPECT_EQ(*hidden, "");
}

TEST_F(ObserverTest, SeesAnOpenTransactionWithItsXidAndLocks) {
  OpenTransaction open;
  open.exec("CREATE TABLE held (x int)");
  const auto backend = backend_of(open.pid());
  EXPECT_EQ(backend.state, "idle in transaction");
  EXPECT_EQ(backend.backend_xid, open.xid());
  EXPECT_GT(backend.locks, 1);  // the table and the transaction itself
  EXPECT_FALSE(backend.backend_start.empty());
}

TEST_F(ObserverTest, AnIdleBackendHoldsNothing) {
  OpenTransaction ended;
  EXPECT_TRUE(ended.exec("COMMIT"));
  const auto backend = backend_of(ended.pid());
  EXPECT_EQ(backend.state, "idle");
  EXPECT_EQ(backend.backend_xid, "");
  EXPECT_EQ(backend.locks, 0);
}

TEST_F(ObserverTest, OmitsBackendsThatHaveGone) {
  EXPECT_TRUE(observer_->backends({1})->empty());
  EXPECT_TRUE(observer_->backends({})->empty());
}

TEST_F(ObserverTest, KnowsTheFateOfATransaction) {
  OpenTransaction committed;
  OpenTransaction aborted;
  OpenTransaction open;
  const auto committed_xid = committed.xid();
  const auto aborted_xid = aborted.xid();
  EXPECT_TRUE(committed.exec("COMMIT"));
  EXPECT_TRUE(aborted.exec("ROLLBACK"));
  EXPECT_EQ(*observer_->xact_status(committed_xid), XactStatus::committed);
  EXPECT_EQ(*observer_->xact_status(aborted_xid), XactStatus::aborted);
  EXPECT_EQ(*observer_->xact_status(open.xid()), XactStatus::in_progress);
}

TEST_F(ObserverTest, DoesNotKnowTheFateOfWhatNeverWas) {
  for (const char* xid : {"4000000000", "not a number", "", "99999999999999999999999", "1'"}) {
    const auto status = observer_->xact_status(xid);
    ASSERT_TRUE(status.ok()) << xid << ": " << status.error().message;
    EXPECT_EQ(*status, XactStatus::unknown) << xid;
  }
}

TEST_F(ObserverTest, ListsPreparedTransactions) {
  Lab::sql("BEGIN; SELECT pg_current_xact_id(); PREPARE TRANSACTION 'left over'");
  EXPECT_EQ(*observer_->prepared_transactions(), std::vector<std::string>{"left over"});
  Lab::sql("ROLLBACK PREPARED 'left over'");
  EXPECT_TRUE(observer_->prepared_transactions()->empty());
}

TEST_F(ObserverTest, EndsOnlyTheVeryBackendThatItSaw) {
  OpenTransaction open;
  auto backend = backend_of(open.pid());
  auto other = backend;
  other.backend_start = "2001-02-03 04:05:06+00";  // an earlier process with the same pid
  EXPECT_FALSE(*observer_->terminate(other));
  EXPECT_TRUE(*observer_->terminate(backend));
  EXPECT_FALSE(open.exec("SELECT 1"));
}

TEST_F(ObserverTest, ReconnectsOnceWhenItsConnectionBroke) {
  Lab::superuser(
      "SELECT pg_terminate_backend(pid, 10000) FROM pg_stat_activity"
      " WHERE application_name = 'cutpoint'");
  EXPECT_TRUE(observer_->server_version().ok());
}

TEST_F(ObserverTest, ANewConnectionReadsTheSameStartOfABackend) {
  OpenTransaction open;
  const auto before = backend_of(open.pid());
  auto second = Observer::connect(Lab::dsn());
  ASSERT_TRUE(second.ok());
  EXPECT_EQ(second->backends({open.pid()})->at(open.pid()).backend_start, before.backend_start);
}

TEST_F(ObserverTest, NeedsTheRoleThatSeesOthersBackends) {
  Lab::superuser("CREATE ROLE blind LOGIN PASSWORD 'blind'");
  auto blind = Observer::connect("host=127.0.0.1 dbname=cutpoint user=blind password=blind port=" +
                                 std::to_string(Lab::port()));
  ASSERT_TRUE(blind.ok()) << blind.error().message;
  OpenTransaction open;
  const auto hidden = blind->backends({open.pid()});
  ASSERT_FALSE(hidden.ok());
  EXPECT_NE(hidden.error().remedy.find("pg_monitor"), std::string::npos);
  const auto refused = blind->terminate(backend_of(open.pid()));
  EXPECT_TRUE(!refused.ok() || !*refused);
}

TEST(ObserverConnect, SaysThatNothingListens) {
  const auto error = connect_error("host=127.0.0.1 port=1 user=x");
  EXPECT_NE(error.message.find("127.0.0.1"), std::string::npos) << error.message;
  EXPECT_NE(error.message.find("refused"), std::string::npos) << error.message;
  EXPECT_NE(error.remedy.find("scripts/lab up"), std::string::npos) << error.remedy;
}

TEST(ObserverConnect, SaysThatThePasswordIsWrong) {
  const auto error = connect_error(Lab::dsn_with("password", "wrong"));
  EXPECT_NE(error.message.find("password authentication failed"), std::string::npos);
  EXPECT_NE(error.remedy.find("password"), std::string::npos) << error.remedy;
}

TEST(ObserverConnect, SaysThatTheDatabaseDoesNotExist) {
  const auto error = connect_error(Lab::dsn_with("dbname", "nowhere"));
  EXPECT_NE(error.message.find("nowhere"), std::string::npos) << error.message;
  EXPECT_NE(error.remedy.find("database"), std::string::npos) << error.remedy;
}

TEST(ObserverConnect, RefusesWhatIsNoConnectionString) {
  const auto connected = Observer::connect("hunter2");
  ASSERT_FALSE(connected.ok());
  EXPECT_EQ(connected.error().code, ExitCode::usage);
}

}  // namespace
}  // namespace cutpoint::probes
