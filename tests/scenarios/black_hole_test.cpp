// SPDX-License-Identifier: Apache-2.0
// An LLM host that takes every request and never answers, behind TLS: what the shipped scenarios
// find of the reference application, and the same fault under other clients.
#include <fmt/format.h>
#include <map>

#include "controller/util/file.h"
#include "tests/scenarios/aura.h"

namespace cutpoint {
namespace {

using nlohmann::json;
using Outcomes = std::map<std::string, std::string>;

constexpr int curl_timed_out = 28;  // curl(1), EXIT CODES
const std::string shipped = CUTPOINT_SOURCE_DIR "/scripts/scenarios/";
const std::string scenarios = CUTPOINT_SOURCE_DIR "/tests/scenarios/";

class BlackHole : public AuraTest {
 protected:
  [[nodiscard]] Outcomes outcomes() const {
    Outcomes found;
    const json invariants = report()["invariants"];
    for (const json& one : invariants) found[one["name"]] = one["outcome"];
    return found;
  }

  Program::Ended run(const Run& how, const Words& arguments) {
    return start(Words{"run", "--out", out()} + arguments, environment(how)).wait();
  }
};

// What of the file takes time, at a part of it. Its workers of Celery are in audit_test.
class BlackHoleLlm : public BlackHole, public testing::WithParamInterface<std::string> {
 protected:
  [[nodiscard]] bool hardened() const { return GetParam() == "hardened"; }

  static Words set(std::initializer_list<std::string> settings) {
    Words words;
    for (const std::string& setting : settings) {
      words.push_back("--set");
      words.push_back(setting);
    }
    return words;
  }
};

// All times by 0.1: 0.8 s and 12 s.
TEST_P(BlackHoleLlm, is_survived_by_coroutines_of_the_hardened_variant_alone) {
  const auto ended =
      run({.variant = GetParam(), .time_scale = "0.1"},
          Words{shipped + "black-hole-llm-asyncio.yaml"} +
              set({"faults.black-hole.do.for=10s", "expect.http.bounded_wait.within=2s",
                   "expect.http.breaker_opens_within.reset=3s",
                   "expect.http.recovers_within.time=20s"}) +
              Words{"--", "env", "PYTHONPATH=" CUTPOINT_SOURCE_DIR "/tests", "/usr/bin/python3",
                    "-m", "aura.load", "--shape", "asyncio", "--seconds", "25"});
  EXPECT_EQ(ended.code, hardened() ? 0 : 1) << ended.out << ended.err;
  const std::string judged = hardened() ? "held" : "violated";
  const Outcomes expected{{"http.bounded_wait", judged},
                          {"http.breaker_opens_within", judged},
                          {"http.retry_amplification", judged},
                          {"http.recovers_within", "held"}};
  EXPECT_EQ(outcomes(), expected) << ended.out;
}

INSTANTIATE_TEST_SUITE_P(each, BlackHoleLlm, testing::Values("fragile", "hardened"),
                         [](const auto& variant) { return variant.param; });

struct Client {
  std::string name;
  Words command;

  friend void PrintTo(const Client& client, std::ostream* out) { *out << client.name; }
};

// Versions of HTTP (1 or 2) and of TLS (1.2 or 1.3).
std::string of_versions(const std::string& http, const std::string& tls) {
  return "_http" + http + (tls == "1.2" ? "_tls1_2" : "_tls1_3");
}

Client curl(const std::string& http, const std::string& tls) {
  return {"curl" + of_versions(http, tls),
          {scenarios + "llm_client.sh", http == "1" ? "--http1.1" : "--http2", "--tlsv" + tls,
           "--tls-max", tls}};
}

Client httpx(const std::string& way, const std::string& http, const std::string& tls) {
  return {"httpx_" + way + of_versions(http, tls),
          {"/usr/bin/python3", scenarios + "llm_client.py", way, http, tls}};
}

// By fetch or https.
Client node(const std::string& way, const std::string& tls) {
  return {"node_" + way + of_versions("1", tls),
          {"sh", "-c",
           fmt::format("NODE_EXTRA_CA_CERTS=$CUTPOINT_LLM_CA exec node --tls-min-v{0} "
                       "--tls-max-v{0} {1}llm_client.js {2}",
                       tls, scenarios, way)}};
}

std::vector<Client> all_clients() {
  std::vector<Client> all;
  for (const std::string tls : {"1.2", "1.3"}) {
    for (const std::string way : {"fetch", "https"}) all.push_back(node(way, tls));
    for (const std::string http : {"1", "2"}) {
      all.push_back(curl(http, tls));
      for (const std::string way : {"sync", "async"}) all.push_back(httpx(way, http, tls));
    }
  }
  return all;
}

class BlackHoleClient : public BlackHole, public testing::WithParamInterface<Client> {};

// The client goes on with its questions: one is taken and never answered, and after the heal it is
// answered again. That is what it says by its exit code, and what was seen inside of its TLS.
TEST_P(BlackHoleClient, is_heard_no_more_and_then_again) {
  const auto ended = under(R"(scenario: black-hole
services:
  llm: { protocol: http, address: "${CUTPOINT_LLM_ADDRESS}", tls: true }
target: { command: [none], timeout: 60s }
faults:
  - name: black-hole
    at: { service: llm, moment: request.end, position: after, nth: 5 }
    do: { blackhole: down, acks: pass, scope: service, for: 2s }
expect:
  - { invariant: http.bounded_wait, within: 4s }
  - { invariant: http.recovers_within, time: 20s }
)",
                           GetParam().command);
  EXPECT_EQ(ended.code, 0) << ended.out << ended.err;
  const json result = report();
  ASSERT_FALSE(result.is_null());
  EXPECT_EQ(result["target"]["exit_code"], 0);
  EXPECT_EQ(result["faults"][0]["fired_count"], 1);
  EXPECT_EQ(result["problems"], json::array());
}

// A stream of five events inside of TLS.
class BlackHoleStream : public BlackHole {
 protected:
  // curl reads it, for 2 s at most, under this fault.
  Program::Ended read(const std::string& fault) {
    return under(fmt::format(R"(scenario: stream
services:
  llm: {{ protocol: http, address: "${{CUTPOINT_LLM_ADDRESS}}", tls: true }}
target: {{ command: [none], timeout: 60s }}
faults:
  - name: cut
{}
expect: []
)",
                             fault),
                 {"sh", "-c",
                  "exec curl -sSN --http1.1 --max-time 2 --cacert $CUTPOINT_LLM_CA --json '{}' "
                  "$CUTPOINT_LLM_URL/v1beta/models/m:streamGenerateContent -o " +
                      path("events")});
  }
  [[nodiscard]] int events() const {
    const auto text = read_file(path("events"));
    int count = 0;
    for (std::size_t at = 0; text && (at = text->find("data: ", at)) != std::string::npos; ++at)
      ++count;
    return count;
  }
};

// What was answered is known once curl has read it: the next event is the first that is missing.
TEST_F(BlackHoleStream, three_events_then_silence) {
  const auto ended = read(
      "    at: { service: llm, moment: response.body, position: after, nth: 3 }\n"
      "    do: { blackhole: down, acks: pass, for: 3s }");
  EXPECT_EQ(ended.code, 0) << ended.out << ended.err;
  EXPECT_EQ(report()["target"]["exit_code"], curl_timed_out);
  EXPECT_EQ(events(), 3);
}

// A slow drip: no read waits for long, and yet the answer does not come to its end.
TEST_F(BlackHoleStream, drips) {
  const auto ended = read(
      "    at: { service: llm, moment: request.end, position: after }\n"
      "    do: { throttle: 300B/s, direction: down, for: 10s }");
  EXPECT_EQ(ended.code, 0) << ended.out << ended.err;
  EXPECT_EQ(report()["target"]["exit_code"], curl_timed_out);
  EXPECT_LT(events(), 5);
}

INSTANTIATE_TEST_SUITE_P(each, BlackHoleClient, testing::ValuesIn(all_clients()),
                         [](const auto& client) { return client.param.name; });

}  // namespace
}  // namespace cutpoint
