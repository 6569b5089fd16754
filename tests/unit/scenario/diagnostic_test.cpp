// SPDX-License-Identifier: Apache-2.0
// How a diagnostic looks, whatever the file holds.
#include <gtest/gtest.h>

#include "tests/unit/scenario/scenario_fixture.h"

namespace cutpoint::test {
namespace {

Diagnostic at(int line, int column, const std::string& source_line) {
  Diagnostic diagnostic;
  diagnostic.file = "a.yaml";
  diagnostic.line = line;
  diagnostic.column = column;
  diagnostic.message = "wrong";
  diagnostic.source_line = source_line;
  return diagnostic;
}

TEST(DiagnosticText, PutsTheCaretUnderTheColumn) {
  EXPECT_EQ(at(12, 4, "a: b").text(), "a.yaml:12:4: wrong\n   12 | a: b\n      |    ^");
}

TEST(DiagnosticText, TakesLongLineNumbers) {
  EXPECT_EQ(at(12345, 1, "a").text(), "a.yaml:12345:1: wrong\n12345 | a\n      | ^");
}

TEST(DiagnosticText, KeepsTabsAboveTheCaret) {
  EXPECT_EQ(at(1, 3, "\ta b").text(), "a.yaml:1:3: wrong\n    1 | \ta b\n      | \t ^");
}

TEST(DiagnosticText, CountsCharactersNotBytes) {
  EXPECT_EQ(at(1, 6, "\xc3\xa4\xe2\x82\xac: b").text(),
            "a.yaml:1:6: wrong\n    1 | \xc3\xa4\xe2\x82\xac: b\n      |      ^");
}

TEST(DiagnosticText, PointsBehindTheEndOfALine) {
  EXPECT_EQ(at(1, 3, "ab").text(), "a.yaml:1:3: wrong\n    1 | ab\n      |   ^");
}

TEST(DiagnosticText, IsOneLineWithoutAPosition) {
  EXPECT_EQ(at(0, 0, "").text(), "a.yaml: wrong");
}

TEST(DiagnosticText, ClipsALongLineAroundTheColumn) {
  const std::string line = std::string(300, 'a') + "X" + std::string(300, 'b');
  EXPECT_EQ(at(1, 301, line).text(), "a.yaml:1:301: wrong\n    1 | ..." + std::string(80, 'a') +
                                         "X" + std::string(79, 'b') + "...\n      | " +
                                         std::string(83, ' ') + "^");
  EXPECT_EQ(at(1, 1, line).text(),
            "a.yaml:1:1: wrong\n    1 | " + std::string(160, 'a') + "...\n      | ^");
}

using DiagnosticOfAFile = ScenarioTest;

TEST_F(DiagnosticOfAFile, CountsColumnsInCharacters) {
  EXPECT_EQ(complaints(load(replaced(smallest, "kind: postgres.orders",
                                     "kind: postgres.orders, service: \xc3\xa4, orders: x"))),
            "test.yaml:4:45: unknown service `\xc3\xa4`; valid: db\n"
            "    4 | workload: { kind: postgres.orders, service: \xc3\xa4, orders: x }\n"
            "      |                                             ^\n"
            "test.yaml:4:56: `orders` must be a whole number from 1 to 1000000, not `x`\n"
            "    4 | workload: { kind: postgres.orders, service: \xc3\xa4, orders: x }\n"
            "      |                                                        ^");
}

TEST_F(DiagnosticOfAFile, IgnoresAByteOrderMarkAndCarriageReturns) {
  std::string text = "\xef\xbb\xbf";
  for (const char character : replaced(smallest, "scenario:", "scenaro:")) {
    text += character == '\n' ? "\r\n" : std::string(1, character);
  }
  EXPECT_EQ(complaints(load(text)),
            "test.yaml:1:1: unknown key `scenaro` in the scenario; did you mean `scenario`?\n"
            "    1 | scenaro: test\n"
            "      | ^");
}

TEST_F(DiagnosticOfAFile, ShowsNoControlCharacters) {
  EXPECT_EQ(complaints(load(replaced(smallest, "scenario: test", R"(scenario: "\e[2Jx")"))),
            "test.yaml:1:11: `?[2Jx` is no name: it starts with a-z or 0-9 and holds only a-z, "
            "0-9, `.`, `_`, `-`\n"
            "    1 | scenario: \"\\e[2Jx\"\n"
            "      |           ^");
}

TEST_F(DiagnosticOfAFile, ComesOnceForAnAliasedMistake) {
  const std::string text = replaced(
      replaced(smallest, "{ blackhole: both, for: 3s }", "&do { blackhole: both, for: 3 }"),
      "expect:", "  - { name: other, at: { service: db, moment: query }, do: *do }\nexpect:");
  EXPECT_EQ(complaints(load(text)),
            "test.yaml:8:37: `for` must be a duration: `3` has no unit; write e.g. `3s`\n"
            "    8 |     do: &do { blackhole: both, for: 3 }\n"
            "      |                                     ^");
}

TEST_F(DiagnosticOfAFile, MasksPasswordsThatAVariableBroughtIn) {
  environment_["DSN"] = "postgresql://u:secret@h/d";
  EXPECT_EQ(complaints(load(replaced(smallest, "kind: postgres.orders", "kind: \"${DSN}\""))),
            "test.yaml:4:19: unknown workload `postgresql://u:******@h/d`; valid: postgres.orders, "
            "amqp.publish\n"
            "    4 | workload: { kind: \"${DSN}\" }\n"
            "      |                   ^");
}

}  // namespace
}  // namespace cutpoint::test
