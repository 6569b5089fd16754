// SPDX-License-Identifier: Apache-2.0
// Clients of AMQP as people use them, each with its own way of putting a message into segments:
// they say the same, and the third message is cut where it is asked for. In clear, and inside of
// TLS.
#include <filesystem>
#include <fmt/format.h>
#include <fstream>
#include <map>
#include <set>
#include <sstream>

#include "tests/scenarios/aura.h"

namespace cutpoint {
namespace {

using nlohmann::json;
using Counts = std::map<std::string, int>;

const std::string script = CUTPOINT_SOURCE_DIR "/tests/scenarios/amqp_clients.py";
const std::string packages = CUTPOINT_SOURCE_DIR "/tests/scenarios/amqplib";

struct Client {
  std::string name;
  std::string service{R"("${CUTPOINT_AMQP_ADDRESS}")"};
  bool sends_parts = false;  // method, header and body of a message leave one by one

  friend void PrintTo(const Client& client, std::ostream* out) { *out << client.name; }
};

class AmqpClients : public AuraTest {
 protected:
  void SetUp() override {
    AuraTest::SetUp();
    if (IsSkipped() || HasFatalFailure()) return;
    EXPECT_EQ(queue({"fresh", "letters"}), "");
  }

  // How often each moment was seen.
  [[nodiscard]] Counts counts() const {
    Counts counted;
    std::ifstream file(out() + "/timeline.jsonl");
    for (std::string line; std::getline(file, line);) {
      const json entry = json::parse(line);
      if (entry["what"] != "moment") continue;
      for (const json& moment : entry["moments"]) ++counted[moment];
    }
    return counted;
  }

  // The ids of what is in the queue.
  [[nodiscard]] Words left() const {
    std::istringstream lines(queue({"left", "letters"}));
    Words ids;
    for (std::string line; std::getline(lines, line);)
      ids.push_back(line.substr(0, line.find(' ')));
    return ids;
  }

  static std::string rule(const std::string& position) {
    return fmt::format(
        "at: {{ service: mq, moment: basic.publish, position: {}, nth: 3 }}\n"
        "    do: {{ blackhole: both, scope: flow, for: 1s, heal: reset }}",
        position);
  }
};

class AmqpClient : public AmqpClients, public testing::WithParamInterface<Client> {
 protected:
  // Of all that it says; `rule`: at, do and mode.
  void run(const std::string& rule) {
    const Words command = GetParam().name == "amqplib" ? amqplib() : python();
    if (command.empty()) return;
    const auto ended = under(fmt::format(R"(scenario: clients
services:
  mq: {{ protocol: amqp, address: {} }}
target: {{ command: [none], timeout: 60s }}
faults:
  - name: cut
    {}
expect: []
)",
                                         GetParam().service, rule),
                             command);
    output_ = ended.out + ended.err;
    report_ = report();
    ASSERT_FALSE(report_.is_null()) << output_;
    fault_ = report_["faults"][0];
    EXPECT_EQ(report_["events"]["desynchronised"], 0);
  }

  json report_;
  json fault_;
  std::string output_;

 private:
  [[nodiscard]] static Words python() { return {"/usr/bin/python3", script, GetParam().name}; }

  // With what package-lock.json names, in a directory of the test's own. Empty: it was skipped.
  [[nodiscard]] Words amqplib() const {
    const std::string node = path("node");
    std::filesystem::create_directory(node);
    for (const std::string name : {"package.json", "package-lock.json", "client.js"})
      std::filesystem::copy_file(fmt::format("{}/{}", packages, name),
                                 fmt::format("{}/{}", node, name));
    const auto installed = Program::run(
        {"sh", "-c", "cd " + node + " && timeout 60 npm ci --ignore-scripts --no-audit --no-fund"});
    if (installed.code == 0) return {"node", node + "/client.js"};
    [&] { GTEST_SKIP() << "npm cannot install amqplib: " << installed.err; }();
    return {};
  }
};

TEST_P(AmqpClient, publishes_six_and_takes_six) {
  run("at: { service: mq, moment: content.body, direction: up, nth: 1, times: 0 }\n"
      "    do: { delay: 1ms }\n    mode: observe");
  if (IsSkipped()) return;
  EXPECT_EQ(report_["target"]["exit_code"], 0) << output_;
  EXPECT_EQ(fault_["moments_seen"], 6) << output_;
  Counts counted = counts();
  for (const std::string moment : {"basic.publish", "confirm.ack", "basic.deliver", "basic.ack"})
    EXPECT_EQ(counted[moment], 6) << moment << '\n' << output_;
  for (const std::string moment : {"confirm.select", "basic.consume"})
    EXPECT_EQ(counted[moment], 1) << moment << '\n' << output_;
  for (const std::string moment : {"basic.nack", "basic.reject", "confirm.nack", "basic.return"})
    EXPECT_EQ(counted[moment], 0) << moment << '\n' << output_;
  const std::string text = report_["summary"].dump();
  EXPECT_NE(text.find("mq: 6 messages reached the broker."), std::string::npos) << text;
  EXPECT_NE(text.find("mq: 6 deliveries, 6 acknowledged."), std::string::npos) << text;
  EXPECT_EQ(left(), Words{});
}

TEST_P(AmqpClient, message_cut_after_its_last_byte_is_at_the_broker) {
  run(rule("after"));
  if (IsSkipped()) return;
  ASSERT_EQ(fault_["fired_count"], 1) << output_;
  EXPECT_EQ(fault_["cut"]["offset_in_message"], fault_["cut"]["message_bytes"]);
  EXPECT_EQ(fault_["cut"]["late_by"], 0);
  EXPECT_NE(report_["target"]["exit_code"], 0);
  EXPECT_EQ(left(), (Words{"m1", "m2", "m3"}));
}

// What has left before its last part is known can no longer be held back: that much is said.
TEST_P(AmqpClient, message_cut_before_its_first_byte_never_was) {
  run(rule("before"));
  if (IsSkipped()) return;
  ASSERT_EQ(fault_["fired_count"], 1) << output_;
  if (GetParam().sends_parts) {
    EXPECT_EQ(fault_["cut"]["late_by"], fault_["cut"]["offset_in_message"]);
    EXPECT_LT(fault_["cut"]["offset_in_message"], fault_["cut"]["message_bytes"]);
  } else {
    EXPECT_EQ(fault_["cut"]["offset_in_message"], 0);
  }
  EXPECT_EQ(left(), (Words{"m1", "m2"}));
}

Client over_tls() {
  return {"pika_tls", R"("${CUTPOINT_AMQPS_ADDRESS}", tls: true)", true};
}

INSTANTIATE_TEST_SUITE_P(each, AmqpClient,
                         testing::Values(Client{.name = "pika", .sends_parts = true},
                                         Client{.name = "celery"}, Client{.name = "aio_pika"},
                                         Client{.name = "amqplib"}, over_tls()),
                         [](const auto& client) { return client.param.name; });

// Where one byte of the message is missing. (Inside of TLS bytes are those of its last record.)
class AmqpClientInClear : public AmqpClient {};

TEST_P(AmqpClientInClear, message_that_lacks_its_last_bytes_never_was) {
  run(rule("byte:55"));
  if (IsSkipped()) return;
  ASSERT_EQ(fault_["fired_count"], 1) << output_;
  EXPECT_EQ(fault_["cut"]["offset_in_message"], 55);
  EXPECT_EQ(fault_["cut"]["late_by"], 0);
  EXPECT_EQ(left(), (Words{"m1", "m2"}));
}

INSTANTIATE_TEST_SUITE_P(each, AmqpClientInClear,
                         testing::Values(Client{.name = "pika", .sends_parts = true},
                                         Client{.name = "celery"}, Client{.name = "aio_pika"},
                                         Client{.name = "amqplib"}),
                         [](const auto& client) { return client.param.name; });

// librabbitmq is cutpoint's own publisher, which says again what was not confirmed; what arrived
// pika takes, and says so.
class Librabbitmq : public AmqpClients {
 protected:
  void run(const std::string& rule) {
    const auto ended = under(fmt::format(R"(scenario: clients
services:
  mq: {{ protocol: amqp, address: "${{CUTPOINT_AMQP_ADDRESS}}" }}
target: {{ command: [none], timeout: 60s }}
workload:
  kind: amqp.publish
  broker: "${{CUTPOINT_AMQP_URL}}"
  queue: letters
  phases: [{{ name: all, messages: 6, rate: 100 }}]
  drain: 10s
faults:
  - name: cut
    {}
expect: []
)",
                                         rule),
                             {"/usr/bin/python3", script, "consume", "m6"});
    output_ = ended.out + ended.err;
    report_ = report();
    ASSERT_FALSE(report_.is_null()) << output_;
    EXPECT_EQ(report_["target"]["exit_code"], 0) << output_;
    fault_ = report_["faults"][0];
    std::ifstream file(out() + "/target.stdout");
    std::multiset<std::string> ids;
    for (std::string id; std::getline(file, id);) ids.insert(id);
    taken_ = Words(ids.begin(), ids.end());
  }

  // The messages whose confirms had come back when the rule fired, by their numbers.
  [[nodiscard]] std::set<int> confirmed() const {
    std::set<int> numbers;
    std::ifstream file(out() + "/timeline.jsonl");
    for (std::string line; std::getline(file, line);) {
      const json entry = json::parse(line);
      if (entry["what"] == "fired") break;
      if (entry["what"] != "moment" || entry["moments"] != json::array({"confirm.ack"})) continue;
      const json& attributes = entry["attributes"];
      const int tag = std::stoi(attributes["delivery_tag"].get<std::string>());
      const bool multiple = attributes.value("flag", "") == "MULTIPLE";
      for (int number = multiple ? 1 : tag; number <= tag; ++number) numbers.insert(number);
    }
    return numbers;
  }

  // What is taken: each message, and once more what the broker had and had not confirmed when m3
  // was cut.
  [[nodiscard]] Words said(bool broker_has_m3) const {
    const std::set<int> known = confirmed();
    Words ids;
    for (int number = 1; number <= 6; ++number) {
      const bool again = number == 3 ? broker_has_m3 : number < 3 && !known.contains(number);
      ids.insert(ids.end(), again ? 2 : 1, "m" + std::to_string(number));
    }
    return ids;
  }

  json report_;
  json fault_;
  Words taken_;
  std::string output_;
};

TEST_F(Librabbitmq, publishes_six) {
  run("at: { service: mq, moment: content.body, direction: up, nth: 1, times: 0 }\n"
      "    do: { delay: 1ms }\n    mode: observe");
  EXPECT_EQ(fault_["moments_seen"], 6) << output_;
  Counts counted = counts();
  EXPECT_EQ(counted["basic.publish"], 6);
  EXPECT_EQ(counted["basic.deliver"], 6);
  EXPECT_EQ(counted["basic.ack"], 6);
  EXPECT_EQ(taken_, (Words{"m1", "m2", "m3", "m4", "m5", "m6"}));
}

TEST_F(Librabbitmq, message_cut_after_its_last_byte_is_there_twice) {
  run(rule("after"));
  ASSERT_EQ(fault_["fired_count"], 1) << output_;
  EXPECT_EQ(fault_["cut"]["offset_in_message"], fault_["cut"]["message_bytes"]);
  EXPECT_EQ(fault_["cut"]["late_by"], 0);
  EXPECT_EQ(taken_, said(true));
}

TEST_F(Librabbitmq, message_cut_before_its_first_byte_is_there_once) {
  run(rule("before"));
  ASSERT_EQ(fault_["fired_count"], 1) << output_;
  EXPECT_EQ(fault_["cut"]["offset_in_message"], 0);
  EXPECT_EQ(taken_, said(false));
}

}  // namespace
}  // namespace cutpoint
