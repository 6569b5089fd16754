// SPDX-License-Identifier: Apache-2.0
#include "controller/timeline/timeline.h"

#include <arpa/inet.h>
#include <gtest/gtest.h>

#include "bpf/abi/postgres.h"
#include "bpf/abi/reasons.h"

namespace cutpoint {
namespace {

using nlohmann::json;

const std::vector<std::string> services = {"db"};
const std::vector<std::string> faults = {"partition-at-commit"};

cut_address loopback() {
  return {{0, 0, htonl(0xffff), htonl(INADDR_LOOPBACK)}};
}

cut_event blank(cut_event_kind kind) {
  cut_event event{};
  event.number = 7;
  event.ns = 1000;
  event.flow = 3;
  event.kind = kind;
  event.rule = CUT_NO_RULE;
  event.tuple = {loopback(), loopback(), 40712, 5432};
  return event;
}

json shown(const cut_event& event) {
  Timeline timeline;
  timeline.add(event);
  return Timeline::to_json(timeline.entries().front(), services, faults);
}

// What every kernel event says, beside `extra`.
json with(const std::string& what, const json& extra) {
  json object = {{"seq", 1},     {"ns", 1000},     {"source", "kernel"},
                 {"what", what}, {"number", 7},    {"flow", "127.0.0.1:40712 -> 127.0.0.1:5432"},
                 {"cookie", 3},  {"service", "db"}};
  object.update(extra);
  return object;
}

TEST(Timeline, numbers_entries_from_one) {
  Timeline timeline;
  EXPECT_EQ(timeline.add(5, {"controller", "armed", {}}), 1U);
  EXPECT_EQ(timeline.add(blank(CUT_EVENT_FLOW_OPENED)), 2U);
  EXPECT_EQ(timeline.entries()[1].ns, 1000);
  EXPECT_EQ(timeline.entries()[0].event(), nullptr);
  EXPECT_EQ(timeline.entries()[1].note(), nullptr);
}

TEST(Timeline, shows_a_note) {
  Timeline timeline;
  timeline.add(5, {"controller", "phase", {{"name", "steady"}}});
  timeline.add(6, {"controller", "armed", json::object()});
  EXPECT_EQ(Timeline::to_json(timeline.entries()[0], services, faults),
            (json{{"seq", 1},
                  {"ns", 5},
                  {"source", "controller"},
                  {"what", "phase"},
                  {"data", {{"name", "steady"}}}}));
  EXPECT_FALSE(Timeline::to_json(timeline.entries()[1], services, faults).contains("data"));
}

TEST(Timeline, shows_a_moment_with_its_attributes) {
  cut_event event = blank(CUT_EVENT_MOMENT);
  event.direction = CUT_DOWNSTREAM;
  event.moments = 1ULL << CUT_PG_BACKEND_KEY;
  event.begin = 5000;
  event.end = 5013;
  event.length = 90;
  event.attr[CUT_PG_ATTR_PID] = 4711;
  EXPECT_EQ(shown(event), with("moment", {{"direction", "downstream"},
                                          {"moments", {"backend.key"}},
                                          {"attributes", {{"pid", "4711"}}},
                                          {"begin", 5000},
                                          {"end", 5013},
                                          {"length", 90}}));
}

TEST(Timeline, shows_where_a_rule_fired) {
  cut_event event = blank(CUT_EVENT_FIRED);
  event.moments = 1ULL << CUT_PG_COMMIT_REQUEST;
  event.begin = 1000;
  event.end = 1014;
  event.cut = 1005;
  event.length = 14;
  event.rule = 0;
  event.reason = CUT_REASON_MATCHED;
  event.flags = CUT_FACT_IN_TRANSACTION | CUT_FACT_LATE | CUT_FACT_COLLATERAL;
  EXPECT_EQ(shown(event), with("fired", {{"direction", "upstream"},
                                         {"fault", "partition-at-commit"},
                                         {"reason", "matched"},
                                         {"moments", {"commit.request"}},
                                         {"flags", {"in-transaction", "collateral", "late"}},
                                         {"begin", 1000},
                                         {"end", 1014},
                                         {"cut", 1005},
                                         {"length", 14}}));
}

TEST(Timeline, shows_what_tcp_did) {
  cut_event state = blank(CUT_EVENT_FLOW_STATE);
  state.begin = 1;
  state.end = 4;
  EXPECT_EQ(shown(state), with("flow.state", {{"from", "ESTABLISHED"}, {"to", "FIN_WAIT1"}}));
  cut_event rto = blank(CUT_EVENT_RTO);
  rto.begin = 4;
  rto.end = 3264;
  EXPECT_EQ(shown(rto), with("rto", {{"backoff", 4}, {"rto_ms", 3264}}));
  cut_event truncated = blank(CUT_EVENT_TRUNCATED);
  truncated.begin = 1000;
  truncated.end = 1014;
  truncated.length = 14;
  truncated.cut = 1005;
  truncated.attr[0] = 5;
  EXPECT_EQ(shown(truncated), with("truncated", {{"direction", "upstream"},
                                                 {"begin", 1000},
                                                 {"end", 1014},
                                                 {"length", 14},
                                                 {"cut", 1005},
                                                 {"kept", 5}}));
}

TEST(Timeline, shows_a_number_where_there_is_no_name) {
  cut_event event = blank(CUT_EVENT_FLOW_CLOSED);
  event.service = 5;
  EXPECT_EQ(shown(event).at("service"), "5");
}

TEST(Timeline, formats_endpoints) {
  EXPECT_EQ(format_endpoint(loopback(), 5432), "127.0.0.1:5432");
  EXPECT_EQ(format_endpoint({{0, 0, 0, htonl(1)}}, 5432), "[::1]:5432");
  EXPECT_EQ(format_endpoint({{htonl(0x20010db8), 0, 0, htonl(2)}}, 1), "[2001:db8::2]:1");
}

}  // namespace
}  // namespace cutpoint
