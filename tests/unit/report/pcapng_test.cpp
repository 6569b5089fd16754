// SPDX-License-Identifier: Apache-2.0
// Read back by tshark.
#include "controller/report/pcapng.h"

#include <filesystem>
#include <gtest/gtest.h>
#include <unistd.h>

#include "controller/util/file.h"
#include "tests/scenarios/program.h"

namespace cutpoint {
namespace {

using namespace std::string_view_literals;

// 127.0.0.1:40000 -> 127.0.0.1:5432, sequence number 1000, of 12 bytes of payload.
constexpr auto headers =
    "\x45\x00\x00\x34\x00\x00\x40\x00\x40\x06\x00\x00\x7f\x00\x00\x01\x7f\x00\x00\x01"
    "\x9c\x40\x15\x38\x00\x00\x03\xe8\x00\x00\x00\x01\x50\x18\x02\x00\x00\x00\x00\x00"sv;
constexpr std::uint32_t length = 52;

class PcapngTest : public testing::Test {
 protected:
  void SetUp() override {
    std::string pattern = "/tmp/cutpoint-pcapng-XXXXXX";
    ASSERT_NE(::mkdtemp(pattern.data()), nullptr);
    directory_ = pattern;
  }
  void TearDown() override { std::filesystem::remove_all(directory_); }

  [[nodiscard]] std::string read_by(std::vector<std::string> command, const std::string& text) {
    const std::string file = directory_ + "/file.pcapng";
    const auto written = write_file_atomically(file, text, 0600);
    EXPECT_TRUE(written);
    command.push_back(file);
    const auto ended = Program::run(command);
    EXPECT_EQ(ended.code, 0) << ended.err;
    return ended.out;
  }

  std::string directory_;
};

TEST_F(PcapngTest, IsReadByTshark) {
  PcapngFile file("cutpoint", "of a test", "target");
  file.add({.unix_ns = 1'700'000'000'123'456'789,
            .bytes = headers,
            .length = length,
            .outbound = true,
            .comment = "cut: 0 of 12 bytes → none"});
  file.add({.unix_ns = 1'700'000'001'000'000'000,
            .bytes = headers.substr(0, headers.size() - 3),
            .length = length});
  const std::string text = std::move(file).finish(1'700'000'002'000'000'000, 5, 3);
  EXPECT_EQ(read_by({"tshark", "-n",
                     "-T",     "fields",
                     "-E",     "separator=|",
                     "-e",     "frame.time_epoch",
                     "-e",     "frame.cap_len",
                     "-e",     "frame.len",
                     "-e",     "frame.packet_flags_direction",
                     "-e",     "tcp.dstport",
                     "-e",     "tcp.len",
                     "-e",     "frame.comment",
                     "-r"},
                    text),
            "1700000000.123456789|40|52|0x00000002|5432|12|cut: 0 of 12 bytes → none\n"
            "1700000001.000000000|37|52|0x00000001|5432|12|\n");
}

TEST_F(PcapngTest, SaysWhatItIsAboutAndWhatIsMissing) {
  const std::string text = PcapngFile("cutpoint", "of a test", "target").finish(1, 5, 3);
  const std::string about = read_by({"capinfos"}, text);
  for (const char* said :
       {"of a test", "Capture application: cutpoint", "Name = target", "Encapsulation = Raw IP",
        "Time precision = nanoseconds", "Number of stat entries = 1", "Number of packets:   0"}) {
    EXPECT_NE(about.find(said), std::string::npos) << said << " in\n" << about;
  }
}

}  // namespace
}  // namespace cutpoint
