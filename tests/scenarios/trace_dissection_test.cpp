// SPDX-License-Identifier: Apache-2.0
// `cutpoint trace` beside tshark: of the same connections both tell the same messages, in the same
// order, connection by connection and direction by direction.
#include <fstream>
#include <set>
#include <sys/stat.h>

#include "tests/scenarios/aura.h"
#include "tests/scenarios/dissection.h"
#include "tests/scenarios/lab_script.h"
#include "tests/scenarios/trace_fixture.h"

namespace cutpoint {
namespace {

using nlohmann::json;

// Moments that tshark has no message for: what is in one, or what several come to.
const std::set<std::string> ours_alone{"begin",           "statement",        "commit.request",
                                       "commit.implicit", "rollback.request", "response.body",
                                       "response.interim"};

// What both know of a message.
std::string detail(const json& line) {
  const json attributes = line.value("attributes", json::object());
  const std::string moment = line["moment"];
  const auto value = [&](const char* name) {
    return attributes.contains(name) ? " " + attributes[name].get<std::string>() : "";
  };
  if (moment == "ready") return value("status");
  if (moment == "error") return value("sqlstate");
  if (moment == "request.head") return value("method");
  if (moment == "response.head") return value("status");
  return value("channel");
}

class Dissection : public Traces<AuraTest> {
 protected:
  // What both tell of `command`, which is a shell's.
  void compare(const Dissector& dissector, const std::string& service, int port,
               const std::string& command) {
    Capture capture(path("capture.pcapng"), port);
    const auto ended =
        start(traced(service) + Words{"--", "sh", "-ec", command}, client_environment()).wait();
    ASSERT_EQ(ended.code, 0) << ended.err;
    compare(dissector, capture, "");
  }

  // The same of a script of Python, inside of TLS. It is joined before it connects, for until its
  // libssl is known nothing that it says can be read.
  void compare_tls(const Dissector& dissector, const std::string& service, int port,
                   const Words& script) {
    const std::string keys = path("keys");
    ASSERT_EQ(::mkfifo(path("go").c_str(), 0600), 0);
    write_text(path("waits.py"), R"(
import runpy, ssl, sys
print("ready", flush=True)
open(sys.argv[1]).read()
sys.argv = sys.argv[2:]
runpy.run_path(sys.argv[0], run_name="__main__")
)");
    Program::Options options = client_environment();
    options.environment.emplace_back("SSLKEYLOGFILE", keys);
    Program client(Words{"/usr/bin/python3", path("waits.py"), path("go")} + script, options);
    ASSERT_NE(client.out_line("ready"), "");
    Capture capture(path("capture.pcapng"), port);
    Program trace =
        start(traced(service) + Words{"--pid", std::to_string(client.pid())}, client_environment());
    ASSERT_NE(trace.err_line("tracing"), "");
    std::ofstream(path("go")) << "go";
    const auto ended = client.wait();
    ASSERT_EQ(ended.code, 0) << ended.err;
    ASSERT_EQ(trace.interrupt().code, 0);
    compare(dissector, capture, keys);
  }

  // The value of an address of the lab, and its port.
  [[nodiscard]] std::string address(const std::string& name) const {
    return exported(services.run("env", {"llm", "rabbitmq", "redis"}).out, name);
  }
  [[nodiscard]] static int port_in(const std::string& address) {
    return std::stoi(address.substr(address.rfind(':') + 1));
  }

  std::map<std::string, int> seen_;  // by both, by moment

 private:
  [[nodiscard]] Words traced(const std::string& service) const {
    return Words{"trace", "--summary", "--service", service} + to_file();
  }

  [[nodiscard]] Program::Options client_environment() const {
    Program::Options options = environment({.variant = "none"});
    options.environment.emplace_back("CUTPOINT_PG_DSN", dsn_);
    return options;
  }

  void compare(const Dissector& dissector, Capture& capture, const std::string& keys) {
    capture.finish();
    const Conversations theirs = capture.read(dissector, keys);
    const Conversations ours = heard();
    EXPECT_FALSE(theirs.empty());
    EXPECT_EQ(ours.size(), theirs.size());
    for (const auto& [client, said] : theirs) {
      SCOPED_TRACE("port " + client);
      ASSERT_TRUE(ours.contains(client));
      EXPECT_EQ(ours.at(client).upstream, said.upstream);
      EXPECT_EQ(ours.at(client).downstream, said.downstream);
      for (const Words& words : {said.upstream, said.downstream}) {
        for (const std::string& word : words) ++seen_[word.substr(0, word.find(' '))];
      }
    }
  }

  // By the trace.
  [[nodiscard]] Conversations heard() const {
    Conversations conversations;
    for (const json& entry : lines()) {
      if (entry.value("what", "") == "summary") {
        EXPECT_EQ(entry["not_seen"], json::object());
        EXPECT_EQ(entry["lost"], 0);
      }
      if (!entry.contains("moment") || ours_alone.contains(entry["moment"])) continue;
      const std::string flow = entry["flow"];
      const auto end = flow.find(" -> ");
      const auto colon = flow.rfind(':', end);
      Said& said = conversations[flow.substr(colon + 1, end - colon - 1)];
      auto& words = entry["direction"] == "upstream" ? said.upstream : said.downstream;
      words.push_back(entry["moment"].get<std::string>() + detail(entry));
    }
    return conversations;
  }
};

TEST_F(Dissection, of_postgres_is_the_same) {
  write_text(path("psql.sql"), R"(CREATE TEMPORARY TABLE notes (id int PRIMARY KEY, text text);
COPY notes FROM STDIN;
1	one
2	two
\.
BEGIN;
INSERT INTO notes VALUES (3, repeat('x', 100000));
SELECT * FROM notes;
COMMIT;
BEGIN;
INSERT INTO notes VALUES (1, 'again');
COMMIT;
BEGIN\; SELECT 1\; COMMIT\; SELECT 1/0;
DO $$ BEGIN RAISE NOTICE 'heard'; END $$;
ROLLBACK;
COPY notes TO STDOUT;
)");
  write_text(path("pgbench.sql"),
             "BEGIN;\nSELECT 1;\nCOMMIT;\nSELECT 2;\nBEGIN;\nROLLBACK;\n"
             "BEGIN;\nDO $$ BEGIN RAISE serialization_failure; END $$;\n");
  const std::string pgbench =
      "pgbench -n --client=2 --transactions=10 --file=" + path("pgbench.sql") +
      R"( "$CUTPOINT_PG_DSN" --protocol=)";
  ASSERT_NO_FATAL_FAILURE(
      compare(dissect_postgres, "db=postgres:${CUTPOINT_PG_DSN}", std::stoi(CUTPOINT_TEST_LAB_PORT),
              "psql -Xq -f " + path("psql.sql") + R"( "$CUTPOINT_PG_DSN"; )" + pgbench +
                  "simple; " + pgbench + "extended; " + pgbench + "prepared"));
  for (const char* moment :
       {"startup", "auth.ok", "backend.key", "query", "copy.data", "parse", "bind", "execute",
        "commit.ack", "rollback.ack", "error", "ready", "terminate"}) {
    EXPECT_GT(seen_[moment], 0) << moment;
  }
  EXPECT_EQ(seen_["startup"], 1 + 3 * 3) << "pgbench has one of its own beside its clients'";
}

class AmqpDissection : public Dissection {
 protected:
  void SetUp() override {
    Dissection::SetUp();
    if (IsSkipped() || HasFatalFailure()) return;
    EXPECT_EQ(queue({"fresh", "letters"}), "");
  }

  [[nodiscard]] static std::string client(const std::string& name) {
    return "/usr/bin/python3 " + script + " " + name;
  }

  inline static const std::string script = CUTPOINT_SOURCE_DIR "/tests/scenarios/amqp_clients.py";
};

TEST_F(AmqpDissection, in_clear_is_the_same) {
  ASSERT_NO_FATAL_FAILURE(compare(
      dissect_amqp, "mq=amqp@${CUTPOINT_AMQP_ADDRESS}", port_in(address("CUTPOINT_AMQP_ADDRESS")),
      client("pika") + "; " + client("large") + "; " + client("consume m1") + "; " +
          client("aio_pika") + "; " + client("requeue")));
  for (const char* moment : {"connection.open", "channel.open", "confirm.select", "basic.publish",
                             "content.body", "confirm.ack", "basic.consume", "basic.deliver",
                             "basic.ack", "basic.nack", "connection.close"}) {
    EXPECT_GT(seen_[moment], 0) << moment;
  }
}

TEST_F(AmqpDissection, inside_of_tls_is_the_same) {
  ASSERT_NO_FATAL_FAILURE(compare_tls(dissect_amqp, "mq=amqp@${CUTPOINT_AMQPS_ADDRESS},tls=true",
                                      port_in(address("CUTPOINT_AMQPS_ADDRESS")),
                                      {script, "pika_tls"}));
  EXPECT_EQ(seen_["basic.publish"], 6);
  EXPECT_EQ(seen_["basic.ack"], 6);
}

class TlsDissection : public Dissection, public testing::WithParamInterface<std::string> {
 protected:
  void compare_https(const Dissector& dissector, const std::string& service) {
    write_text(path("client.py"), R"(
import http.client, os, ssl, sys
context = ssl.create_default_context(cafile=os.environ["CUTPOINT_LLM_CA"])
context.minimum_version = context.maximum_version = ssl.TLSVersion[sys.argv[1]]
host, port = os.environ["CUTPOINT_LLM_ADDRESS"].split(":")
for _ in range(2):
    connection = http.client.HTTPSConnection(host, int(port), context=context)
    for method, path, body in [
        ("POST", "/v1beta/models/m:generateContent", "{}"),
        ("GET", "/nowhere", None),
        ("POST", "/v1beta/models/m:generateContent", "x" * 40_000),
    ]:
        connection.request(method, path, body)
        connection.getresponse().read()
    connection.close()
)");
    ASSERT_NO_FATAL_FAILURE(compare_tls(dissector, service,
                                        port_in(address("CUTPOINT_LLM_ADDRESS")),
                                        {path("client.py"), GetParam()}));
  }
};

TEST_P(TlsDissection, of_http_in_it_is_the_same) {
  ASSERT_NO_FATAL_FAILURE(compare_https(dissect_http, "llm=http@${CUTPOINT_LLM_ADDRESS},tls=true"));
  EXPECT_EQ(seen_["request.head"], 6);
  EXPECT_EQ(seen_["response.end"], 6);
}

TEST_P(TlsDissection, of_its_records_is_the_same) {
  ASSERT_NO_FATAL_FAILURE(compare_https(dissect_tls, "llm=tls@${CUTPOINT_LLM_ADDRESS}"));
  EXPECT_EQ(seen_["client_hello"], 2);
  EXPECT_EQ(seen_["established"], 2);
  EXPECT_GT(seen_["app_data"], 12);
}

INSTANTIATE_TEST_SUITE_P(each, TlsDissection, testing::Values("TLSv1_2", "TLSv1_3"));

}  // namespace
}  // namespace cutpoint
