// SPDX-License-Identifier: Apache-2.0
// Services that are told by the name in a ClientHello, and the moments of TLS.
#include <gtest/gtest.h>

#include "tests/unit/scenario/scenario_fixture.h"

namespace cutpoint::test {
namespace {

class ServerNames : public InOwnDirectory<testing::Test> {
 protected:
  LoadedScenario load_with(const std::string& service, const std::string& at) {
    return load("scenario: test\nservices:\n  llm: { " + service +
                " }\ntarget: { command: [\"true\"] }\nfaults:\n  - name: cut\n    at: { service: "
                "llm, " +
                at + " }\n    do: { blackhole: both, for: 3s }\nexpect: []\n");
  }
  // The first complaint's words; empty: there is none.
  std::string complaint(const std::string& service, const std::string& at) {
    const LoadedScenario loaded = load_with(service, at);
    return loaded.diagnostics.empty() ? "" : loaded.diagnostics.front().message;
  }

  const std::string named_ = "protocol: tls, address: \":443\", server_name: LLM.example.test";
};

TEST_F(ServerNames, AreKeptInLowerCase) {
  const auto loaded = load_with(named_, "moment: client_hello, sni: LLM.example.test");
  ASSERT_TRUE(loaded.scenario) << complaints(loaded);
  EXPECT_EQ(loaded.scenario->services[0].server_name, "llm.example.test");
  EXPECT_EQ(loaded.scenario->faults[0].filters[0].text, "llm.example.test");
}

TEST_F(ServerNames, AreHostNames) {
  for (const char* wrong : {"llm.example.test:443", "10.0.0.1", "\"*.example.test\"", "a..",
                            ".example.test", "\"two words\""}) {
    EXPECT_NE(complaint("protocol: tls, address: \":443\", server_name: " + std::string(wrong),
                        "moment: client_hello")
                  .find("is no name that a TLS client asks for"),
              std::string::npos)
        << wrong;
  }
}

TEST_F(ServerNames, AreOfTlsAlone) {
  EXPECT_NE(complaint("protocol: postgres, address: \"h:5432\", server_name: h", "moment: query")
                .find("server_name"),
            std::string::npos);
}

TEST_F(ServerNames, RefuseMomentsBeforeTheHello) {
  for (const char* early : {"connect", "accept", "first_byte", "\"bytes:9\""}) {
    EXPECT_NE(complaint(named_, std::string("moment: ") + early)
                  .find("may come before it is known whose connection it is"),
              std::string::npos)
        << early;
  }
  for (const char* late :
       {"client_hello", "first_byte, direction: down", "close", "\"bytes:9\", direction: down"}) {
    EXPECT_EQ(complaint(named_, std::string("moment: ") + late), "") << late;
  }
  EXPECT_EQ(complaint("protocol: tls, address: \"h:443\"", "moment: connect"), "");
}

TEST_F(ServerNames, DirectionsTellMomentsOfOneNameApart) {
  const auto up = load_with(named_, "moment: app_data");
  const auto down = load_with(named_, "moment: app_data, direction: down, nth: 3");
  ASSERT_TRUE(up.scenario && down.scenario);
  EXPECT_EQ(up.scenario->faults[0].moment_direction, CUT_UPSTREAM);
  EXPECT_EQ(down.scenario->faults[0].moment_direction, CUT_DOWNSTREAM);
  EXPECT_NE(up.scenario->faults[0].moment_bit, down.scenario->faults[0].moment_bit);
}

TEST_F(ServerNames, VersionsAreWrittenAsPeopleDo) {
  const auto loaded = load_with(named_, "moment: server_hello, version: \"1.3\"");
  ASSERT_TRUE(loaded.scenario) << complaints(loaded);
  EXPECT_EQ(loaded.scenario->faults[0].filters[0].abi.value, 0x0304U);
  EXPECT_NE(complaint(named_, "moment: server_hello, version: \"1.4\""), "");
}

}  // namespace
}  // namespace cutpoint::test
