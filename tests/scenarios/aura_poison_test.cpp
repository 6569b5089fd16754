// SPDX-License-Identifier: Apache-2.0
// aura.poison by itself, without cutpoint: what its consumers do beside what poison_pill_test.cpp
// shows of them.
#include <csignal>
#include <filesystem>
#include <fstream>
#include <sstream>

#include "tests/scenarios/aura.h"

namespace cutpoint {
namespace {

const std::string dead_queue = "aura.work.dead";

// How often `text` is in a whole.
int times(const std::string& whole, const std::string& text) {
  int found = 0;
  for (auto at = whole.find(text); at != std::string::npos; at = whole.find(text, at + 1)) ++found;
  return found;
}

struct Consumer {
  std::string variant;
  std::string kind;  // pika or celery
};

void PrintTo(const Consumer& consumer, std::ostream* out) {
  *out << consumer.variant << '_' << consumer.kind;
}

class AuraPoison : public AuraTest {
 protected:
  Program consume(const Consumer& consumer, const std::string& on_error = "crash") {
    consumer_ = consumer;
    return start_python({.variant = consumer.variant, .on_error = on_error},
                        {"-m", "aura.poison", "--consumer", consumer.kind});
  }

  void publish(const Words& messages) const {
    EXPECT_EQ(queue(Words{"publish", consumer_.kind} + messages), "");
  }
  void wait_for(int rows, int dead) const {
    EXPECT_EQ(queue({"until", std::to_string(rows), std::to_string(dead)}), "");
  }

  // Ends it as an orchestrator would. Nothing of it is left.
  [[nodiscard]] Program::Ended end(Program& program) const {
    program.signal(SIGTERM);
    auto ended = program.wait();
    EXPECT_EQ(ended.code, 0) << ended.err;
    EXPECT_EQ(processes(), std::vector<std::string>{}) << ended.err;
    EXPECT_EQ(queue({"consumers"}), "0\n");
    return ended;
  }

  // Kills the consumer that inserts a row for more than a moment, when there is one.
  void kill_who_waits() const { EXPECT_EQ(queue({"kill"}), ""); }

  static int deaths(const Program::Ended& ended) {
    return nlohmann::json::parse(ended.out)["deaths"].get<int>();
  }

  static std::string handled() {
    return Lab::psql("SELECT string_agg(message_id, ' ' ORDER BY message_id) FROM handled");
  }

 private:
  // Those of this test: it has a history of its own.
  [[nodiscard]] std::vector<std::string> processes() const {
    const std::string ours = "CUTPOINT_HISTORY=" + path("history");
    std::vector<std::string> found;
    for (const auto& entry : std::filesystem::directory_iterator("/proc")) {
      std::ifstream file(entry.path() / "environ");
      std::stringstream environment;
      environment << file.rdbuf();
      if (environment.str().find(ours) != std::string::npos) found.push_back(entry.path());
    }
    return found;
  }

  Consumer consumer_;
};

class AuraPoisonEach : public AuraPoison, public testing::WithParamInterface<Consumer> {};
class AuraPoisonHardened : public AuraPoisonEach {};
std::string name_of(const testing::TestParamInfo<Consumer>& info) {
  return info.param.variant + "_" + info.param.kind;
}

TEST_P(AuraPoisonHardened, tries_three_times_what_the_database_does_not_take) {
  auto consumers = consume(GetParam());
  publish({"m1"});
  wait_for(1, 0);
  Lab::psql("ALTER TABLE handled ADD CHECK (message_id <> 'm7')");
  publish({"m7", "m8"});
  wait_for(2, 1);
  const auto ended = end(consumers);
  EXPECT_EQ(deaths(ended), 0);
  EXPECT_EQ(times(ended.err, "handle m7: IntegrityError"), 3) << ended.err;
  EXPECT_EQ(handled(), "m1 m8");
  const bool quorum = GetParam().variant == "quorum";
  EXPECT_EQ(queue({"left", dead_queue}), quorum ? "m7 delivery_limit 1\n" : "m7 rejected 1\n");
}

// Each time the process that waits for PostgreSQL with it is killed: one of pika's consumers, or of
// the worker's.
TEST_P(AuraPoisonHardened, dead_letters_what_its_consumers_die_of) {
  auto consumers = consume(GetParam());
  publish({"m1"});
  wait_for(1, 0);
  Lab::psql(R"(
    CREATE OR REPLACE FUNCTION wait_for_death() RETURNS trigger LANGUAGE plpgsql AS
      $$ BEGIN PERFORM pg_sleep(60); RETURN NEW; END $$;
    CREATE TRIGGER wait_for_death BEFORE INSERT ON handled FOR EACH ROW
      WHEN (NEW.message_id = 'm7') EXECUTE FUNCTION wait_for_death())");
  publish({"m7"});
  for (int death = 1; death <= 3; ++death) kill_who_waits();
  wait_for(1, 1);
  publish({"m8"});
  wait_for(2, 1);
  EXPECT_EQ(deaths(end(consumers)), GetParam().kind == "pika" ? 3 : 0);
  const bool quorum = GetParam().variant == "quorum";
  EXPECT_EQ(queue({"left", dead_queue}), quorum ? "m7 delivery_limit 1\n" : "m7 rejected 1\n");
}

TEST_P(AuraPoisonHardened, goes_on_after_the_broker_was_started_again) {
  auto consumers = consume(GetParam());
  publish({"m1", "m2!"});
  wait_for(1, 1);
  const auto again = services.run("restart", {"rabbitmq"});
  ASSERT_EQ(again.code, 0) << again.err;
  publish({"m3", "m4!"});
  wait_for(2, 2);
  EXPECT_EQ(deaths(end(consumers)), 0);
  EXPECT_EQ(handled(), "m1 m3");
}

INSTANTIATE_TEST_SUITE_P(each, AuraPoisonHardened,
                         testing::Values(Consumer{"hardened", "pika"}, Consumer{"quorum", "pika"},
                                         Consumer{"hardened", "celery"},
                                         Consumer{"quorum", "celery"}),
                         name_of);

// Only a body that is no JSON at all is an error to it.
TEST_F(AuraPoison, kills_celerys_worker_where_it_is_json_of_another_shape) {
  auto consumers = consume({"fragile", "celery"});
  publish({"m1", "m4?"});
  for (int death = 0; death < 3; ++death) EXPECT_NE(consumers.err_line("consumer 1 died"), "");
  const auto ended = end(consumers);
  EXPECT_GE(deaths(ended), 3);
  EXPECT_NE(queue({"left", "aura.work"}).find("m4 alive 0\n"), std::string::npos);
}

TEST_F(AuraPoison, needs_to_know_what_to_do_on_an_error) {
  const auto ended = python({.variant = "fragile", .on_error = "retry"},
                            {"-m", "aura.poison", "--consumer", "pika"});
  EXPECT_NE(ended.code, 0);
  EXPECT_NE(ended.err.find("AURA_ON_ERROR is 'retry'; it takes one of: crash, requeue, drop"),
            std::string::npos)
      << ended.err;
}

}  // namespace
}  // namespace cutpoint
