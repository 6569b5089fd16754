// SPDX-License-Identifier: Apache-2.0
// Rule × facts × occurrence → does it fire, and where does it cut.
#include "bpf/core/trigger.h"

#include <algorithm>
#include <gtest/gtest.h>
#include <map>
#include <string>
#include <vector>

namespace cutpoint::test {
namespace {

// A rule that fires at every match.
cut_rule plain_rule() {
  cut_rule rule = {};
  rule.nth = 1;
  rule.every = 1;
  rule.probability = 0xffffffff;
  return rule;
}

// F fired, or why not.
const std::map<cut_reason, char> letters = {
    {CUT_REASON_MATCHED, 'F'},     {CUT_REASON_BEFORE_NTH, 'b'}, {CUT_REASON_NOT_EVERY, 'e'},
    {CUT_REASON_TIMES_SPENT, 't'}, {CUT_REASON_FLOW_USED, 'u'},  {CUT_REASON_UNLUCKY, 'x'},
};

// Outcomes of the first matches, all of them on one flow.
std::string first_matches(const cut_rule& rule, unsigned matches) {
  std::string outcomes;
  __u64 fired = 0;
  for (unsigned occurrence = 1; occurrence <= matches; ++occurrence) {
    const cut_reason reason = cut_occurrence(&rule, occurrence, fired, fired != 0);
    outcomes += letters.at(reason);
    if (reason == CUT_REASON_MATCHED) ++fired;
  }
  return outcomes;
}

TEST(Occurrence, nth_every_times_and_once_per_flow) {
  struct Row {
    unsigned nth, every, times;
    bool once_per_flow;
    const char* outcomes;
  };
  const std::vector<Row> rows = {
      {1, 1, 0, false, "FFFFFFFF"},  // no limit
      {1, 1, 1, false, "Fttttttt"},  // the default of a scenario
      {3, 1, 1, false, "bbFttttt"},  //
      {3, 1, 0, false, "bbFFFFFF"},  //
      {1, 3, 0, false, "FeeFeeFe"},  //
      {2, 3, 0, false, "bFeeFeeF"},  // counted from the nth
      {2, 3, 2, false, "bFeeFeet"},  // "not every" is said first
      {1, 1, 3, false, "FFFttttt"},  //
      {1, 1, 0, true, "Fuuuuuuu"},   //
      {2, 2, 5, true, "bFuuuuuu"},   // "this flow" is said before anything else
      {9, 1, 1, false, "bbbbbbbb"},  //
      {0, 0, 0, false, "FFFFFFFF"},  // never installed so, and harmless
  };
  for (const Row& row : rows) {
    cut_rule rule = plain_rule();
    rule.nth = row.nth;
    rule.every = row.every;
    rule.times = row.times;
    rule.once_per_flow = row.once_per_flow;
    EXPECT_EQ(first_matches(rule, 8), row.outcomes)
        << "nth " << row.nth << " every " << row.every << " times " << row.times;
  }
}

TEST(Occurrence, once_per_flow_is_asked_of_the_flow_alone) {
  cut_rule rule = plain_rule();
  EXPECT_EQ(cut_occurrence(&rule, 5, 4, true), CUT_REASON_MATCHED);
  rule.once_per_flow = 1;
  EXPECT_EQ(cut_occurrence(&rule, 5, 4, true), CUT_REASON_FLOW_USED);
  EXPECT_EQ(cut_occurrence(&rule, 5, 4, false), CUT_REASON_MATCHED);
}

TEST(Occurrence, counts_past_32_bits) {
  cut_rule rule = plain_rule();
  rule.every = 1000;
  const __u64 many = (1ULL << 40) * 1000 + 1;
  EXPECT_EQ(cut_occurrence(&rule, many, 0, false), CUT_REASON_MATCHED);
  EXPECT_EQ(cut_occurrence(&rule, many + 1, 0, false), CUT_REASON_NOT_EVERY);
}

TEST(Occurrence, probability_is_a_share_of_the_matches) {
  cut_rule rule = plain_rule();
  rule.seed = 7;
  rule.probability = 0;
  EXPECT_EQ(first_matches(rule, 8), "xxxxxxxx");
  rule.probability = 0xffffffff;
  EXPECT_EQ(first_matches(rule, 8), "FFFFFFFF");
  rule.probability = 0x40000000;  // a quarter
  const std::string outcomes = first_matches(rule, 100000);
  const auto fired = std::count(outcomes.begin(), outcomes.end(), 'F');
  EXPECT_GT(fired, 24500);
  EXPECT_LT(fired, 25500);
}

TEST(Occurrence, equal_seeds_draw_equally_and_others_do_not) {
  cut_rule rule = plain_rule();
  rule.probability = 0x80000000;
  rule.seed = 7;
  const std::string outcomes = first_matches(rule, 64);
  EXPECT_EQ(first_matches(rule, 64), outcomes);
  rule.seed = 8;
  EXPECT_NE(first_matches(rule, 64), outcomes);
}

// The values of splitmix64 with seed 0, as its authors publish them: a run can be repeated
// anywhere.
TEST(Occurrence, the_draw_is_splitmix64) {
  EXPECT_EQ(cut_draw(0, 1), 0xe220a8397b1dcdafULL >> 32);
  EXPECT_EQ(cut_draw(0, 2), 0x6e789e6aa1b965f4ULL >> 32);
  EXPECT_EQ(cut_draw(0, 3), 0x06c45d188009454fULL >> 32);
}

cut_filter filter(__u8 attribute, __u8 kind, __u32 value) {
  return {.value = value, .attribute = attribute, .kind = kind, .used = 1, .reserved = 0};
}

TEST(Filter, accepts) {
  constexpr __u32 sqlstate = ((4U * 36 + 0) * 36 + 0) * 1296 + 1;
  struct Row {
    __u8 kind;
    __u32 wanted;
    __u32 seen;
    bool accepted;
  };
  const std::vector<Row> rows = {
      {CUT_ATTR_NUMBER, 4242, 4242, true},
      {CUT_ATTR_NUMBER, 4242, 4243, false},
      {CUT_ATTR_NUMBER, 0, 0, true},
      {CUT_ATTR_CHARACTER, 'T', 'T', true},
      {CUT_ATTR_CHARACTER, 'T', 't', false},
      {CUT_ATTR_CHARACTER, 'E', 'T', false},
      {CUT_ATTR_SQLSTATE, sqlstate, sqlstate, true},
      {CUT_ATTR_SQLSTATE, sqlstate, sqlstate + 1, false},
      // Any of several commands of one message.
      {CUT_ATTR_COMMANDS, 0x04, 0x04, true},
      {CUT_ATTR_COMMANDS, 0x04, 0x07, true},
      {CUT_ATTR_COMMANDS, 0x0c, 0x08, true},
      {CUT_ATTR_COMMANDS, 0x04, 0x03, false},
      {CUT_ATTR_COMMANDS, 0x04, 0x00, false},
      {CUT_ATTR_COMMANDS, 0x80000000, 0x80000001, true},
  };
  for (std::size_t i = 0; i < rows.size(); ++i) {
    for (__u8 attribute = 0; attribute < CUT_MAX_ATTRIBUTES; ++attribute) {
      cut_facts facts = {};
      facts.attr[attribute] = rows[i].seen;
      const cut_filter one = filter(attribute, rows[i].kind, rows[i].wanted);
      cut_rule rule = plain_rule();
      rule.filters[1] = one;
      EXPECT_EQ(cut_filter_accepts(&rule, &facts, 0, 1), rows[i].accepted) << "row " << i;
    }
  }
}

TEST(Filter, the_first_that_refuses_is_named) {
  cut_facts facts = {};
  facts.attr[0] = 0x04;
  facts.attr[2] = 'T';
  cut_rule rule = plain_rule();
  EXPECT_EQ(cut_refusing_filter(&rule, &facts, 0), CUT_NO_FILTER);
  rule.filters[0] = filter(0, CUT_ATTR_COMMANDS, 0x04);
  EXPECT_EQ(cut_refusing_filter(&rule, &facts, 0), CUT_NO_FILTER);
  rule.filters[1] = filter(2, CUT_ATTR_CHARACTER, 'E');
  EXPECT_EQ(cut_refusing_filter(&rule, &facts, 0), 1);
  rule.filters[3] = filter(3, CUT_ATTR_NUMBER, 1);
  EXPECT_EQ(cut_refusing_filter(&rule, &facts, 0), 1);
  rule.filters[1].used = 0;
  EXPECT_EQ(cut_refusing_filter(&rule, &facts, 0), 3);
  rule.filters[0].value = 0x08;
  EXPECT_EQ(cut_refusing_filter(&rule, &facts, 0), 0);
}

cut_text text(const std::string& said) {
  cut_text text = {};
  text.length = static_cast<__u8>(std::min<std::size_t>(said.size(), 255));
  std::copy_n(said.begin(), std::min<std::size_t>(said.size(), CUT_TEXT_BYTES), text.byte);
  return text;
}

TEST(Text, equals_or_begins_so) {
  const std::string longest(CUT_TEXT_BYTES, 'x');
  struct Row {
    std::string wanted;
    std::string said;
    bool equal;
    bool begins;
  };
  const std::vector<Row> rows = {
      {"", "", true, true},
      {"", "/", false, true},
      {"/v1", "/v1", true, true},
      {"/v1", "/v1/models", false, true},
      {"/v1", "/v2", false, false},
      {"/v1", "/V1", false, false},
      {"/v1/models", "/v1", false, false},
      {longest, longest, true, true},
      {longest, longest + "y", false, true},
      {longest, longest + std::string(300, 'y'), false, true},
      {longest, std::string(CUT_TEXT_BYTES - 1, 'x') + "y", false, false},
      {longest, "y" + std::string(CUT_TEXT_BYTES - 1, 'x'), false, false},
  };
  for (const Row& row : rows) {
    const cut_text wanted = text(row.wanted);
    const cut_text said = text(row.said);
    EXPECT_EQ(cut_text_matches(&wanted, &said, CUT_ATTR_TEXT), row.equal)
        << row.wanted << " and " << row.said;
    EXPECT_EQ(cut_text_matches(&wanted, &said, CUT_ATTR_PREFIX), row.begins)
        << row.wanted << " and " << row.said;
  }
}

TEST(Filter, by_text_accepts_what_its_text_matches) {
  cut_facts facts = {};
  cut_rule rule = plain_rule();
  rule.filters[0] = filter(1, CUT_ATTR_NUMBER, 0);
  rule.filters[2] = filter(3, CUT_ATTR_PREFIX, 0);
  rule.filters[3] = filter(2, CUT_ATTR_TEXT, 1);
  EXPECT_EQ(cut_refusing_filter(&rule, &facts, 0), 2);
  EXPECT_EQ(cut_refusing_filter(&rule, &facts, 1U << 3), 2);
  EXPECT_EQ(cut_refusing_filter(&rule, &facts, 1U << 2), 3);
  EXPECT_EQ(cut_refusing_filter(&rule, &facts, 1U << 2 | 1U << 3), CUT_NO_FILTER);
}

// Not even where the value that stands in its place would do.
TEST(Filter, refuses_what_the_message_does_not_tell) {
  cut_facts facts = {};
  cut_rule rule = plain_rule();
  rule.filters[0] = filter(1, CUT_ATTR_NUMBER, 0);
  EXPECT_EQ(cut_refusing_filter(&rule, &facts, 0), CUT_NO_FILTER);
  facts.untold = 1U << 0 | 1U << 2;
  EXPECT_EQ(cut_refusing_filter(&rule, &facts, 0), CUT_NO_FILTER);
  facts.untold = 1U << 1;
  EXPECT_EQ(cut_refusing_filter(&rule, &facts, 0), 0);
  EXPECT_TRUE(cut_filter_is_untold(&rule.filters[0], &facts));
}

TEST(WantedSeq, before_after_and_a_byte_inside_or_beyond_the_message) {
  struct Row {
    __u8 position;
    __u32 byte;
    __u32 wanted;  // relative to the message, of 12 bytes
  };
  const std::vector<Row> rows = {
      {CUT_BEFORE, 0, 0}, {CUT_BEFORE, 5, 0}, {CUT_AFTER, 0, 12},   {CUT_AFTER, 5, 12},
      {CUT_BYTE, 0, 0},   {CUT_BYTE, 1, 1},   {CUT_BYTE, 5, 5},     {CUT_BYTE, 11, 11},
      {CUT_BYTE, 12, 12}, {CUT_BYTE, 13, 12}, {CUT_BYTE, 1000, 12}, {CUT_BYTE, ~0U, 12},
  };
  for (const __u32 begin : {1000U, 0U, 0xfffffff9U, 0xffffffffU, 0x7ffffffaU}) {
    for (const Row& row : rows) {
      cut_rule rule = plain_rule();
      rule.position = row.position;
      rule.byte = row.byte;
      cut_facts facts = {};
      facts.begin = begin;
      facts.end = begin + 12;
      EXPECT_EQ(cut_wanted_seq(&rule, &facts), begin + row.wanted)
          << "position " << int{row.position} << ", byte " << row.byte << ", from " << begin;
    }
  }
}

TEST(Change, reaches_only_what_is_in_the_segment_and_in_the_message) {
  struct Row {
    unsigned seq, changed;  // wanted
    unsigned message_end;
    bool reaches;
  };
  // The segment holds 100..149, and the message begins before it.
  const std::vector<Row> rows = {
      {100, 1, 150, true},  {149, 1, 150, true},
      {100, 50, 150, true}, {99, 1, 150, false},  // has left
      {99, 2, 150, false},                        // half of it has
      {149, 2, 151, false},                       // half of it is still to come
      {110, 5, 114, false},                       // behind the message
      {110, 4, 114, true},
  };
  for (const __u32 shift : {0U, 0xffffff80U}) {  // also where sequence numbers wrap
    cut_segment segment = {};
    segment.seq = 100 + shift;
    segment.length = 50;
    for (const Row& row : rows) {
      cut_facts facts = {};
      facts.end = row.message_end + shift;
      EXPECT_EQ(cut_reaches(row.seq + shift, row.changed, &facts, &segment), row.reaches)
          << row.changed << " at " << row.seq << " of a message up to " << row.message_end;
    }
  }
}

TEST(Change, begins_in_the_body) {
  cut_rule rule = plain_rule();
  rule.offset = 7;
  cut_facts facts = {};
  facts.begin = 1000;
  facts.body = 5;
  EXPECT_EQ(cut_changed_seq(&rule, &facts), 1012U);
}

}  // namespace
}  // namespace cutpoint::test
