// SPDX-License-Identifier: Apache-2.0
#include "controller/report/layout.h"

#include <gtest/gtest.h>

namespace cutpoint {
namespace {

using Lines = std::vector<std::string>;

// C1's CSI, a right-to-left override and a line separator, and a byte that begins no character.
TEST(Layout, PassesNothingThatATerminalObeys) {
  EXPECT_EQ(printable("a\x1b[2J\xc2\x9b"
                      "b\xe2\x80\xae"
                      "c\xe2\x80\xa8"
                      "d\xff\xc3\xa9"),
            "a?[2J?b?c?d?\xc3\xa9");
  EXPECT_EQ(wrapped("x\xc2\x9by \xffz", 80), std::vector<std::string>{"x?y ?z"});
}

TEST(Layout, counts_characters_not_bytes) {
  EXPECT_EQ(display_width("✓ ×"), 3U);
  EXPECT_EQ(padded("✓", 3), "✓  ");
  EXPECT_EQ(padded("wide", 3), "wide");
}

TEST(Layout, wraps_between_words) {
  EXPECT_EQ(wrapped("one two three", 7), (Lines{"one two", "three"}));
  EXPECT_EQ(wrapped("unbreakable a", 3), (Lines{"unbreakable", "a"}));
  EXPECT_EQ(wrapped("✓✓✓ ✓✓✓", 7), (Lines{"✓✓✓ ✓✓✓"}));
  EXPECT_EQ(wrapped("", 10), Lines{""});
}

TEST(Layout, shows_control_characters_as_question_marks) {
  EXPECT_EQ(wrapped("a\033[31mb\x7f", 20), Lines{"a?[31mb?"});
}

TEST(Layout, indents_further_lines_of_an_item_as_far_as_the_first) {
  Page page(false, 40);
  page.item(2, "what", 6, "one two three four five six seven eight");
  EXPECT_EQ(std::move(page).take(),
            "  what   one two three four five six\n"
            "         seven eight\n");
}

TEST(Layout, leaves_no_blanks_behind_a_label_without_a_text) {
  Page page(true, 40);
  page.item(2, "what", 6, "");
  page.item(2, "what", 6, "", Colour::dim);
  EXPECT_EQ(std::move(page).take(), "  what\n  \033[2mwhat\033[0m\n");
}

TEST(Layout, paints_only_where_colour_is_allowed) {
  EXPECT_EQ(Page(true, 80).paint("x", Colour::red), "\033[1;31mx\033[0m");
  EXPECT_EQ(Page(true, 80).paint("x", Colour::none), "x");
  EXPECT_EQ(Page(false, 80).paint("x", Colour::red), "x");
}

TEST(Layout, colour_does_not_move_a_column) {
  Page page(true, 40);
  page.item(0, "a", 3, "text", Colour::dim);
  EXPECT_EQ(std::move(page).take(), "\033[2ma  \033[0m text\n");
}

}  // namespace
}  // namespace cutpoint
