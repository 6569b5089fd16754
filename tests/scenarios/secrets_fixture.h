// SPDX-License-Identifier: Apache-2.0
// Secrets that go through a run, and the search for them in whatever it leaves or says.
#pragma once

#include <fmt/format.h>
#include <string>
#include <vector>

#include "controller/util/file.h"
#include "tests/scenarios/scenario_fixture.h"

namespace cutpoint {

// "sEcReT-NAME-9fQ/x+7": none of its characters but the last look like a word's.
inline std::string secret(const std::string& name) {
  return "sEcReT-" + name + "-9fQ/x+7";
}

// Of `Fixture`, ScenarioTest or one that derives from it.
template <typename Fixture>
class Secrets : public Fixture {
 protected:
  // Every format that `cutpoint report` offers, by its own help.
  std::vector<std::string> formats() {
    const std::string help = this->cutpoint({"report", "--help"}).out;
    std::string list = help.substr(help.find("what to print:") + 14);
    list = list.substr(0, list.find(';'));
    std::vector<std::string> found;
    std::string word;
    for (const char character : list) {
      if (std::isalpha(static_cast<unsigned char>(character)) != 0) {
        word += character;
      } else if (!word.empty()) {
        found.push_back(std::exchange(word, ""));
      }
    }
    if (!word.empty()) found.push_back(word);
    return found;
  }

  // What is found in what the command said, as it said it.
  std::string leaks(const Program::Ended& ended) {
    write_text(this->path("said"), ended.out + ended.err + ".");
    return leaks(this->path("said"));
  }
  // In a file or a directory, but for the files in which the target has its own say.
  std::string leaks(const std::string& where) {
    write_text(this->path("secrets"), fmt::format("{}\n", fmt::join(secrets_, "\n")));
    const auto found = Program::run(
        {"bash", "-c",
         R"(exec /usr/bin/python3 "$1" --leave-out target.stdout --leave-out target.stderr )"
         R"(--leave-out history.jsonl "$2" <"$3")",
         "bash", CUTPOINT_SOURCE_DIR "/tests/scenarios/find_secrets.py", where,
         this->path("secrets")});
    EXPECT_EQ(found.code, 0) << "nothing was searched: " << where << found.err;
    return found.out;
  }
  // In the directory of the last run, and in each format of its report.
  std::string leaks_of_run() {
    std::string found = leaks(this->out());
    const std::string copy = this->copy_of(this->out());
    for (const std::string& format : formats()) {
      found += leaks(this->cutpoint({"report", this->out(), "--format", format}));
      found += leaks(this->cutpoint({"report", this->out(), copy, "--format", format}));
    }
    return found;
  }

  // That of "scheme://user:PASSWORD@…", where it has one.
  void add_password_of(const std::string& url) {
    const std::size_t at = url.find('@');
    const std::size_t colon = url.find(':', url.find("://") + 3);
    if (at != std::string::npos && colon < at) {
      secrets_.push_back(url.substr(colon + 1, at - colon - 1));
    }
  }

  // A new one, that is searched for from now on.
  std::string add(const std::string& name) {
    secrets_.push_back(secret(name));
    return secrets_.back();
  }

  std::vector<std::string> secrets_;
};

}  // namespace cutpoint
