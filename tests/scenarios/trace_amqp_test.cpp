// SPDX-License-Identifier: Apache-2.0
// `cutpoint trace top` of a broker: what a consumer has and has not acknowledged is in flight.
#include <csignal>
#include <fmt/format.h>

#include "controller/util/file.h"
#include "tests/scenarios/aura.h"

namespace cutpoint {
namespace {

using nlohmann::json;

// Takes three messages; at each signal it acknowledges: the second alone, the others at once.
constexpr auto consumer = R"(
import os, pika, signal

signal.pthread_sigmask(signal.SIG_BLOCK, [signal.SIGUSR1])
connection = pika.BlockingConnection(pika.URLParameters(os.environ["CUTPOINT_AMQP_URL"]))
channel = connection.channel()
channel.confirm_delivery()
queue = channel.queue_declare("", exclusive=True).method.queue
for number in range(3):
    channel.basic_publish("", queue, b"{}")
tags = []
channel.basic_consume(queue, lambda _, method, *more: tags.append(method.delivery_tag))
while len(tags) < 3:
    connection.process_data_events(time_limit=None)
for tag, multiple in [(tags[1], False), (tags[2], True)]:
    signal.sigwait([signal.SIGUSR1])
    channel.basic_ack(tag, multiple)
    connection.process_data_events()
signal.sigwait([signal.SIGUSR1])
connection.close()
)";

class TraceAmqp : public AuraTest {
 protected:
  // The next look at so many in flight: its one row.
  static json look(Program& trace, int in_flight) {
    const std::string line = trace.out_line(fmt::format(R"("in_flight":{},)", in_flight));
    EXPECT_NE(line, "") << in_flight;
    if (line.empty()) return {};
    const json rows = json::parse(line)["rows"];
    EXPECT_EQ(rows.size(), 1U) << line;
    return rows[0];
  }
};

TEST_F(TraceAmqp, what_is_not_acknowledged_is_in_flight) {
  write_text(path("consumer.py"), consumer);
  Program trace = start(
      Words{"trace", "top", "--every", "100ms", "--format", "jsonl", "--service",
            "mq=amqp@${CUTPOINT_AMQP_ADDRESS}", "--", "/usr/bin/python3", path("consumer.py")},
      environment({}));
  const json first = look(trace, 3);
  ASSERT_TRUE(first.is_object());
  EXPECT_EQ(first["service"], "mq");
  const pid_t pid = first["pid"];
  const json later = look(trace, 3);
  ASSERT_TRUE(later.is_object());
  EXPECT_GT(later["oldest_ns"], first["oldest_ns"]);
  ASSERT_EQ(::kill(pid, SIGUSR1), 0);
  const json fewer = look(trace, 2);
  ASSERT_TRUE(fewer.is_object());
  EXPECT_GT(fewer["oldest_ns"], later["oldest_ns"]) << "the first has waited all the time";
  ASSERT_EQ(::kill(pid, SIGUSR1), 0);
  const json none = look(trace, 0);
  ASSERT_TRUE(none.is_object());
  ASSERT_EQ(::kill(pid, SIGUSR1), 0);
  EXPECT_EQ(trace.wait().code, 0);
}

}  // namespace
}  // namespace cutpoint
