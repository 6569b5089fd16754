// SPDX-License-Identifier: Apache-2.0
// Files that are no scenario at all.
#include <gtest/gtest.h>

#include "tests/unit/scenario/scenario_fixture.h"

namespace cutpoint::test {
namespace {

using BadFile = ScenarioTest;

TEST_F(BadFile, ThatDoesNotExistIsNamed) {
  EXPECT_EQ(complaints(load_file("none.yaml")),
            "none.yaml: cannot be read: No such file or directory");
}

TEST_F(BadFile, ThatIsADirectoryIsNamed) {
  EXPECT_EQ(complaints(load_file(".")), ".: is a directory: a scenario is one YAML file");
}

TEST_F(BadFile, ThatIsUnreadableIsNamed) {
  EXPECT_EQ(complaints(load_file("/proc/self/mem")),
            "/proc/self/mem: cannot be read: Input/output error");
}

TEST_F(BadFile, ThatIsEndlessIsCutOff) {
  EXPECT_EQ(complaints(load_file("/dev/zero")),
            "/dev/zero: is larger than 1 MiB: no scenario file");
}

TEST_F(BadFile, ThatIsNotTextIsNamed) {
  for (const std::string& bytes : {std::string("a: \xff"), std::string("a: b\0c", 6),
                                   std::string("a: \xc0\x80"), std::string("a: \xed\xa0\x80"),
                                   std::string("a: \xf4\x90\x80\x80"), std::string("a: \xe2\x82"),
                                   std::string("\xff\xfe"
                                               "a\0:\0",
                                               6)}) {
    EXPECT_EQ(complaints(load(bytes)), "test.yaml: is not UTF-8 text: a scenario is one YAML file");
  }
}

struct Text {
  std::string name;
  std::string text;
  std::string complaint;
};

using NotAScenario = InOwnDirectory<::testing::TestWithParam<Text>>;

TEST_P(NotAScenario, IsExplainedInPlace) {
  EXPECT_EQ(complaints(load(GetParam().text)), GetParam().complaint);
}

const std::string ten = "[1, 1, 1, 1, 1, 1, 1, 1, 1, 1]";

const std::vector<Text> texts{
    {"empty", "", "test.yaml: is empty: it should hold a scenario"},
    {"only_a_comment", "# nothing\n", "test.yaml: is empty: it should hold a scenario"},
    {"only_a_null", "~\n", "test.yaml: is empty: it should hold a scenario"},
    {"a_text", "hello\n",
     R"(test.yaml:1:1: a scenario is a map, with keys such as `scenario` and `services`
    1 | hello
      | ^)"},
    {"a_list", "- a\n",
     R"(test.yaml:1:1: a scenario is a map, with keys such as `scenario` and `services`
    1 | - a
      | ^)"},
    {"two_documents", "a: 1\n---\nb: 2\n",
     R"(test.yaml:2:1: a scenario is one YAML document; a second one starts here
    2 | ---
      | ^)"},
    {"colon_in_a_value", "a: b: c\n",
     R"(test.yaml:1:5: not YAML: illegal map value; a value that holds `: ` needs quotes
    1 | a: b: c
      |     ^)"},
    {"ragged_map", "a:\n  b: 1\n c: 2\n",
     R"(test.yaml:3:2: not YAML: end of map not found; the keys of a map must start in the same column
    3 |  c: 2
      |  ^)"},
    {"reserved_character", "a: @b\n",
     R"(test.yaml:1:4: not YAML: unknown token; a value that starts with this character needs quotes
    1 | a: @b
      |    ^)"},
    {"brace_left_open", "a: {b: 1\nc: 2\n", R"(test.yaml:1:4: not YAML: this `{` is never closed
    1 | a: {b: 1
      |    ^)"},
    {"bracket_left_open", "a:\n  - [1, 2\n", R"(test.yaml:2:5: not YAML: this `[` is never closed
    2 |   - [1, 2
      |     ^)"},
    {"double_quote_left_open", "a: \"b\nc: 1\n",
     R"(test.yaml:1:4: the `"` that opens here is never closed
    1 | a: "b
      |    ^)"},
    {"single_quote_left_open", "a: 'b''\nc: 1\n",
     R"(test.yaml:1:4: the `'` that opens here is never closed
    1 | a: 'b''
      |    ^)"},
    {"unquoted_variable_in_a_map", "a: {b: ${C}}\n",
     R"(test.yaml:1:8: not YAML: inside of { } and [ ], write "${VAR}" in quotes
    1 | a: {b: ${C}}
      |        ^)"},
    {"unquoted_variable_in_a_list", "a: [${B}]\n",
     R"(test.yaml:1:5: not YAML: inside of { } and [ ], write "${VAR}" in quotes
    1 | a: [${B}]
      |     ^)"},
    {"tag", "a: !include b\n",
     R"(test.yaml:1:4: YAML tags such as `!include` mean nothing in a scenario
    1 | a: !include b
      |    ^)"},
    {"key_that_is_a_list", "? [a]\n: b\n", R"(test.yaml:1:3: a key must be a single word
    1 | ? [a]
      |   ^)"},
    {"unknown_alias", "a: *b\n", R"(test.yaml:1:4: not YAML: the referenced anchor is not defined
    1 | a: *b
      |    ^)"},
    {"alias_inside_of_its_anchor", "a: &b [*b]\n",
     R"(test.yaml:1:8: this alias stands inside of what it refers to
    1 | a: &b [*b]
      |        ^)"},
    {"aliases_that_multiply",
     "a: &a " + ten + "\nb: &b [*a, *a, *a, *a, *a, *a, *a, *a, *a, *a]\n" +
         "c: &c [*b, *b, *b, *b, *b, *b, *b, *b, *b, *b]\n" +
         "d: &d [*c, *c, *c, *c, *c, *c, *c, *c, *c, *c]\n" + "e: [*d, *d]\n",
     R"(test.yaml:5:5: more than 20000 values
    5 | e: [*d, *d]
      |     ^)"},
    {"deep_flow_nesting", "a: " + std::string(40, '[') + std::string(40, ']') + "\n",
     R"(test.yaml:1:35: nested deeper than 32 levels
    1 | a: [[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]
      |                                   ^)"},
};

INSTANTIATE_TEST_SUITE_P(Texts, NotAScenario, ::testing::ValuesIn(texts),
                         [](const auto& input) { return input.param.name; });

TEST_F(BadFile, ThatNestsAHundredThousandLevelsIsRefused) {
  for (const char* level : {"[", "{", "- ", "? "}) {
    std::string text;
    for (int i = 0; i < 100'000; ++i) text += level;
    const LoadedScenario loaded = load(text);
    ASSERT_EQ(loaded.diagnostics.size(), 1U);
    EXPECT_EQ(loaded.diagnostics.front().line, 1);
  }
}

// Every prefix of a good file, and many a file with one byte changed, is loaded or explained.
TEST_F(BadFile, ThatIsMangledNeverCrashes) {
  const std::string text = replaced(smallest, "\"host=h\"", "&a \"${A}\\n$${b}\"");
  for (std::size_t i = 0; i < text.size(); ++i) {
    load(text.substr(0, i));
    if (i % 3 != 0) continue;
    for (const char byte : {'{', '}', '[', ']', '"', '\'', ':', '-', '*', '&', '\n', '\t', '$'}) {
      std::string mangled = text;
      mangled[i] = byte;
      load(mangled);
    }
  }
}

}  // namespace
}  // namespace cutpoint::test
