// SPDX-License-Identifier: Apache-2.0
// Completions and the manual page, which are made from the command line's own parser: in the shells
// and the formatter that they are for.
#include <algorithm>
#include <filesystem>
#include <gtest/gtest.h>
#include <regex>
#include <set>
#include <sstream>

#include "controller/util/file.h"
#include "tests/scenarios/program.h"

namespace cutpoint {
namespace {

namespace fs = std::filesystem;
using Words = std::vector<std::string>;

std::string printed(const Words& arguments) {
  Words words{CUTPOINT_TEST_BINARY};
  words.insert(words.end(), arguments.begin(), arguments.end());
  const auto ended = Program::run(words);
  EXPECT_EQ(ended.code, 0) << ended.err;
  return ended.out;
}

std::set<std::string> found_in(const std::string& text, const std::string& pattern) {
  const std::regex expression(pattern);
  std::set<std::string> found;
  for (auto at = std::sregex_iterator(text.begin(), text.end(), expression);
       at != std::sregex_iterator(); ++at) {
    found.insert((*at)[1]);
  }
  return found;
}

// The commands that `cutpoint --help` lists.
std::set<std::string> commands() {
  const std::string help = printed({"--help"});
  const std::size_t begin = help.find("Subcommands:");
  return found_in(help.substr(begin, help.find("Examples:") - begin), R"(\n  ([a-z]+) )");
}

// Those at the beginning of a line: the text of a help may name others.
std::set<std::string> options_of(const std::string& command) {
  return found_in(printed({command, "--help"}), R"(\n  (?:-\w,)?(--[a-z-]+))");
}

class CommandWordsTest : public testing::Test {
 protected:
  void SetUp() override {
    std::string pattern = testing::TempDir() + "/cutpoint-words-XXXXXX";
    ASSERT_NE(::mkdtemp(pattern.data()), nullptr);
    directory_ = pattern;
    fs::create_directories(directory_ / "here/runs");
    for (const char* file : {"a.yaml", "b.yml", "notes.txt"}) put(std::string("here/") + file, "");
    put("completion.bash", printed({"completion", "bash"}));
    put("_cutpoint", printed({"completion", "zsh"}));
    put("completion.fish", printed({"completion", "fish"}));
    put("cutpoint.1", printed({"man"}));
  }
  void TearDown() override { fs::remove_all(directory_); }

  void put(const std::string& name, const std::string& text) const {
    ASSERT_TRUE(write_file_atomically(directory_ / name, text));
  }
  static std::string text_of(const Words& words) {
    const auto ended = Program::run(words);
    EXPECT_EQ(ended.code, 0) << ended.out << ended.err;
    EXPECT_EQ(ended.err, "");
    return ended.out;
  }

  // As bash breaks the line into words, by its own COMP_WORDBREAKS.
  [[nodiscard]] std::set<std::string> by_bash(const Words& words) const {
    Words command{"bash",
                  "--norc",
                  "-c",
                  R"(cd "$1/here"; source "$1/completion.bash"; shift
                     COMP_WORDS=("$@"); COMP_CWORD=$(($# - 1)); _cutpoint
                     printf '%s\n' "${COMPREPLY[@]}")",
                  "bash",
                  directory_,
                  "cutpoint"};
    command.insert(command.end(), words.begin(), words.end());
    return found_in(text_of(command), "([^\n]+)");
  }
  [[nodiscard]] std::set<std::string> by_zsh(const std::string& line) const {
    return found_in(text_of({"bash", "-c", R"(cd "$1/here"; exec zsh -f "$2" "$1" "$3")", "bash",
                             directory_, COMPLETE_ZSH, line}),
                    "([^\n]+)");
  }
  [[nodiscard]] std::set<std::string> by_fish(const std::string& line) const {
    return found_in(text_of({"bash", "-c",
                             R"(cd "$1/here"; HOME=$1 exec fish --no-config -c )"
                             R"('source $argv[1]/completion.fish; complete -C $argv[2]' "$1" "$2")",
                             "bash", directory_, line}),
                    "(?:^|\n)([^\t\n]+)");
  }

  fs::path directory_;
};

using Found = std::set<std::string>;

const Found shells{"bash", "zsh", "fish"};
const Found schemas{"scenario", "report", "audit", "comparison"};

TEST_F(CommandWordsTest, AreAllInEachCompletionAndInTheManual) {
  const std::string bash = *read_file(directory_ / "completion.bash");
  const std::string zsh = *read_file(directory_ / "_cutpoint");
  const std::string fish = *read_file(directory_ / "completion.fish");
  const std::string manual =
      text_of({"groff", "-man", "-Tutf8", "-P-cbou", "-rLL=200n", directory_ / "cutpoint.1"});
  ASSERT_GE(commands().size(), 8U);
  for (const std::string& command : commands()) {
    EXPECT_NE(bash.find("    " + command + ")\n"), std::string::npos) << command;
    EXPECT_NE(zsh.find("    " + command + ")\n"), std::string::npos) << command;
    EXPECT_NE(fish.find("_use_subcommand -a " + command + " "), std::string::npos) << command;
    EXPECT_NE(manual.find("cutpoint " + command), std::string::npos) << command;
    const Found options = options_of(command);
    EXPECT_TRUE(options.contains("--help")) << command;
    const Found offered = by_bash({command, "--"});
    EXPECT_EQ(offered, options) << command;
    for (const std::string& option : options) {
      const std::string here = "__fish_seen_subcommand_from " + command + "' -l ";
      EXPECT_NE(fish.find(here + option.substr(2) + " "), std::string::npos) << command << option;
      EXPECT_NE(zsh.find(option + "["), std::string::npos) << command << option;
      EXPECT_NE(manual.find(option), std::string::npos) << command << option;
    }
  }
}

TEST_F(CommandWordsTest, AreCompletedByBash) {
  const Found all = commands();
  EXPECT_EQ(by_bash({"re"}), (Found{"report"}));
  const Found first = by_bash({""});
  EXPECT_TRUE(std::includes(first.begin(), first.end(), all.begin(), all.end()));
  EXPECT_EQ(by_bash({"run", ""}), (Found{"a.yaml", "b.yml", "runs"}));
  EXPECT_EQ(by_bash({"run", "--out", ""}), (Found{"runs"}));
  EXPECT_EQ(by_bash({"report", ""}), (Found{"runs"}));
  EXPECT_EQ(by_bash({"schema", ""}), schemas);
  EXPECT_EQ(by_bash({"completion", ""}), shells);
  EXPECT_TRUE(by_bash({"report", "--format", ""}).contains("junit"));
  EXPECT_EQ(by_bash({"report", "--format", "ju"}), (Found{"junit"}));
  EXPECT_EQ(by_bash({"report", "--format", "junit", ":", "no"}), (Found{"notes.txt"}));
  EXPECT_EQ(by_bash({"run", "--format", "junit", ":"}),
            (Found{"a.yaml", "b.yml", "notes.txt", "runs"}));
  EXPECT_EQ(by_bash({"run", "--out", "=", "r"}), (Found{"runs"}));
  EXPECT_EQ(by_bash({"run", "--set", ""}), Found{});
  EXPECT_EQ(by_bash({"run", "a.yaml", "--", "./not"}), (Found{"./notes.txt"}));
}

TEST_F(CommandWordsTest, AreCompletedByZsh) {
  EXPECT_EQ(by_zsh("cutpoint re"), (Found{"report"}));
  EXPECT_EQ(by_zsh("cutpoint schema "), schemas);
  EXPECT_EQ(by_zsh("cutpoint completion "), shells);
  EXPECT_EQ(by_zsh("cutpoint report --format ju"), (Found{"junit"}));
  const Found files = by_zsh("cutpoint run ");
  EXPECT_TRUE(files.contains("a.yaml") && files.contains("b.yml")) << files.size();
  EXPECT_FALSE(files.contains("notes.txt"));
}

TEST_F(CommandWordsTest, AreCompletedByFish) {
  EXPECT_EQ(by_fish("cutpoint re"), (Found{"report"}));
  EXPECT_EQ(by_fish("cutpoint schema "), schemas);
  EXPECT_EQ(by_fish("cutpoint completion "), shells);
  EXPECT_EQ(by_fish("cutpoint report --format ju"), (Found{"junit"}));
  const Found files = by_fish("cutpoint run ");
  EXPECT_TRUE(files.contains("a.yaml") && files.contains("b.yml")) << files.size();
}

TEST_F(CommandWordsTest, MakeAManualThatIsReadWithoutAWarning) {
  const std::string page = directory_ / "cutpoint.1";
  const std::string text = text_of({"groff", "-man", "-Tutf8", "-P-cbou", "-ww", "-b", page});
  EXPECT_NE(text.find("EXIT CODES"), std::string::npos) << text;
  const auto read = Program::run({"man", "--warnings=all", "-l", page});
  EXPECT_EQ(read.code, 0) << read.err;
  EXPECT_EQ(read.err, "");
  EXPECT_NE(read.out.find("--set"), std::string::npos);
}

}  // namespace
}  // namespace cutpoint
