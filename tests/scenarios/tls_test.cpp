// SPDX-License-Identifier: Apache-2.0
// Moments of TLS between curl and nginx, in TLS 1.2 and 1.3; services told by their
// name.
#include <fmt/format.h>
#include <netinet/in.h>
#include <sstream>
#include <sys/socket.h>

#include "controller/util/file.h"
#include "controller/util/unique_fd.h"
#include "tests/scenarios/scenario_fixture.h"

namespace cutpoint {
namespace {

using nlohmann::json;

constexpr int curl_timed_out = 28;  // curl(1), EXIT CODES

// A free port of 127.0.0.1.
std::string free_port() {
  const UniqueFd fd(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  socklen_t size = sizeof address;
  auto* general = reinterpret_cast<sockaddr*>(&address);
  if (::bind(fd.get(), general, size) != 0 || ::getsockname(fd.get(), general, &size) != 0)
    throw std::runtime_error("there is no free port");
  return std::to_string(ntohs(address.sin_port));
}

// nginx, which answers every request with a page. Its certificate is for three names.
class TlsServer {
 public:
  explicit TlsServer(const std::string& directory)
      : port_(free_port()), certificate_(directory + "/cert.pem") {
    const auto made = Program::run({"openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes",
                                    "-keyout", directory + "/key.pem", "-out", certificate_,
                                    "-days", "2", "-subj", "/CN=llm.example.test", "-addext",
                                    "subjectAltName=DNS:llm.example.test,DNS:other.example.test,"
                                    "DNS:third.example.test"});
    if (made.code != 0) throw std::runtime_error(made.err);
    const std::string file = directory + "/nginx.conf";
    write_text(file, fmt::format(R"(daemon off;
master_process off;
pid {0}/nginx.pid;
error_log stderr notice;
events {{}}
http {{
  access_log off;
  server {{
    listen 127.0.0.1:{1} ssl;
    ssl_protocols TLSv1.2 TLSv1.3;
    ssl_certificate {0}/cert.pem;
    ssl_certificate_key {0}/key.pem;
    return 200 "a page\n";
  }}
}}
)",
                                 directory, port_));
    server_.emplace(Words{"nginx", "-c", file});
    // It listens by then.
    if (server_->err_line("event method").empty()) throw std::runtime_error("nginx has ended");
  }

  [[nodiscard]] const std::string& port() const { return port_; }
  // Fetches the page: "<exit code> <seconds until the handshake was over> <bytes>".
  [[nodiscard]] std::string fetch(const std::string& name, const std::string& options = "") const {
    return fmt::format(
        "curl -s --cacert {} --resolve {}:{}:127.0.0.1 --max-time 2 {} -o /dev/null -w "
        "'%{{exitcode}} %{{time_appconnect}} %{{size_download}}\n' https://{}:{}/",
        certificate_, name, port_, options, name, port_);
  }

 private:
  std::string port_;
  std::string certificate_;
  std::optional<Program> server_;
};

struct Fetched {
  int code = -1;
  double handshake = 0;
  long bytes = 0;
};

// Empty: there is no such file.
std::string text_of(const std::string& file) {
  const auto text = read_file(file);
  return text ? *text : "";
}

class TlsScenario : public ScenarioTest {
 protected:
  void SetUp() override {
    ScenarioTest::SetUp();
    if (!IsSkipped()) server_.emplace(path(""));
  }

  // A scenario with these services and one fault.
  [[nodiscard]] std::string yaml(const std::string& services, const std::string& at,
                                 const std::string& action) const {
    return fmt::format(R"(scenario: tls
services:
{}
target: {{ command: ["false"], timeout: 30s }}
faults:
  - name: cut
    at: {{ service: llm, {} }}
    do: {{ {} }}
expect: []
)",
                       services, at, action);
  }
  [[nodiscard]] std::string by_address() const {
    return fmt::format("  llm: {{ protocol: tls, address: \"127.0.0.1:{}\" }}", server_->port());
  }

  Program::Ended run(const std::string& yaml, const std::string& shell) {
    const auto ended = cutpoint(scenario(yaml) + Words{"--", "sh", "-c", shell});
    SCOPED_TRACE(ended.out + ended.err);
    return ended;
  }
  // What one curl said; `run` has written it to a file.
  [[nodiscard]] Fetched fetched(const std::string& file) const {
    Fetched one;
    std::istringstream(text_of(path(file))) >> one.code >> one.handshake >> one.bytes;
    return one;
  }
  void expect_fired(const Program::Ended& ended, int count = 1) const {
    EXPECT_EQ(ended.code, 0) << ended.out << ended.err;
    ASSERT_FALSE(report().is_null());
    EXPECT_EQ(report()["faults"][0]["fired_count"], count);
    EXPECT_EQ(report()["problems"], json::array());
  }

  std::optional<TlsServer> server_;
};

struct Version {
  const char* name;
  const char* number;
  const char* option;       // of curl
  const char* established;  // where the Finished that ends the handshake goes
};

class TlsVersions : public TlsScenario, public testing::WithParamInterface<Version> {
 protected:
  Program::Ended fetch_once(const std::string& at, const std::string& action) {
    return run(yaml(by_address(), at, action),
               server_->fetch("llm.example.test", GetParam().option) + " > " + path("curl"));
  }
};

TEST_P(TlsVersions, NoAnswerToTheClientHello) {
  expect_fired(fetch_once(fmt::format("moment: client_hello, version: \"{}\"", GetParam().number),
                          "blackhole: down, acks: pass, for: 3s"));
  EXPECT_EQ(fetched("curl").code, curl_timed_out);
  EXPECT_EQ(fetched("curl").handshake, 0.0) << "the handshake never ended";
}

TEST_P(TlsVersions, SilenceOnceItIsEstablished) {
  expect_fired(fetch_once(fmt::format("moment: established, direction: {}", GetParam().established),
                          "blackhole: both, for: 3s"));
  EXPECT_EQ(fetched("curl").code, curl_timed_out);
  EXPECT_GT(fetched("curl").handshake, 0.0) << "both Finished have arrived";
  EXPECT_EQ(fetched("curl").bytes, 0);
}

TEST_P(TlsVersions, TheFirstDataNeverLeaves) {
  expect_fired(fetch_once("moment: app_data, direction: up, nth: 1, position: before",
                          "blackhole: up, for: 3s"));
  EXPECT_EQ(fetched("curl").code, curl_timed_out);
  EXPECT_GT(fetched("curl").handshake, 0.0);
  EXPECT_EQ(fetched("curl").bytes, 0);
}

// In TLS 1.3 two session tickets come before it, which look the same.
TEST_P(TlsVersions, TheAnswerIsTheNthRecordOfData) {
  expect_fired(
      fetch_once(fmt::format("moment: app_data, direction: down, nth: {}, position: before",
                             GetParam().number == std::string("1.3") ? 3 : 1),
                 "blackhole: down, for: 3s"));
  EXPECT_EQ(fetched("curl").code, curl_timed_out);
  EXPECT_GT(fetched("curl").handshake, 0.0);
  EXPECT_EQ(fetched("curl").bytes, 0);
}

TEST_P(TlsVersions, VersionFilterTellsThemApart) {
  const std::string other = GetParam().number == std::string("1.2") ? "1.3" : "1.2";
  const auto ended = fetch_once(fmt::format("moment: server_hello, version: \"{}\"", other),
                                "blackhole: both, for: 3s");
  EXPECT_EQ(ended.code, 4) << ended.out;
  EXPECT_EQ(report()["faults"][0]["fired_count"], 0);
  EXPECT_EQ(fetched("curl").code, 0) << "nothing was done to it";
}

TEST_P(TlsVersions, ResetAtAnAlertInClear) {
  const std::string distrusts =
      fmt::format("{} --cacert /etc/ssl/certs/ca-certificates.crt", GetParam().option);
  const auto ended =
      run(yaml(by_address(), "moment: alert, direction: up, description: 48", "reset: both"),
          server_->fetch("llm.example.test", distrusts) + " > " + path("curl"));
  expect_fired(ended);
  EXPECT_NE(fetched("curl").code, 0);
}

INSTANTIATE_TEST_SUITE_P(Of, TlsVersions,
                         testing::Values(Version{"1_2", "1.2", "--tls-max 1.2", "down"},
                                         Version{"1_3", "1.3", "--tlsv1.3", "up"}),
                         [](const auto& test) { return std::string(test.param.name); });

class ServerNames : public TlsScenario {
 protected:
  [[nodiscard]] std::string named(const std::string& service, const std::string& name) const {
    return fmt::format("  {}: {{ protocol: tls, address: \":{}\", server_name: {} }}\n", service,
                       server_->port(), name);
  }
  // Three clients at once, of which only the first is cut.
  void expect_one_cut(const std::string& services) {
    std::string all;
    for (const char* name : {"llm", "other", "third"}) {
      all += fmt::format("{} > {} & ", server_->fetch(fmt::format("{}.example.test", name)),
                         path(name));
    }
    const auto ended = run(yaml(services, "moment: client_hello, times: 0",
                                "blackhole: both, scope: service, for: 3s"),
                           all + "wait");
    expect_fired(ended);
    EXPECT_EQ(fetched("llm").code, curl_timed_out);
    EXPECT_EQ(fetched("other").code, 0);
    EXPECT_EQ(fetched("third").code, 0);
    EXPECT_GT(fetched("third").bytes, 0);
  }
};

TEST_F(ServerNames, OneOfTwoAtAnAddressIsCutAndTheOtherAndAStrangerAreNot) {
  expect_one_cut(named("llm", "LLM.example.test") + named("other", "other.example.test"));
  EXPECT_EQ(report()["services"][0]["server_name"], "llm.example.test");
}

TEST_F(ServerNames, NothingIsToldOfAnotherName) {
  expect_one_cut(named("llm", "llm.example.test"));
  const std::string events = text_of(out() + "/timeline.jsonl");
  std::istringstream lines(events);
  std::size_t opened = 0;
  for (std::string line; std::getline(lines, line);)
    opened += line.find("flow.opened") != std::string::npos ? 1 : 0;
  EXPECT_EQ(opened, 1U) << events;
}

TEST_F(ServerNames, WithoutANameAConnectionIsOfNoService) {
  const std::string plain =
      fmt::format("openssl s_client -connect 127.0.0.1:{} -noservername < /dev/null > {} 2>&1",
                  server_->port(), path("plain"));
  const auto ended = run(
      yaml(named("llm", "llm.example.test"), "moment: client_hello", "blackhole: both, for: 3s"),
      plain);
  EXPECT_EQ(ended.code, 4) << ended.out << ended.err;
  EXPECT_EQ(report()["faults"][0]["fired_count"], 0);
  EXPECT_EQ(report()["target"]["exit_code"], 0);
  EXPECT_EQ(report()["events"]["counters"]["flows.nameless"], 1) << report()["events"]["counters"];
}

TEST_F(ServerNames, WhatIsNoTlsIsLeftAlone) {
  const auto ended = run(
      yaml(named("llm", "llm.example.test"), "moment: client_hello", "blackhole: both, for: 3s"),
      fmt::format("curl -s --max-time 2 http://127.0.0.1:{}/; true", server_->port()));
  EXPECT_EQ(ended.code, 4) << ended.out << ended.err;
  EXPECT_EQ(report()["events"]["counters"]["desync.malformed"], 0)
      << report()["events"]["counters"];
}

}  // namespace
}  // namespace cutpoint
