// SPDX-License-Identifier: Apache-2.0
// What PostgreSQL's clients say inside of TLS, where it is not the usual COMMIT in a record of its
// own; and where it cannot be read. (clients_test.cpp: every client; black_hole_test.cpp: HTTP.)
#include <csignal>
#include <fmt/format.h>
#include <tuple>

#include "tests/scenarios/aura.h"

namespace cutpoint {
namespace {

using nlohmann::json;

class Plaintext : public ScenarioTest, public testing::WithParamInterface<std::string> {
 protected:
  void SetUp() override {
    ScenarioTest::SetUp();
    if (IsSkipped() || HasFatalFailure()) return;
    dsn_ = Lab::tls_dsn(GetParam());
    Lab::psql("DROP TABLE IF EXISTS notes");
    Lab::psql("CREATE TABLE notes (text text)");
  }

  // psql, of which each line of the script is a message, unless it ends in \;
  Program::Ended run(const std::string& at, const std::string& script,
                     const std::string& service = "") {
    write_text(path("script.sql"), script);
    const Words words = scenario(fmt::format(R"(scenario: plaintext
services:
  db: {{ protocol: postgres, dsn: "${{CUTPOINT_PG_DSN}}"{} }}
target: {{ command: ["false"], user: nobody, timeout: 60s }}
faults:
  - name: cut
    at: {{ service: db, {} }}
    do: {{ blackhole: both, scope: flow, for: 1s, heal: reset }}
expect:
  - {{ invariant: postgres.acked_is_durable }}
)",
                                             service, at));
    return cutpoint(words + Words{"--", "sh", "-c",
                                  "exec psql -Xq -v ON_ERROR_STOP=1 -f " + path("script.sql") +
                                      R"( "$CUTPOINT_PG_DSN")"});
  }

  [[nodiscard]] static std::string rows() { return Lab::psql("SELECT count(*) FROM notes"); }

  static std::string order(const std::string& text) {
    return "BEGIN;\nINSERT INTO notes VALUES ('" + text + "');\nCOMMIT;\n";
  }
};

// It is told when psql has read it; what psql says next is the first thing that is silenced.
TEST_P(Plaintext, an_answer_is_known_once_it_was_read) {
  const auto ended = run("moment: commit.ack, position: after, nth: 2",
                         order("one") + order("two") + order("three"));
  const json result = report();
  ASSERT_EQ(result["faults"][0]["fired_count"], 1) << ended.out << ended.err;
  EXPECT_EQ(result["belief_vs_truth"]["committed_acked"], 2) << ended.out;
  EXPECT_EQ(rows(), "2");
}

// Of many, for what is encrypted may look like anything, such as the start of a ClientHello: every
// COMMIT of those before is seen where the last one is cut.
TEST_P(Plaintext, each_of_many_connections_is_read) {
  constexpr int connections = 200;
  std::string script;
  for (int i = 0; i < connections; i++) script += "\\c\n" + order("one");
  const auto ended =
      run(fmt::format("moment: commit.request, position: before, nth: {}", connections), script);
  const json result = report();
  ASSERT_EQ(result["faults"][0]["fired_count"], 1) << ended.out << ended.err;
  EXPECT_EQ(rows(), std::to_string(connections - 1));
}

// What comes in front of it has been read by then, too.
TEST_P(Plaintext, an_answer_cannot_be_cut_before_it) {
  const auto ended = run("moment: commit.ack, position: before, nth: 2",
                         order("one") + order("two") + order("three"));
  EXPECT_EQ(ended.code, 4) << ended.out << ended.err;
  const json result = report();
  EXPECT_EQ(result["faults"][0]["fired_count"], 0);
  const std::string why = result["why_not_fired"][0]["why"];
  EXPECT_NE(why.find("`position: after` alone"), std::string::npos) << why;
  EXPECT_EQ(rows(), "3");
}

// Of 40 KB: three records and more of one message, of which the last holds its end.
TEST_P(Plaintext, a_message_of_several_records_is_cut_at_its_end) {
  const std::string text(40000, 'x');
  const std::string one_query = "BEGIN\\; INSERT INTO notes VALUES ('" + text + "')\\; COMMIT;\n";
  const auto ended =
      run("moment: commit.request, position: after, nth: 2", one_query + one_query + order("no"));
  const json result = report();
  ASSERT_EQ(result["faults"][0]["fired_count"], 1) << ended.out << ended.err;
  const json& where = result["faults"][0]["cut"];
  EXPECT_EQ(where["offset_in_message"], where["message_bytes"]);
  EXPECT_EQ(where["late_by"], 0);
  EXPECT_EQ(result["belief_vs_truth"]["committed_acked"], 1) << ended.out;
  EXPECT_EQ(rows(), "2");
}

TEST_P(Plaintext, a_commit_behind_bulk_data_never_was) {
  const std::string text(200000, 'x');
  const auto ended = run("moment: commit.request, position: before, nth: 2",
                         order(text) + order(text) + order("no"));
  const json result = report();
  ASSERT_EQ(result["faults"][0]["fired_count"], 1) << ended.out << ended.err;
  EXPECT_EQ(result["faults"][0]["cut"]["offset_in_message"], 0);
  EXPECT_EQ(result["belief_vs_truth"]["committed_acked"], 1) << ended.out;
  EXPECT_EQ(rows(), "1");
}

TEST_P(Plaintext, that_is_not_asked_for_is_not_read) {
  const auto ended = run("moment: commit.request", order("one"), ", tls: false");
  EXPECT_EQ(ended.code, 4) << ended.out << ended.err;
  EXPECT_NE(ended.out.find("1 flow spoke TLS or GSSAPI"), std::string::npos) << ended.out;
  EXPECT_EQ(rows(), "1");
}

INSTANTIATE_TEST_SUITE_P(each, Plaintext, testing::Values("TLSv1.2", "TLSv1.3"),
                         [](const auto& version) {
                           return version.param == "TLSv1.2" ? "tls1_2" : "tls1_3";
                         });

// wget, which uses GnuTLS, and a service that answers.
class OtherTls : public AuraTest {
 protected:
  Program::Ended run(const std::string& protocol, const std::string& moment) {
    return under(fmt::format(R"(scenario: other-tls
services:
  llm: {{ protocol: {}, address: "${{CUTPOINT_LLM_ADDRESS}}" }}
target: {{ command: [none], timeout: 60s }}
faults:
  - name: cut
    at: {{ service: llm, moment: {} }}
    do: {{ blackhole: both, for: 1s, heal: reset }}
expect: []
)",
                             protocol, moment),
                 {"sh", "-c",
                  "wget -q --tries 1 -T 5 --ca-certificate $CUTPOINT_LLM_CA -O - --post-data {} "
                  "$CUTPOINT_LLM_URL/v1beta/models/m:generateContent"});
  }
};

TEST_F(OtherTls, H11_is_not_read_and_the_run_says_so) {
  const auto ended = run("http, tls: true", "request.end");
  EXPECT_EQ(ended.code, 4) << ended.out << ended.err;
  const json result = report();
  EXPECT_EQ(result["target"]["exit_code"], 0);
  EXPECT_EQ(result["faults"][0]["fired_count"], 0);
  EXPECT_EQ(result["events"]["counters"]["flows.encrypted"], 1);
  EXPECT_NE(ended.out.find("1 flow spoke TLS or GSSAPI"), std::string::npos) << ended.out;
}

TEST_F(OtherTls, H11_has_the_moments_of_its_records) {
  const auto ended = run("tls", "app_data");
  EXPECT_EQ(ended.code, 0) << ended.out << ended.err;
  EXPECT_EQ(report()["faults"][0]["fired_count"], 1);
  EXPECT_NE(report()["target"]["exit_code"], 0);
}

// One client whose connection, or SSL object, is not what it was.
class Reused : public AuraTest {
 protected:
  // Python with this script, `ask(socket)` and `connect()` at hand.
  Program::Ended run(const std::string& script, const std::string& expectation) {
    write_text(path("client.py"), R"(
import os, socket, ssl, sys
context = ssl.create_default_context(cafile=os.environ["CUTPOINT_LLM_CA"])
host, port = os.environ["CUTPOINT_LLM_ADDRESS"].split(":")

def connect(port=port):
    return context.wrap_socket(socket.create_connection((host, int(port)), timeout=0.5),
                               server_hostname=os.environ["CUTPOINT_LLM_NAME"])

def ask(connection):
    connection.sendall(b"POST /v1beta/models/m:generateContent HTTP/1.1\r\n"
                       b"Host: llm\r\nContent-Length: 2\r\n\r\n{}")
    return connection.recv(65536)

)" + script);
    return under(fmt::format(R"(scenario: reused
services:
  llm: {{ protocol: http, address: "${{CUTPOINT_LLM_ADDRESS}}", tls: true }}
target: {{ command: [none], timeout: 60s }}
faults:
  - name: cut
    at: {{ service: llm, moment: request.end, position: after, nth: 2 }}
    do: {{ blackhole: down, acks: pass, for: 2s }}
expect:
  - {}
)",
                             expectation),
                 {"/usr/bin/python3", path("client.py")});
  }
};

// The child's records are none of the object that was tied: the run says that it lost track.
TEST_F(Reused, connection_that_a_child_goes_on_with_is_given_up) {
  const auto ended = run(R"(
connection = connect()
ask(connection)
if os.fork() == 0:
    ask(connection)
    os._exit(0)
os.wait()
)",
                         "{ invariant: http.bounded_wait, within: 1s }");
  EXPECT_EQ(ended.code, 4) << ended.out << ended.err;
  EXPECT_EQ(report()["events"]["counters"]["desync.untied"], 1);
}

// The next SSL object is at the address of the last one, and speaks to a host that is no service.
TEST_F(Reused, object_at_the_same_address_answers_for_itself_alone) {
  const auto ended = run(R"(
import threading
server = socket.create_server((host, 0))
certificate = os.path.join(os.path.dirname(os.environ["CUTPOINT_LLM_CA"]), "server")
answering = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
answering.load_cert_chain(certificate + ".pem", certificate + ".key")

def answer():
    with answering.wrap_socket(server.accept()[0], server_side=True) as connection:
        connection.recv(65536)
        connection.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok")

threading.Thread(target=answer, daemon=True).start()
with connect() as first:
    ask(first)
second = connect()
try:
    ask(second)
    sys.exit("it was answered")
except TimeoutError:
    second.close()
    del second
ask(connect(server.getsockname()[1]))
)",
                         "{ invariant: http.bounded_wait, within: 1s }");
  EXPECT_EQ(ended.code, 0) << ended.out << ended.err;
  const json result = report();
  EXPECT_EQ(result["target"]["exit_code"], 0);
  int answered = 0;
  for (const json& flow : result["exchanges"]) answered += flow["begun"].get<int>();
  EXPECT_EQ(answered, 1) << result["exchanges"];
}

class CheckTls : public ScenarioTest {
 protected:
  // What `cutpoint check --pid` says last of a process that waits.
  Program::Ended check(const Words& command) {
    Program waiting(command);
    const std::string pid = std::to_string(waiting.pid());
    EXPECT_NE(waiting.out_line("ready"), "");
    auto ended = cutpoint({"check", "--pid", pid});
    waiting.signal(SIGKILL);
    std::ignore = waiting.wait();
    return ended;
  }
};

TEST_F(CheckTls, finds_openssl_in_a_library_and_in_an_executable) {
  const auto python = check(
      {"/usr/bin/python3", "-c", "import ssl, time; print('ready', flush=True); time.sleep(60)"});
  EXPECT_EQ(python.code, 0) << python.out;
  EXPECT_NE(python.out.find("read at the functions of /usr/lib"), std::string::npos) << python.out;
  const auto node = check({"node", "-e", "console.log('ready'); setTimeout(() => {}, 60000)"});
  EXPECT_EQ(node.code, 0) << node.out;
  EXPECT_NE(node.out.find("read at the functions of /usr/"), std::string::npos) << node.out;
}

TEST_F(CheckTls, says_of_whom_nothing_can_be_read) {
  const auto shell = check({"bash", "-c", "echo ready; read -t 60 <> <(:)"});
  EXPECT_EQ(shell.code, 3) << shell.out;
  EXPECT_NE(shell.out.find("no functions of OpenSSL in what it has mapped"), std::string::npos)
      << shell.out;
  EXPECT_EQ(cutpoint({"check", "--pid", "999999999"}).code, 3);
  EXPECT_EQ(cutpoint({"check", "--pid", "-1"}).code, 2);
}

}  // namespace
}  // namespace cutpoint
