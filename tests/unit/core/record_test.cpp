// SPDX-License-Identifier: Apache-2.0
// Which bytes of a write a TLS record holds, told by its length.
#include "bpf/core/record.h"

#include <array>
#include <gtest/gtest.h>
#include <ostream>

namespace cutpoint {
namespace {

struct Case {
  const char* name;
  std::uint32_t left;
  std::uint32_t length;
  bool rekeyed;
  cut_record_kind kind;
  std::uint32_t bytes;

  friend void PrintTo(const Case& one, std::ostream* out) { *out << one.name; }
};

class Record : public testing::TestWithParam<Case> {};

TEST_P(Record, HoldsWhatItsLengthSays) {
  const Case& one = GetParam();
  const cut_record_part part = cut_record_holds(one.left, one.length, one.rekeyed);
  EXPECT_EQ(part.kind, one.kind);
  if (one.kind == CUT_RECORD_DATA) {
    EXPECT_EQ(part.bytes, one.bytes);
  }
}

INSTANTIATE_TEST_SUITE_P(
    Lengths, Record,
    testing::Values(Case{"Tls13", 12, 29, false, CUT_RECORD_DATA, 12},
                    Case{"Tls13WithShortTag", 12, 21, false, CUT_RECORD_DATA, 12},
                    Case{"Tls12Gcm", 12, 36, false, CUT_RECORD_DATA, 12},
                    Case{"Tls12ChaCha20", 12, 28, false, CUT_RECORD_DATA, 12},
                    Case{"Tls12CbcSha1", 12, 64, false, CUT_RECORD_DATA, 12},
                    Case{"Tls12CbcSha384", 12, 80, false, CUT_RECORD_DATA, 12},
                    Case{"FirstOfALongWrite", 40000, 16384 + 17, false, CUT_RECORD_DATA, 16384},
                    Case{"LastOfALongWrite", 40000 - 32768, 7232 + 17, false, CUT_RECORD_DATA,
                         7232},
                    Case{"FragmentsMadeSmaller", 40000, 4096 + 17, false, CUT_RECORD_UNKNOWN, 0},
                    Case{"Padded", 12, 12 + 17 + 100, false, CUT_RECORD_UNKNOWN, 0},
                    Case{"NothingIsLeft", 0, 29, false, CUT_RECORD_UNKNOWN, 0},
                    Case{"KeyUpdate", 12, 22, false, CUT_RECORD_OTHER, 0},
                    Case{"KeyUpdateBehindAWrite", 0, 22, false, CUT_RECORD_OTHER, 0},
                    Case{"FiveBytes", 5, 22, false, CUT_RECORD_DATA, 5},
                    Case{"ThirteenBytesOrAKeyUpdate", 13, 22, true, CUT_RECORD_UNKNOWN, 0},
                    Case{"KeyUpdateThatWasAskedFor", 12, 22, true, CUT_RECORD_OTHER, 0},
                    Case{"FiveBytesOrAKeyUpdate", 5, 22, true, CUT_RECORD_UNKNOWN, 0}),
    [](const auto& one) { return one.param.name; });

TEST(RecordOfAHandshake, IsKnownByTheLengthOfAFinished) {
  EXPECT_TRUE(cut_record_is_finished(4 + 32 + 17));  // SHA-256
  EXPECT_TRUE(cut_record_is_finished(4 + 48 + 17));  // SHA-384
  EXPECT_FALSE(cut_record_is_finished(4 + 4 + 17));  // an empty Certificate
  EXPECT_FALSE(cut_record_is_finished(4 + 4 + 71 + 17));
}

// Type, version, length; the message's type, length and version.
using HelloStart = std::array<std::uint8_t, CUT_TLS_HELLO_START>;

bool is_hello(const HelloStart& bytes) {
  return cut_record_is_hello(bytes.data());
}

TEST(RecordOfAHandshake, IsAClientHelloByMoreThanItsFirstByte) {
  EXPECT_TRUE(is_hello({22, 3, 1, 1, 0x2c, 1, 0, 1, 0x28, 3, 3}));    // all of it
  EXPECT_TRUE(is_hello({22, 3, 1, 2, 0, 1, 0, 6, 0xd0, 3, 3}));       // the first of its records
  EXPECT_TRUE(is_hello({22, 3, 1, 0, 0xb5, 1, 0, 0, 0xb1, 3, 1}));    // of TLS 1.0
  EXPECT_FALSE(is_hello({22, 3, 3, 0, 40, 1, 0, 0, 0, 0, 0}));        // Finished: nonces of TLS 1.2
  EXPECT_FALSE(is_hello({22, 3, 3, 0, 40, 1, 0x5e, 0x21, 7, 3, 3}));  // its length is beyond all
  EXPECT_FALSE(is_hello({22, 3, 3, 0, 40, 1, 0, 0, 35, 3, 3}));       // more would follow it
  EXPECT_FALSE(is_hello({22, 3, 3, 0, 40, 1, 0, 0, 36, 0x8c, 3}));    // no version
  EXPECT_FALSE(is_hello({22, 3, 3, 0, 0x46, 16, 0, 0, 0x42, 3, 3}));  // ClientKeyExchange
}

TEST(RecordThatCounts, IsNoAlertAndNoAnswerToAKeyUpdate) {
  EXPECT_TRUE(cut_record_counts(12 + 17));
  EXPECT_FALSE(cut_record_counts(2 + 17));
  EXPECT_FALSE(cut_record_counts(5 + 17));
}

}  // namespace
}  // namespace cutpoint
