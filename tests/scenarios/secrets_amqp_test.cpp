// SPDX-License-Identifier: Apache-2.0
// Secrets on their way through RabbitMQ: passwords of broker and management, bodies and headers of
// messages, and what dead letters carry of them.
#include "tests/scenarios/aura.h"
#include "tests/scenarios/secrets_fixture.h"

namespace cutpoint {
namespace {

class AmqpSecretsTest : public Secrets<AuraTest> {
 protected:
  // Those of the lab's broker.
  void add_passwords(const Program::Options& options) {
    for (const auto& [name, value] : options.environment) {
      if (name.ends_with("URL") || name.ends_with("MANAGEMENT")) add_password_of(value);
    }
  }
};

TEST_F(AmqpSecretsTest, AreNowhere) {
  Program::Options options = environment({.variant = "hardened"});
  add_passwords(options);
  ASSERT_FALSE(secrets_.empty());
  options.environment.emplace_back(
      "SECRET_BODY", R"({"id": "{id}", "number": {number}, "card": ")" + add("BODY") + "\"}");
  const auto ended = start(scenario(R"(scenario: secrets
services:
  mq: { protocol: amqp, address: "${CUTPOINT_AMQP_ADDRESS}" }
observe:
  work: { kind: amqp, broker: "${CUTPOINT_AMQP_URL}", management: "${CUTPOINT_AMQP_MANAGEMENT}",
          queue: aura.work, dead_letter_queue: aura.work.dead }
target: { command: [none], timeout: 60s }
workload:
  kind: amqp.publish
  broker: "${CUTPOINT_AMQP_URL}"
  queue: aura.work
  body: "${SECRET_BODY}"
  phases: [{ name: all, messages: 50, rate: 50, poison: 2 }]
  patience: 10s
  drain: 10s
faults:
  - name: fault
    at: { service: mq, moment: basic.deliver, nth: 5, position: after }
    do: { stall: both, for: 1s }
expect:
  - { invariant: amqp.dead_lettered, within: 10s }
  - { invariant: amqp.conserved }
)") + Words{"--", "env", "PYTHONPATH=" CUTPOINT_SOURCE_DIR "/tests", "/usr/bin/python3", "-m",
            "aura.poison", "--consumer", "pika"},
                           options)
                         .wait();
  EXPECT_EQ(ended.code, 0) << ended.out << ended.err;
  EXPECT_EQ(leaks(ended), "");
  EXPECT_EQ(leaks_of_run(), "");
}

TEST_F(AmqpSecretsTest, OfABrokerThatRefusesAreNotTold) {
  const std::string wrong = add("WRONG");
  const std::string escaped = "sEcReT-WRONG-9fQ%2Fx+7";
  for (const std::string& place :
       {std::string("127.0.0.1:1"), "127.0.0.1:" + std::to_string(services.port_of("rabbitmq"))}) {
    for (const std::string& password : {escaped, wrong}) {
      const std::string yaml = fmt::format(R"(scenario: secrets
services:
  mq: {{ protocol: amqp, address: "{0}" }}
observe:
  work: {{ kind: amqp, broker: "amqp://guest:{1}@{0}/", queue: work }}
target: {{ command: [true] }}
faults:
  - name: fault
    at: {{ service: mq, moment: basic.deliver }}
    do: {{ stall: both, for: 1s }}
expect: []
)",
                                           place, password);
      const auto ended = cutpoint(scenario(yaml));
      EXPECT_NE(ended.code, 0) << place;
      EXPECT_EQ(leaks(ended), "") << place;
    }
  }
}

}  // namespace
}  // namespace cutpoint
