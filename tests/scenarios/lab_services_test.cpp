// SPDX-License-Identifier: Apache-2.0
// scripts/lab: its services beside PostgreSQL answer a real client, and leave nothing when they go.
#include <arpa/inet.h>
#include <csignal>
#include <filesystem>
#include <fmt/format.h>
#include <fstream>
#include <sys/socket.h>

#include "controller/util/unique_fd.h"
#include "tests/scenarios/scenario_fixture.h"
#include "tests/scenarios/services_lab.h"

namespace cutpoint {
namespace {

struct Service {
  std::string name;
  std::string client;  // a shell command
  std::string answer;  // what it prints
};

// The cases' names; what gtest would print has blanks.
void PrintTo(const Service& service, std::ostream* out) {
  *out << service.name;
}

const std::string publish_and_get = R"(/usr/bin/python3 - <<'PYTHON'
import os, pika
connection = pika.BlockingConnection(pika.URLParameters(os.environ["CUTPOINT_AMQP_URL"]))
channel = connection.channel()
channel.queue_declare("letters")
channel.basic_publish("", "letters", b"a letter")
print(channel.basic_get("letters", auto_ack=True)[2].decode())
connection.close()
PYTHON
)";

const std::string keep_letter = R"(/usr/bin/python3 - <<'PYTHON'
import os, pika
with pika.BlockingConnection(pika.URLParameters(os.environ["CUTPOINT_AMQP_URL"])) as connection:
    channel = connection.channel()
    channel.queue_declare("kept", durable=True)
    channel.confirm_delivery()
    channel.basic_publish("", "kept", b"a letter", pika.BasicProperties(delivery_mode=2))
PYTHON
)";

const std::string type_of_kept =
    R"(curl -sS --fail "$CUTPOINT_AMQP_MANAGEMENT/api/queues/%2f/kept" | jq -r .type
)";

const std::string kept_letters = R"(/usr/bin/python3 - <<'PYTHON'
import os, pika
with pika.BlockingConnection(pika.URLParameters(os.environ["CUTPOINT_AMQP_URL"])) as connection:
    print(connection.channel().queue_declare("kept", passive=True).method.message_count)
PYTHON
)";

// By TLS 1.2 and HTTP/1.1, by TLS 1.3 and HTTP/2, under its name and by its address, and in clear.
const std::string ask_each_way = R"(
ask() { curl -sS --fail --cacert "$CUTPOINT_LLM_CA" -d '{}' -o /dev/null \
  -w '%{http_version} %{content_type}\n' "$@"; }
port=${CUTPOINT_LLM_URL##*:} path=/v1beta/models/gemini-2.0-flash
ask --tls-max 1.2 --http1.1 "$CUTPOINT_LLM_URL$path:generateContent"
ask --tlsv1.3 "$CUTPOINT_LLM_URL_IPV6$path:generateContent"
ask --resolve "$CUTPOINT_LLM_NAME:$port:127.0.0.1" "https://$CUTPOINT_LLM_NAME:$port$path:streamGenerateContent"
ask "$CUTPOINT_LLM_URL_CLEAR$path:generateContent"
)";

class LabService : public ScenarioTest, public testing::WithParamInterface<Service> {
 protected:
  void TearDown() override {
    std::ignore = lab_.run("down", {});  // what a failure left
    ScenarioTest::TearDown();
  }

  const ServicesLab lab_{fmt::format("/var/tmp/cutpoint-services-test-{}", ::getpid()),
                         CUTPOINT_TEST_SERVICES_PORT};
  const Words name_{GetParam().name};
};

TEST_P(LabService, answers_a_client_and_leaves_nothing) {
  const auto up = lab_.run("up", name_);
  ASSERT_EQ(up.code, 0) << up.err;
  const auto processes = lab_.processes();
  EXPECT_FALSE(processes.empty());
  const auto again = lab_.run("up", name_);
  EXPECT_EQ(again.code, 0) << again.err;
  EXPECT_EQ(lab_.processes(), processes);

  EXPECT_EQ(lab_.run("status", name_).out,
            fmt::format("{} up 127.0.0.1:{}\n", GetParam().name, lab_.port_of(GetParam().name)));
  EXPECT_EQ(lab_.run("status", {}).code, 3);  // the others are down
  const auto client = lab_.client({}, GetParam().client);
  EXPECT_EQ(client.code, 0) << client.err;
  EXPECT_EQ(client.out, GetParam().answer);

  const auto down = lab_.run("down", name_);
  EXPECT_EQ(down.code, 0) << down.err;
  EXPECT_EQ(lab_.processes(), std::vector<pid_t>{});
  EXPECT_FALSE(std::filesystem::exists(lab_.directory()));
  EXPECT_EQ(lab_.run("env", name_).code, 3);
}

TEST_P(LabService, starts_again_as_it_was) {
  EXPECT_NE(lab_.run("restart", name_).code, 0);  // nothing to start
  ASSERT_EQ(lab_.run("up", name_).code, 0);
  const std::string environment = lab_.run("env", name_).out;
  const auto processes = lab_.processes();

  const auto again = lab_.run("restart", name_);
  EXPECT_EQ(again.code, 0) << again.err;
  EXPECT_NE(lab_.processes(), processes);
  EXPECT_EQ(lab_.run("env", name_).out, environment);
  const auto client = lab_.client(name_, GetParam().client);
  EXPECT_EQ(client.out, GetParam().answer) << client.err;
}

TEST_P(LabService, says_who_has_its_port) {
  const UniqueFd holder(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  address.sin_port = htons(static_cast<std::uint16_t>(lab_.port_of(GetParam().name)));
  const int on = 1;  // connections of an earlier case may be in TIME_WAIT
  ASSERT_EQ(::setsockopt(holder.get(), SOL_SOCKET, SO_REUSEADDR, &on, sizeof on), 0);
  ASSERT_EQ(::bind(holder.get(), reinterpret_cast<sockaddr*>(&address), sizeof address), 0);
  ASSERT_EQ(::listen(holder.get(), 1), 0);

  const auto up = lab_.run("up", name_);
  EXPECT_NE(up.code, 0);
  EXPECT_NE(up.err.find(fmt::format("pid={}", ::getpid())), std::string::npos) << up.err;
  EXPECT_FALSE(std::filesystem::exists(lab_.directory()));
}

TEST_P(LabService, shows_the_log_of_a_server_that_does_not_start) {
  const ServicesLab bad{lab_.directory(), 70000};  // there is no such port
  const auto up = bad.run("up", name_);
  EXPECT_NE(up.code, 0);
  EXPECT_NE(up.err.find("7000"), std::string::npos) << up.err;  // in the server's words
  EXPECT_NE(up.err.find("did not start; its log is " + lab_.directory()), std::string::npos)
      << up.err;
  EXPECT_EQ(lab_.processes(), std::vector<pid_t>{});
}

INSTANTIATE_TEST_SUITE_P(
    each, LabService,
    testing::Values(Service{"llm", ask_each_way,
                            "1.1 application/json\n2 application/json\n2 text/event-stream\n"
                            "1.1 application/json\n"},
                    Service{"rabbitmq", publish_and_get, "a letter\n"},
                    Service{"redis", "redis-cli --no-auth-warning -u \"$CUTPOINT_REDIS_URL\" ping",
                            "PONG\n"}),
    [](const auto& service) { return service.param.name; });

class LabBroker : public ScenarioTest {
 protected:
  void SetUp() override {
    ScenarioTest::SetUp();
    if (IsSkipped()) return;
    const auto up = lab_.run("up", {"rabbitmq"});
    ASSERT_EQ(up.code, 0) << up.err;
  }
  void TearDown() override {
    std::ignore = lab_.run("down", {});
    ScenarioTest::TearDown();
  }

  [[nodiscard]] std::string client(const std::string& command) const {
    const auto ended = lab_.client({"rabbitmq"}, command);
    EXPECT_EQ(ended.code, 0) << ended.err;
    return ended.out;
  }

  const ServicesLab lab_{fmt::format("/var/tmp/cutpoint-services-test-{}", ::getpid()),
                         CUTPOINT_TEST_SERVICES_PORT};
};

TEST_F(LabBroker, keeps_its_messages_over_a_restart_and_over_its_death) {
  EXPECT_EQ(client(keep_letter), "");
  EXPECT_EQ(client(type_of_kept), "classic\n");
  EXPECT_EQ(lab_.run("restart", {}).code, 0);
  EXPECT_EQ(client(kept_letters), "1\n");

  std::ifstream file(lab_.directory() + "/rabbitmq/pid");
  pid_t broker = 0;
  ASSERT_TRUE(file >> broker);
  ASSERT_EQ(::kill(broker, SIGKILL), 0);
  const auto again = lab_.run("restart", {"rabbitmq"});
  EXPECT_EQ(again.code, 0) << again.err;
  EXPECT_EQ(client(kept_letters), "1\n");
}

}  // namespace
}  // namespace cutpoint
