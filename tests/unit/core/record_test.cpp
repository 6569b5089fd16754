// SPDX-License-Identifier: Apache-2.0
// Which bytes of a write a TLS record holds, told by its length.
#include "bpf/core/record.h"

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

TEST(RecordThatCounts, IsNoAlertAndNoAnswerToAKeyUpdate) {
  EXPECT_TRUE(cut_record_counts(12 + 17));
  EXPECT_FALSE(cut_record_counts(2 + 17));
  EXPECT_FALSE(cut_record_counts(5 + 17));
}

}  // namespace
}  // namespace cutpoint
