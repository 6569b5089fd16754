// SPDX-License-Identifier: Apache-2.0
#include "controller/scenario/registry.h"

#include <gtest/gtest.h>
#include <set>

namespace cutpoint {
namespace {

template <typename Info>
void expect_distinct_names(const std::vector<Info>& list) {
  EXPECT_FALSE(list.empty());
  const std::vector<std::string> names = names_of(list);
  EXPECT_EQ(std::set<std::string>(names.begin(), names.end()).size(), names.size());
}

TEST(Registry, HasEveryProtocolAndFaultOfTheLists) {
  EXPECT_EQ(protocols().size(), static_cast<std::size_t>(CUT_PROTOCOL_COUNT));
  EXPECT_EQ(faults().size(), static_cast<std::size_t>(CUT_FAULT_COUNT));
  for (std::size_t i = 0; i < protocols().size(); ++i) {
    EXPECT_EQ(static_cast<std::size_t>(protocols()[i].id), i);
  }
  for (std::size_t i = 0; i < faults().size(); ++i) {
    EXPECT_EQ(static_cast<std::size_t>(faults()[i].id), i);
  }
}

TEST(Registry, NamesNothingTwice) {
  expect_distinct_names(protocols());
  expect_distinct_names(faults());
  expect_distinct_names(invariants());
  expect_distinct_names(workloads());
  for (const ProtocolInfo& protocol : protocols()) {
    // Two moments of one name differ by their direction.
    for (const cut_direction direction : {CUT_UPSTREAM, CUT_DOWNSTREAM}) {
      std::vector<MomentInfo> moments = protocol.moments;
      std::erase_if(moments,
                    [direction](const MomentInfo& one) { return one.direction != direction; });
      expect_distinct_names(moments);
    }
    if (!protocol.attributes.empty()) expect_distinct_names(protocol.attributes);
  }
}

TEST(Registry, NumbersMomentsAndAttributesAsTheAbiDoes) {
  const ProtocolInfo* postgres = find_protocol("postgres");
  ASSERT_NE(postgres, nullptr);
  ASSERT_EQ(postgres->moments.size(), static_cast<std::size_t>(CUT_PG_MOMENTS));
  const MomentInfo* request = postgres->moment("commit.request");
  ASSERT_NE(request, nullptr);
  EXPECT_EQ(request->bit, CUT_PG_COMMIT_REQUEST);
  EXPECT_EQ(request->direction, CUT_UPSTREAM);
  EXPECT_TRUE(request->evidence);
  const MomentInfo* ack = postgres->moment("commit.ack");
  ASSERT_NE(ack, nullptr);
  EXPECT_EQ(ack->bit, CUT_PG_COMMIT_ACK);
  EXPECT_EQ(ack->direction, CUT_DOWNSTREAM);
  EXPECT_FALSE(postgres->moment("query")->evidence);
  EXPECT_EQ(postgres->attribute("status")->index, CUT_PG_ATTR_STATUS);
  EXPECT_EQ(postgres->attribute("status")->kind, CUT_ATTR_CHARACTER);
  ASSERT_EQ(postgres->commands.size(), static_cast<std::size_t>(CUT_SQL_COMMANDS));
  EXPECT_EQ(postgres->commands[CUT_SQL_ROLLBACK_TO], "ROLLBACK TO");
}

TEST(Registry, TiesFiltersToMomentsThatExist) {
  for (const ProtocolInfo& protocol : protocols()) {
    for (const AttributeInfo& attribute : protocol.attributes) {
      for (const std::string& moment : attribute.moments) {
        EXPECT_NE(protocol.moment(moment), nullptr) << attribute.name << " at " << moment;
      }
    }
  }
}

TEST(Registry, TiesInvariantsAndWorkloadsToProtocolsThatExist) {
  const std::set<std::string> parameters{
      "tables",   "by",       "time",     "after", "within",          "failures", "reset",
      "probes",   "at_most",  "requests", "tasks", "blocked_at_most", "observer", "deliveries",
      "database", "at_least", "baseline", "over",  "require"};
  for (const InvariantInfo& invariant : invariants()) {
    if (!invariant.protocol.empty()) {
      EXPECT_NE(find_protocol(invariant.protocol), nullptr) << invariant.name;
    }
    for (const ParameterInfo& parameter : invariant.parameters) {
      EXPECT_TRUE(parameters.contains(parameter.name)) << invariant.name << " " << parameter.name;
    }
  }
  for (const WorkloadInfo& workload : workloads()) {
    if (!workload.protocol.empty()) {
      EXPECT_NE(find_protocol(workload.protocol), nullptr) << workload.name;
    }
  }
}

TEST(Registry, KnowsNothingElse) {
  EXPECT_EQ(find_protocol("postgre"), nullptr);
  EXPECT_EQ(find_fault(""), nullptr);
  EXPECT_EQ(find_invariant("atomic"), nullptr);
  EXPECT_EQ(find_workload("orders"), nullptr);
  EXPECT_EQ(find_protocol("postgres")->moment("COMMIT.REQUEST"), nullptr);
}

}  // namespace
}  // namespace cutpoint
