// SPDX-License-Identifier: Apache-2.0
// What options become, and what is said of those that are wrong.
#include "controller/scenario/injection.h"

#include <gtest/gtest.h>

#include "controller/scenario/registry.h"
#include "controller/scenario/shapes.h"
#include "tests/unit/scenario/scenario_fixture.h"

namespace cutpoint::test {
namespace {

using namespace std::chrono_literals;

Injection usual() {
  Injection injection;
  injection.services = {"db=postgres@127.0.0.1:5432"};
  injection.at = {"commit.request:after"};
  injection.act = {"blackhole both 30s"};
  injection.pid = "4711";
  return injection;
}

std::optional<std::string> environment(const std::string& name) {
  if (name == "DSN") return "postgresql://u:secret@h/d";
  return std::nullopt;
}

Scenario good(const Injection& injection) {
  const LoadedScenario loaded = load_injection(injection, environment);
  EXPECT_EQ(complaints(loaded), "");
  return loaded.scenario.value_or(Scenario{});
}

Fault fault_at(const std::string& at) {
  Injection injection = usual();
  injection.at = {at};
  return good(injection).faults.at(0);
}

Fault fault_of(const std::string& act) {
  Injection injection = usual();
  injection.at = {"commit.request"};  // some faults say themselves at which byte
  injection.act = {act};
  return good(injection).faults.at(0);
}

TEST(Injection, BecomesAScenario) {
  const Scenario scenario = good(usual());
  EXPECT_EQ(scenario.name, "inject");
  EXPECT_EQ(scenario.services.at(0).name, "db");
  EXPECT_EQ(scenario.services.at(0).protocol, "postgres");
  EXPECT_EQ(scenario.services.at(0).address, "127.0.0.1:5432");
  EXPECT_TRUE(scenario.services.at(0).is_only_heard());
  EXPECT_EQ(scenario.target->pid, 4711);
  EXPECT_TRUE(scenario.expect.empty());
  const Fault& fault = scenario.faults.at(0);
  EXPECT_EQ(fault.name, "blackhole-at-commit.request");
  EXPECT_EQ(fault.service, "db");
  EXPECT_EQ(fault.moment, "commit.request");
  EXPECT_EQ(fault.position, CUT_AFTER);
  EXPECT_EQ(fault.kind, "blackhole");
  EXPECT_EQ(fault.directions, CUT_BOTH);
  EXPECT_EQ(fault.duration, 30s);
}

TEST(Injection, TakesAnAddressOrADsn) {
  const auto service = [](const std::string& text) {
    Injection injection = usual();
    injection.services = {text};
    return good(injection).services.at(0);
  };
  EXPECT_EQ(service("db=postgres@[::1]:5432").address, "[::1]:5432");
  EXPECT_EQ(service("db=postgres@db.example:5432").address, "db.example:5432");
  EXPECT_EQ(service("db=postgres@:5432").address, ":5432");
  EXPECT_EQ(service("db=postgres@h:5432").tls, std::nullopt);
  EXPECT_EQ(service("db=postgres@h:5432,tls=true").address, "h:5432");
  EXPECT_EQ(service("db=postgres@h:5432,tls=true").tls, true);
  EXPECT_EQ(service("db=postgres:host=h port=5").dsn, "host=h port=5");
  EXPECT_EQ(service("db=postgres:postgresql://u:p@h:5/d").dsn, "postgresql://u:p@h:5/d");
  EXPECT_EQ(service("db=postgres:${DSN}").dsn, "postgresql://u:secret@h/d");
}

TEST(Injection, TakesPositionsLimitsAndFilters) {
  EXPECT_EQ(fault_at("commit.ack").position, CUT_AFTER);
  EXPECT_EQ(fault_at("commit.ack:before").position, CUT_BEFORE);
  EXPECT_EQ(fault_at("commit.ack:byte:3").position, CUT_BYTE);
  EXPECT_EQ(fault_at("commit.ack:byte:3").byte, 3U);
  const Fault limited =
      fault_at("query:after,nth=20,every=2,times=0,probability=0.5,once_per=flow");
  EXPECT_EQ(limited.nth, 20U);
  EXPECT_EQ(limited.every, 2U);
  EXPECT_EQ(limited.times, 0U);
  EXPECT_EQ(limited.probability, 0.5);
  EXPECT_TRUE(limited.once_per_flow);
  EXPECT_EQ(fault_at("error:before,sqlstate=40001").filters.at(0).text, "40001");
  EXPECT_EQ(fault_at("statement,command=rollback to").filters.at(0).text, "rollback to");
}

TEST(Injection, TakesMomentsOfEveryFlow) {
  const auto connect = [] {
    Injection injection = usual();
    injection.at = {"connect"};
    injection.act = {"refuse syn"};
    return good(injection).faults.at(0);
  }();
  EXPECT_EQ(connect.name, "refuse-at-connect");
  EXPECT_EQ(connect.moment_bit, CUT_TRANSPORT_CONNECT);
  EXPECT_EQ(fault_at("first_byte:before,direction=down").moment_bit, CUT_TRANSPORT_FIRST_BYTE_DOWN);
  EXPECT_EQ(fault_at("bytes:1000").byte_number, 1000U);
  EXPECT_EQ(fault_at("bytes:1000").position, CUT_AFTER);
  const Fault numbered = fault_at("bytes:1000:before,direction=down,times=0");
  EXPECT_EQ(numbered.name, "blackhole-at-bytes");
  EXPECT_EQ(numbered.byte_number, 1000U);
  EXPECT_EQ(numbered.position, CUT_BEFORE);
  EXPECT_EQ(numbered.moment_bit, CUT_TRANSPORT_BYTES_DOWN);
  EXPECT_EQ(numbered.times, 0U);
}

// Something that such a value may be.
std::vector<std::string> some(const yaml::Shape& shape) {
  if (shape.kind == yaml::Shape::Kind::duration) return {"3s"};
  if (shape.kind == yaml::Shape::Kind::number) return {"7"};
  if (shape.kind == yaml::Shape::Kind::rate) return {"64KiB/s"};
  if (!shape.words.empty()) return shape.words;
  return {"x"};
}

// With what it requires and, of the rest, with that key alone; it may suit one of its values only.
bool is_taken(const FaultInfo& fault, const yaml::Shape& shape, const std::string& wanted) {
  Injection injection = usual();
  injection.at = {fault.at == CUT_AT_CONNECT ? "connect" : "commit.request"};
  for (const std::string& value : some(shape.keys.at(0).shape)) {
    std::string act = fault.name + " " + value;
    for (const yaml::ShapeKey& key : shape.keys) {
      const bool given = key.required || key.name == wanted;
      if (given && key.name != fault.name) act += " " + key.name + "=" + some(key.shape).back();
    }
    injection.act = {act};
    const LoadedScenario loaded = load_injection(injection, environment);
    if (loaded.scenario && loaded.scenario->faults.at(0).kind == fault.name) return true;
  }
  return false;
}

TEST(Injection, TakesEveryFaultOfTheRegistryWithEachOfItsKeys) {
  for (const FaultInfo& fault : faults()) {
    const yaml::Shape shape = shape_of_do(fault);
    ASSERT_EQ(shape.keys.at(0).name, fault.name);
    for (const yaml::ShapeKey& key : shape.keys) {
      EXPECT_TRUE(is_taken(fault, shape, key.name)) << fault.name << " with " << key.name;
    }
  }
}

TEST(Injection, TakesTheDurationBehindTheValueOrByItsName) {
  EXPECT_EQ(fault_of("blackhole both 30s acks=pass").acks, CUT_ACKS_PASS);
  EXPECT_EQ(fault_of("  blackhole \t both  for=7s ").duration, 7s);
  EXPECT_EQ(fault_of("delay 150ms jitter=20ms").jitter, 20ms);
  EXPECT_EQ(fault_of("reset client").ends, CUT_END_CLIENT);
  EXPECT_EQ(fault_of("truncate 10 then=fin for=5s").then, CUT_THEN_FIN);
}

TEST(Injection, TakesPairsAndSeveralServices) {
  Injection injection = usual();
  injection.services.emplace_back("other=postgres@127.0.0.1:5433");
  injection.at = {"db/commit.request", "other/commit.request", "db/commit.request:before,nth=2"};
  injection.act = {"blackhole both 3s", "reset both", "blackhole up 1s"};
  const Scenario scenario = good(injection);
  ASSERT_EQ(scenario.faults.size(), 3U);
  EXPECT_EQ(scenario.faults[1].service, "other");
  EXPECT_EQ(scenario.faults[1].kind, "reset");
  EXPECT_EQ(scenario.faults[0].name, "blackhole-at-commit.request");
  EXPECT_EQ(scenario.faults[2].name, "blackhole-at-commit.request-3");
}

TEST(Injection, TakesWhatAFileSaysBesideAtAndDo) {
  Injection injection = usual();
  injection.at = {"commit.request,name=first,mode=observe", "query,after=first,nth=2",
                  "commit.ack,while=blackhole-at-query"};
  injection.act = {"blackhole both 3s", "blackhole both 2s", "blackhole up 1s"};
  const Scenario scenario = good(injection);
  ASSERT_EQ(scenario.faults.size(), 3U);
  EXPECT_EQ(scenario.faults[0].name, "first");
  EXPECT_EQ(scenario.faults[0].mode, CUT_OBSERVE);
  EXPECT_EQ(scenario.faults[1].after, "first");
  EXPECT_EQ(scenario.faults[1].nth, 2U);
  EXPECT_EQ(scenario.faults[2].during, "blackhole-at-query");
}

TEST(Injection, TakesEveryWayToNameATarget) {
  const auto target = [](auto set) {
    Injection injection = usual();
    injection.pid.reset();
    set(injection);
    return good(injection).target.value_or(Target{});
  };
  EXPECT_EQ(target([](Injection& i) { i.cgroup = "system.slice"; }).cgroup, "system.slice");
  EXPECT_EQ(target([](Injection& i) { i.unit = "shop"; }).unit, "shop.service");
  EXPECT_EQ(target([](Injection& i) { i.container = "3F2A9C0D1E4B"; }).container, "3f2a9c0d1e4b");
  const Target command = target([](Injection& i) {
    i.command = {"app", "", "${X}"};
    i.user = "nobody";
    i.timeout = "2m";
  });
  EXPECT_EQ(command.command, (std::vector<std::string>{"app", "", "${X}"}));
  EXPECT_EQ(command.user, "nobody");
  EXPECT_EQ(command.timeout, 120s);
}

TEST(Injection, ResolvesToAFileThatLoadsTheSameWithoutPasswords) {
  Injection injection = usual();
  injection.services = {"db=postgres:${DSN}", "v6=postgres@[::1]:5432"};
  injection.at = {"db/error:before,sqlstate=40001"};
  injection.seed = "7";
  EXPECT_EQ(good(injection).resolved_yaml, R"(scenario: inject
seed: 7
services:
  db: {protocol: postgres, dsn: postgresql://u@h/d}
  v6: {protocol: postgres, address: "[::1]:5432"}
target: {pid: 4711}
faults:
  - name: blackhole-at-error
    at: {service: db, moment: error, position: before, sqlstate: 40001}
    do: {blackhole: both, for: 30s}
expect: []
)");
}

class InjectionFile : public ScenarioTest {};

TEST_F(InjectionFile, LoadsAsAScenario) {
  const Scenario scenario = good(usual());
  const Scenario again = load_good(scenario.resolved_yaml);
  EXPECT_EQ(again.resolved_yaml, scenario.resolved_yaml);
  EXPECT_EQ(again.faults.at(0).name, scenario.faults.at(0).name);
}

struct BadOption {
  const char* name;
  void (*spoil)(Injection&);
  const char* complaints;
};

class BadOptions : public ::testing::TestWithParam<BadOption> {};

TEST_P(BadOptions, AreExplainedInPlace) {
  Injection injection = usual();
  GetParam().spoil(injection);
  EXPECT_EQ(complaints(load_injection(injection, environment)), GetParam().complaints);
}

const BadOption options[] = {
    {"no_service", [](Injection& i) { i.services.clear(); },
     "inject: no service; give one, e.g. --service db=postgres@127.0.0.1:5432"},
    {"no_fault",
     [](Injection& i) {
       i.at.clear();
       i.act.clear();
     },
     "inject: no fault; give one, e.g. --at commit.request:after --do 'blackhole both 30s'"},
    {"no_pair", [](Injection& i) { i.at.emplace_back("query"); },
     "inject: 2 --at and 1 --do: they come in pairs"},
    {"no_target", [](Injection& i) { i.pid.reset(); },
     "inject: no target; give --pid N, --cgroup PATH, --unit NAME, --container ID, or a command "
     "after --"},
    {"two_targets",
     [](Injection& i) {
       i.command = {"app", "-v"};
     },
     R"(--pid: `target` takes only one of `command`, `pid`, `cgroup`, `unit`, `container`; `command` is given
      | --pid 4711
      |       ^)"},
    {"pid_is_no_number", [](Injection& i) { i.pid = "shop"; },
     R"(--pid: `pid` must be a whole number from 1 to 2147483647, not `shop`
      | --pid shop
      |       ^)"},
    {"unit_is_empty",
     [](Injection& i) {
       i.pid.reset();
       i.unit = "";
     },
     R"(--unit: `unit` is empty: it must be a text
      | --unit 
      |        ^)"},
    {"user_of_a_pid", [](Injection& i) { i.user = "nobody"; },
     R"(--user: `user` goes with `command` only: a running process keeps its user
      | --user nobody
      |        ^)"},
    {"timeout_without_unit", [](Injection& i) { i.timeout = "30"; },
     R"(--timeout: `timeout` must be a duration: `30` has no unit; write e.g. `30s`
      | --timeout 30
      |           ^)"},
    {"seed_is_no_number", [](Injection& i) { i.seed = "x"; },
     R"(--seed: `seed` must be a whole number from 0 to 18446744073709551615, not `x`
      | --seed x
      |        ^)"},
    {"service_without_name", [](Injection& i) { i.services = {"postgres@h:5432"}; },
     R"(--service: write NAME=PROTOCOL@HOST:PORT, e.g. db=postgres@127.0.0.1:5432, or NAME=PROTOCOL:DSN
      | --service postgres@h:5432
      |           ^)"},
    {"service_without_address", [](Injection& i) { i.services = {"db=postgres"}; },
     R"(--service: write NAME=PROTOCOL@HOST:PORT, e.g. db=postgres@127.0.0.1:5432, or NAME=PROTOCOL:DSN
      | --service db=postgres
      |           ^)"},
    {"service_without_port", [](Injection& i) { i.services = {"db=postgres@h"}; },
     R"(--service: `h` is no address; write `host:port`, e.g. 127.0.0.1:5432 or [::1]:5432
      | --service db=postgres@h
      |                       ^)"},
    {"service_with_an_unknown_key", [](Injection& i) { i.services = {"db=postgres@h:1,tsl=true"}; },
     R"(--service: unknown key `tsl` in service `db`; did you mean `tls`?
      | --service db=postgres@h:1,tsl=true
      |                           ^)"},
    {"service_of_unknown_protocol", [](Injection& i) { i.services = {"db=postgre@h:5432"}; },
     R"(--service: unknown protocol `postgre`; did you mean `postgres`?
      | --service db=postgre@h:5432
      |              ^)"},
    {"service_that_is_no_dsn", [](Injection& i) { i.services = {"db=postgres:h"}; },
     R"(--service: `dsn` is no connection string: it is `postgresql://user@host:port/database` or `host=... port=... dbname=...`
      | --service db=postgres:h
      |                       ^)"},
    {"service_twice", [](Injection& i) { i.services.emplace_back("db=postgres@h:1"); },
     R"(--service: `db` is given twice
      | --service db=postgres@h:1
      |           ^)"},
    {"password_of_a_dsn_is_masked",
     [](Injection& i) { i.services = {"DB=postgres:postgresql://u:secret@h/d"}; },
     R"(--service: `DB` is no name: it starts with a-z or 0-9 and holds only a-z, 0-9, `.`, `_`, `-`
      | --service DB=postgres:postgresql://u:******@h/d
      |           ^)"},
    {"variable_that_is_not_set", [](Injection& i) { i.services = {"db=postgres:${NONE}"}; },
     R"(--service: environment variable `NONE` is not set; set it with `export NONE=...`, and keep it with `sudo --preserve-env=NONE`
      | --service db=postgres:${NONE}
      |                       ^)"},
    {"unknown_moment", [](Injection& i) { i.at = {"commit.requst:after"}; },
     R"(--at: unknown moment `commit.requst` of protocol `postgres`; did you mean `commit.request`?
      | --at commit.requst:after
      |      ^)"},
    {"no_moment", [](Injection& i) { i.at = {":after"}; },
     R"(--at: `moment` is empty: it must be a text
      | --at :after
      |      ^)"},
    {"unknown_position", [](Injection& i) { i.at = {"query:befor"}; },
     R"(--at: unknown position `befor`; did you mean `before`?
      | --at query:befor
      |            ^)"},
    {"no_position", [](Injection& i) { i.at = {"query:"}; },
     R"(--at: `position` is empty: it must be a text
      | --at query:
      |            ^)"},
    {"byte_of_nothing", [](Injection& i) { i.at = {"query:byte:x"}; },
     R"(--at: `byte:N` must be a whole number from 1 to 4294967295, not `x`
      | --at query:byte:x
      |            ^)"},
    {"unknown_service", [](Injection& i) { i.at = {"dv/query"}; },
     R"(--at: unknown service `dv`; did you mean `db`?
      | --at dv/query
      |      ^)"},
    {"service_not_said", [](Injection& i) { i.services.emplace_back("other=postgres@h:1"); },
     R"(--at: `commit.request` of which service? Write e.g. `db/commit.request`; there are db, other
      | --at commit.request:after
      |      ^)"},
    {"unknown_limit", [](Injection& i) { i.at = {"query,nht=2"}; },
     R"(--at: unknown key `nht` in `at`; did you mean `nth`?
      | --at query,nht=2
      |            ^)"},
    {"limit_without_value", [](Injection& i) { i.at = {"query,nth"}; },
     R"(--at: `nth` is no KEY=VALUE
      | --at query,nth
      |            ^)"},
    {"limit_twice", [](Injection& i) { i.at = {"query,nth=2,nth=3"}; },
     R"(--at: `nth` is given twice
      | --at query,nth=2,nth=3
      |                  ^)"},
    {"filter_of_another_moment", [](Injection& i) { i.at = {"query,sqlstate=40001"}; },
     R"(--at: filter `sqlstate` never matches at `query`; it goes with: error
      | --at query,sqlstate=40001
      |                     ^)"},
    {"nothing_to_do", [](Injection& i) { i.act = {" "}; },
     "--do: write FAULT VALUE [DURATION] [KEY=VALUE]..., e.g. blackhole both 30s\n"
     "      | --do  \n"
     "      |      ^"},
    {"unknown_fault", [](Injection& i) { i.act = {"blackhol both 30s"}; },
     R"(--do: unknown fault `blackhol`; did you mean `blackhole`?
      | --do blackhol both 30s
      |      ^)"},
    {"fault_without_value", [](Injection& i) { i.act = {"blackhole"}; },
     R"(--do: missing key `for` in `do`; a fault always ends by itself, e.g. `for: 30s`
      | --do blackhole
      |      ^
--do: `blackhole` is empty: it must be a text
      | --do blackhole
      |               ^)"},
    {"unknown_value", [](Injection& i) { i.act = {"blackhole bot 30s"}; },
     R"(--do: unknown value `bot` of `blackhole`; did you mean `both`?
      | --do blackhole bot 30s
      |                ^)"},
    {"fault_that_never_ends", [](Injection& i) { i.act = {"blackhole both"}; },
     R"(--do: missing key `for` in `do`; a fault always ends by itself, e.g. `for: 30s`
      | --do blackhole both
      |      ^)"},
    {"duration_without_unit", [](Injection& i) { i.act = {"blackhole both 30"}; },
     R"(--do: `for` must be a duration: `30` has no unit; write e.g. `30s`
      | --do blackhole both 30
      |                     ^)"},
    {"duration_of_a_fault_without", [](Injection& i) { i.act = {"reset both 30s"}; },
     R"(--do: `for` does not apply to `reset`
      | --do reset both 30s
      |                 ^)"},
    {"duration_twice", [](Injection& i) { i.act = {"blackhole both 30s for=3s"}; },
     R"(--do: `for` is given twice
      | --do blackhole both 30s for=3s
      |                         ^)"},
    {"unknown_key", [](Injection& i) { i.act = {"blackhole both 30s ack=pass"}; },
     R"(--do: unknown key `ack` in `do`; did you mean `acks`?
      | --do blackhole both 30s ack=pass
      |                         ^)"},
    {"key_of_another_fault", [](Injection& i) { i.act = {"reset both heal=reset"}; },
     R"(--do: `heal` does not apply to `reset`
      | --do reset both heal=reset
      |                      ^)"},
    {"key_without_value", [](Injection& i) { i.act = {"blackhole both 30s acks="}; },
     R"(--do: `acks` is empty: it must be a text
      | --do blackhole both 30s acks=
      |                              ^)"},
    {"word_out_of_place", [](Injection& i) { i.act = {"blackhole both 30s pass"}; },
     R"(--do: `pass` is no KEY=VALUE
      | --do blackhole both 30s pass
      |                         ^)"},
    {"two_faults", [](Injection& i) { i.act = {"blackhole both 30s reset=both"}; },
     R"(--do: `do` takes one fault; `blackhole` is given
      | --do blackhole both 30s reset=both
      |                               ^)"},
    {"several_mistakes",
     [](Injection& i) {
       i.at = {"qury:after"};
       i.act = {"blackhole bot 30"};
     },
     R"(--at: unknown moment `qury` of protocol `postgres`; did you mean `query`?
      | --at qury:after
      |      ^
--do: unknown value `bot` of `blackhole`; did you mean `both`?
      | --do blackhole bot 30
      |                ^
--do: `for` must be a duration: `30` has no unit; write e.g. `30s`
      | --do blackhole bot 30
      |                    ^)"},
    {"no_utf8", [](Injection& i) { i.unit = "\xff"; }, "--unit: it is no UTF-8 text"},
};

INSTANTIATE_TEST_SUITE_P(Each, BadOptions, ::testing::ValuesIn(options),
                         [](const auto& row) { return std::string(row.param.name); });

}  // namespace
}  // namespace cutpoint::test
