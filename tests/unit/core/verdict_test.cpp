// SPDX-License-Identifier: Apache-2.0
// Cut × segment → verdict, as one table. Sequence numbers are relative to the cut, and every row is
// judged at several places of the sequence space, so that the wrap-around falls everywhere.
#include "bpf/core/verdict.h"

#include <algorithm>
#include <gtest/gtest.h>
#include <vector>

namespace cutpoint::test {
namespace {

enum Flags : __u8 { none = 0, syn = CUT_SYN, fin = CUT_FIN, rst = CUT_RST, ack = CUT_ACK };

struct Row {
  const char* what;
  cut_extent extent;
  int seq;  // of the segment's first byte, relative to the cut
  unsigned length;
  unsigned flags;
  bool firing;
  cut_action action;
  cut_reason reason;
  unsigned keep;
};

constexpr cut_extent from_seq = CUT_EXTENT_FROM_SEQ;
constexpr cut_extent all = CUT_EXTENT_ALL;
constexpr cut_extent nothing = CUT_EXTENT_NONE;
constexpr cut_extent queue = CUT_EXTENT_QUEUE;
constexpr bool firing = true;
constexpr bool later = false;

const std::vector<Row> table = {
    // No cut: everything passes, wherever it is.
    {"data", nothing, -10, 10, ack, later, CUT_PASS, CUT_REASON_NO_CUT, 0},
    {"data past it", nothing, 10, 10, ack, later, CUT_PASS, CUT_REASON_NO_CUT, 0},
    {"a bare acknowledgement", nothing, 0, 0, ack, later, CUT_PASS, CUT_REASON_NO_CUT, 0},
    {"SYN", nothing, 0, 0, syn, later, CUT_PASS, CUT_REASON_NO_CUT, 0},
    {"FIN", nothing, 0, 0, fin | ack, later, CUT_PASS, CUT_REASON_NO_CUT, 0},
    {"RST", nothing, 0, 0, rst, later, CUT_PASS, CUT_REASON_NO_CUT, 0},

    // Severed: nothing passes, not even what the cut does not reach, and firing changes nothing.
    {"data before", all, -10, 10, ack, later, CUT_SWALLOW, CUT_REASON_SEVERED, 0},
    {"data around", all, -5, 10, ack, later, CUT_SWALLOW, CUT_REASON_SEVERED, 0},
    {"data past", all, 10, 10, ack, later, CUT_SWALLOW, CUT_REASON_SEVERED, 0},
    {"a bare acknowledgement", all, -1, 0, ack, later, CUT_SWALLOW, CUT_REASON_SEVERED, 0},
    {"SYN", all, -10, 0, syn, later, CUT_SWALLOW, CUT_REASON_SEVERED, 0},
    {"SYN and ACK", all, -10, 0, syn | ack, later, CUT_SWALLOW, CUT_REASON_SEVERED, 0},
    {"FIN", all, -1, 0, fin | ack, later, CUT_SWALLOW, CUT_REASON_SEVERED, 0},
    {"RST", all, -1, 0, rst, later, CUT_SWALLOW, CUT_REASON_SEVERED, 0},
    {"the segment that fires", all, 0, 10, ack, firing, CUT_SWALLOW, CUT_REASON_SEVERED, 0},

    // Healed, but what the cut held is still to come: what would overtake it comes again.
    {"data past", queue, 10, 10, ack, later, CUT_SWALLOW, CUT_REASON_OVERTAKES, 0},

    // All of its bytes before the cut: a retransmission of what was delivered.
    {"long before", from_seq, -1000, 10, ack, later, CUT_PASS, CUT_REASON_BEFORE_CUT, 0},
    {"up to the cut", from_seq, -10, 10, ack, later, CUT_PASS, CUT_REASON_BEFORE_CUT, 0},
    {"the same, firing", from_seq, -10, 10, ack, firing, CUT_PASS, CUT_REASON_BEFORE_CUT, 0},
    {"one byte", from_seq, -1, 1, ack, later, CUT_PASS, CUT_REASON_BEFORE_CUT, 0},
    {"with a FIN before it", from_seq, -11, 10, fin | ack, later, CUT_PASS, CUT_REASON_BEFORE_CUT,
     0},
    {"FIN right before it", from_seq, -1, 0, fin | ack, later, CUT_PASS, CUT_REASON_BEFORE_CUT, 0},
    {"SYN before it", from_seq, -1, 0, syn, later, CUT_PASS, CUT_REASON_BEFORE_CUT, 0},

    // Bytes on both sides: shortened to those before.
    {"all but the last byte", from_seq, -9, 10, ack, later, CUT_TRUNCATE, CUT_REASON_STRADDLES_CUT,
     9},
    {"only the first byte", from_seq, -1, 10, ack, later, CUT_TRUNCATE, CUT_REASON_STRADDLES_CUT,
     1},
    {"the segment that fires", from_seq, -7, 52, ack, firing, CUT_TRUNCATE,
     CUT_REASON_STRADDLES_CUT, 7},
    {"a large one", from_seq, -65000, 65483, ack, later, CUT_TRUNCATE, CUT_REASON_STRADDLES_CUT,
     65000},
    {"a FIN past the cut", from_seq, -10, 10, fin | ack, later, CUT_TRUNCATE,
     CUT_REASON_STRADDLES_CUT, 10},
    {"data and FIN past it", from_seq, -3, 10, fin | ack, later, CUT_TRUNCATE,
     CUT_REASON_STRADDLES_CUT, 3},
    {"merged with what follows", from_seq, -12, 1460, ack, later, CUT_TRUNCATE,
     CUT_REASON_STRADDLES_CUT, 12},

    // All of it past the cut: silent, but for the acknowledgement that the firing segment carries.
    {"from the cut on", from_seq, 0, 10, ack, later, CUT_SWALLOW, CUT_REASON_PAST_CUT, 0},
    {"the same, firing", from_seq, 0, 10, ack, firing, CUT_TRUNCATE, CUT_REASON_BARE_ACK, 0},
    {"firing without ACK", from_seq, 0, 10, none, firing, CUT_SWALLOW, CUT_REASON_PAST_CUT, 0},
    {"firing, data and FIN", from_seq, 0, 10, fin | ack, firing, CUT_TRUNCATE, CUT_REASON_BARE_ACK,
     0},
    {"later data", from_seq, 500, 10, ack, later, CUT_SWALLOW, CUT_REASON_PAST_CUT, 0},
    {"FIN at the cut", from_seq, 0, 0, fin | ack, later, CUT_SWALLOW, CUT_REASON_PAST_CUT, 0},
    {"FIN past the cut", from_seq, 10, 0, fin | ack, later, CUT_SWALLOW, CUT_REASON_PAST_CUT, 0},
    {"SYN at the cut", from_seq, 0, 0, syn, later, CUT_SWALLOW, CUT_REASON_PAST_CUT, 0},
    {"SYN and ACK, firing", from_seq, 0, 0, syn | ack, firing, CUT_SWALLOW, CUT_REASON_PAST_CUT, 0},

    // Without bytes there is nothing that lies before the cut: TCP must not hear of the silence.
    {"a bare acknowledgement before", from_seq, -10, 0, ack, later, CUT_SWALLOW,
     CUT_REASON_PAST_CUT, 0},
    {"a bare acknowledgement at the cut", from_seq, 0, 0, ack, later, CUT_SWALLOW,
     CUT_REASON_PAST_CUT, 0},
    {"a keep-alive probe", from_seq, -1, 0, ack, later, CUT_SWALLOW, CUT_REASON_PAST_CUT, 0},
    {"RST before", from_seq, -10, 0, rst, later, CUT_SWALLOW, CUT_REASON_PAST_CUT, 0},
    {"RST and ACK at the cut", from_seq, 0, 0, rst | ack, later, CUT_SWALLOW, CUT_REASON_PAST_CUT,
     0},
    {"RST with data before", from_seq, -10, 5, rst | ack, later, CUT_SWALLOW, CUT_REASON_PAST_CUT,
     0},
    {"RST with data, firing", from_seq, 0, 5, rst | ack, firing, CUT_SWALLOW, CUT_REASON_PAST_CUT,
     0},
};

template <typename Row>
cut_segment segment_of(const Row& row, __u32 cut) {
  return {.seq = cut + static_cast<__u32>(row.seq),
          .length = row.length,
          .flags = static_cast<__u8>(row.flags)};
}

TEST(Verdict, table) {
  for (const __u32 cut : {1000000U, 0U, 1U, 5U, 0xffffffffU, 0xfffffff8U, 0x80000000U}) {
    for (const Row& row : table) {
      const cut_segment segment = segment_of(row, cut);
      const cut_verdict verdict = cut_judge(row.extent, cut, &segment, row.firing);
      EXPECT_EQ(verdict.action, row.action) << row.what << ", cut at " << cut;
      EXPECT_EQ(verdict.reason, row.reason) << row.what << ", cut at " << cut;
      EXPECT_EQ(verdict.keep, row.keep) << row.what << ", cut at " << cut;
    }
  }
}

// The table's claims for every position of a segment around the cut.
TEST(Verdict, exactly_the_bytes_before_the_cut_are_kept) {
  for (const __u32 cut : {100000U, 3U, 0xfffffffdU}) {
    for (unsigned length = 1; length <= 20; ++length) {
      for (int start = -30; start <= 30; ++start) {
        const cut_segment segment = {cut + static_cast<__u32>(start), length, CUT_ACK};
        const cut_verdict verdict = cut_judge(CUT_EXTENT_FROM_SEQ, cut, &segment, false);
        const int before = start >= 0 ? 0 : -start;
        const unsigned delivered = verdict.action == CUT_PASS ? length : verdict.keep;
        EXPECT_EQ(delivered, std::min<unsigned>(static_cast<unsigned>(before), length))
            << "from " << start << ", " << length << " bytes";
        EXPECT_EQ(verdict.action == CUT_SWALLOW, delivered == 0);
      }
    }
  }
}

struct AcksRow {
  const char* what;
  cut_extent extent;
  int seq;
  unsigned length;
  unsigned flags;
  cut_action action;
  cut_reason reason;
};

const std::vector<AcksRow> acks_table = {
    {"an acknowledgement", all, 0, 0, ack, CUT_PASS, CUT_REASON_ACKS_PASS},
    {"one past the cut", from_seq, 10, 0, ack, CUT_PASS, CUT_REASON_ACKS_PASS},
    {"a keep-alive probe", from_seq, -1, 0, ack, CUT_PASS, CUT_REASON_ACKS_PASS},
    {"SYN", all, -10, 0, syn, CUT_PASS, CUT_REASON_ACKS_PASS},
    {"SYN and ACK", all, -10, 0, syn | ack, CUT_PASS, CUT_REASON_ACKS_PASS},
    {"data", all, 10, 10, ack, CUT_TRUNCATE, CUT_REASON_BARE_ACK},
    {"data past the cut", from_seq, 10, 10, ack, CUT_TRUNCATE, CUT_REASON_BARE_ACK},
    {"FIN", all, 0, 0, fin | ack, CUT_TRUNCATE, CUT_REASON_BARE_ACK},
    {"data and FIN", from_seq, 0, 10, fin | ack, CUT_TRUNCATE, CUT_REASON_BARE_ACK},
    {"RST", all, 0, 0, rst, CUT_SWALLOW, CUT_REASON_SEVERED},
    {"RST and ACK", from_seq, 0, 0, rst | ack, CUT_SWALLOW, CUT_REASON_PAST_CUT},
    {"data around the cut", from_seq, -5, 10, ack, CUT_TRUNCATE, CUT_REASON_STRADDLES_CUT},
    {"data before the cut", from_seq, -10, 10, ack, CUT_PASS, CUT_REASON_BEFORE_CUT},
    {"no cut", nothing, 0, 10, ack, CUT_PASS, CUT_REASON_NO_CUT},
};

TEST(Verdict, where_acknowledgements_pass) {
  constexpr __u32 cut = 5;
  for (const AcksRow& row : acks_table) {
    const cut_segment segment = segment_of(row, cut);
    const cut_verdict silent = cut_judge(row.extent, cut, &segment, false);
    const cut_verdict verdict = cut_let_acks_pass(silent, &segment);
    EXPECT_EQ(verdict.action, row.action) << row.what;
    EXPECT_EQ(verdict.reason, row.reason) << row.what;
    EXPECT_EQ(verdict.keep, silent.keep) << row.what;
  }
}

TEST(Verdict, a_segment_occupies_its_payload_and_one_number_for_syn_and_fin) {
  const auto end = [](__u32 seq, __u32 length, bool has_syn, bool has_fin) {
    const cut_segment segment = {
        seq, length,
        static_cast<__u8>(CUT_ACK | (has_syn ? CUT_SYN : 0) | (has_fin ? CUT_FIN : 0))};
    return cut_segment_end(&segment);
  };
  EXPECT_EQ(end(100, 0, false, false), 100U);
  EXPECT_EQ(end(100, 10, false, false), 110U);
  EXPECT_EQ(end(100, 0, true, false), 101U);
  EXPECT_EQ(end(100, 10, false, true), 111U);
  EXPECT_EQ(end(0xffffffff, 10, false, true), 10U);
}

}  // namespace
}  // namespace cutpoint::test
