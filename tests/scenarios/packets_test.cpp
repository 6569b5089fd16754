// SPDX-License-Identifier: Apache-2.0
// evidence.pcapng of real runs, as tshark reads it.
#include <filesystem>
#include <sstream>

#include "controller/util/file.h"
#include "tests/scenarios/scenario_fixture.h"

namespace cutpoint {
namespace {

const std::string cut_frame = "frame.comment contains \"cut: fault partition-at-commit\"";

class PacketsTest : public ScenarioTest {
 protected:
  using Rows = std::vector<std::vector<std::string>>;

  [[nodiscard]] std::string file() const { return out() + "/evidence.pcapng"; }

  // These fields of each frame that passes the filter.
  [[nodiscard]] Rows frames(const std::string& filter, const Words& fields) const {
    Words command{"tshark", "-n", "-r", file(), "-Y", filter, "-T", "fields", "-E", "separator=|"};
    command = command + Words{"-d", "tcp.port==" CUTPOINT_TEST_LAB_PORT ",pgsql"};
    for (const std::string& field : fields) command = command + Words{"-e", field};
    const auto ended = Program::run(command);
    EXPECT_EQ(ended.code, 0) << ended.err;
    Rows rows;
    std::istringstream lines(ended.out);
    for (std::string line; std::getline(lines, line);) {
      rows.emplace_back();
      std::istringstream parts(line + "|");
      for (std::string part; std::getline(parts, part, '|');) rows.back().push_back(part);
    }
    return rows;
  }

  // The comment on the only frame in which a rule fired.
  [[nodiscard]] std::string comment() const {
    const Rows rows = frames(cut_frame, {"frame.comment"});
    EXPECT_EQ(rows.size(), 1U);
    return rows.size() == 1 ? rows[0].at(0) : "";
  }

  [[nodiscard]] std::string bytes() const { return read_file(file()).value(); }
};

TEST_F(PacketsTest, NamesTheMessageThatWasCut) {
  EXPECT_EQ(cutpoint(split_brain({}, "2s")).code, 1);
  const nlohmann::json cut = report()["faults"][0]["cut"];
  const std::string where =
      "cut: fault partition-at-commit (blackhole), after commit.request, "
      "byte 12 of its 12 (sequence number " +
      cut["seq"].dump() + "), upstream, timeline entry " + cut["evidence"].dump();
  EXPECT_EQ(comment(), where + "; 12 of 12 bytes of the segment delivered");
  const int number = std::stoi(frames(cut_frame, {"frame.number"}).at(0).at(0));
  EXPECT_GT(number, 4) << "what was said before it";
  const Rows swallowed =
      frames("frame.comment == \"swallowed by partition-at-commit\"", {"frame.number"});
  ASSERT_FALSE(swallowed.empty());
  EXPECT_GT(std::stoi(swallowed[0][0]), number);
  EXPECT_EQ(report()["evidence"], nlohmann::json({{"file", "evidence.pcapng"},
                                                  {"payloads", false},
                                                  {"segments", frames("tcp", {"frame.len"}).size()},
                                                  {"lost", 0},
                                                  {"beyond_bound", 0}}));
  EXPECT_EQ(std::filesystem::status(file()).permissions(),
            std::filesystem::perms::owner_read | std::filesystem::perms::owner_write);
}

TEST_F(PacketsTest, HasNoByteOfPayloadUnlessItIsAskedFor) {
  EXPECT_EQ(cutpoint(split_brain({}, "1s")).code, 1);
  for (const auto& row :
       frames("tcp", {"frame.cap_len", "ip.hdr_len", "tcp.hdr_len", "frame.len", "tcp.len"})) {
    const int headers = std::stoi(row.at(1)) + std::stoi(row.at(2));
    EXPECT_EQ(std::stoi(row.at(0)), headers);
    EXPECT_EQ(std::stoi(row.at(3)), headers + std::stoi(row.at(4)));
  }
  for (const char* said : {"COMMIT", "INSERT", "products"}) {
    EXPECT_EQ(bytes().find(said), std::string::npos) << said;
  }
}

TEST_F(PacketsTest, WithPayloadShowsWhatWasSaid) {
  EXPECT_EQ(cutpoint(split_brain({}, "1s") + Words{"--payloads"}).code, 1);
  const Rows cut = frames(cut_frame, {"pgsql.type", "pgsql.query"});
  ASSERT_EQ(cut.size(), 1U);
  EXPECT_EQ(cut[0], (std::vector<std::string>{"Simple query", "COMMIT"}));
  EXPECT_FALSE(frames("pgsql.query contains \"INSERT\"", {"frame.number"}).empty());
  EXPECT_EQ(report()["evidence"]["payloads"], true);
}

TEST_F(PacketsTest, IsOfIPv6AsWell) {
  use_host("[::1]");
  EXPECT_EQ(cutpoint(split_brain({"faults.partition-at-commit.at.position=byte:5"}, "1s") +
                     Words{"--payloads"})
                .code,
            1);
  EXPECT_NE(comment().find("byte:5 commit.request, byte 5 of its 12"), std::string::npos);
  EXPECT_NE(comment().find("5 of 12 bytes of the segment delivered"), std::string::npos);
  EXPECT_EQ(frames("ipv6", {"frame.number"}).size(), frames("tcp", {"frame.number"}).size());
}

TEST_F(PacketsTest, NamesTheAnswerThatWasCut) {
  EXPECT_EQ(
      cutpoint(split_brain({fault_key + ".at.moment=commit.ack", fault_key + ".at.position=before"},
                           "1s"))
          .code,
      1);
  EXPECT_NE(comment().find("before commit.ack, byte 0 of its"), std::string::npos) << comment();
  EXPECT_EQ(frames(cut_frame, {"tcp.srcport", "frame.packet_flags_direction"}),
            (Rows{{CUTPOINT_TEST_LAB_PORT, "0x00000001"}}));
}

TEST_F(PacketsTest, IsEmptyWhereNothingFired) {
  EXPECT_EQ(cutpoint(split_brain({fault_key + ".at.nth=1000"}, "1s")).code, 4);
  EXPECT_EQ(report()["evidence"]["segments"], 0);
  EXPECT_TRUE(frames("frame", {"frame.number"}).empty());
}

}  // namespace
}  // namespace cutpoint
