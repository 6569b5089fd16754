// SPDX-License-Identifier: Apache-2.0
// What the tests of this folder stand on: the real program, run as a user would, with a state
// directory of its own; and the check, after each of them, that nothing was left on the host.
#pragma once

#include <gtest/gtest.h>
#include <nlohmann/json.hpp>
#include <string>
#include <sys/types.h>
#include <vector>

#include "tests/scenarios/host_state.h"
#include "tests/scenarios/lab.h"
#include "tests/scenarios/program.h"

namespace cutpoint {

using Words = std::vector<std::string>;
Words operator+(Words left, const Words& right);

// The name of the shipped scenario's only fault.
inline const std::string fault_name = "partition-at-commit";
inline const std::string fault_key = "faults." + fault_name;

// The lab as the service of an `inject` or a `trace`: only heard, or asked as well.
inline const std::string lab_address = std::string("127.0.0.1:") + CUTPOINT_TEST_LAB_PORT;
inline const Words by_address{"--service", "db=postgres@" + lab_address};
inline const Words by_dsn{"--service", "db=postgres:${CUTPOINT_PG_DSN}"};

class ScenarioTest : public testing::Test {
 protected:
  void SetUp() override;
  void TearDown() override;

  // "cutpoint", with these arguments.
  Program start(const Words& arguments) { return start(arguments, {}); }
  Program start(const Words& arguments, Program::Options options);
  Program::Ended cutpoint(const Words& arguments) { return start(arguments).wait(); }

  // The same through a shell: `redirection` is done before it starts, e.g. ">&-".
  Program start_redirected(const std::string& redirection, const Words& arguments);
  Program start_words(const Words& words, Program::Options options = {});

  // Arguments: the shipped scenario with a cut of `cut` and patience of 1 s, into out(). Further
  // ones are appended as --set.
  [[nodiscard]] Words split_brain(const Words& set, const std::string& cut = "3s") const;
  // The same with a scenario of the test's own.
  [[nodiscard]] Words scenario(const std::string& yaml) const;

  // By what `cutpoint schema WHAT` prints: "ok FILE", or what is wrong with it.
  std::string judged(const std::string& what, const std::string& file);

  // The guardian of the run that is going on; 0: there is none.
  [[nodiscard]] pid_t guardian() const;
  // What `cutpoint clear` prints.
  std::string clear();

  // A copy of a run's directory, beside it: another run, as far as `report` knows.
  static std::string copy_of(const std::string& directory);

  [[nodiscard]] nlohmann::json report() const;  // null: there is none
  [[nodiscard]] Program::Options with_environment(Program::Options options = {}) const;
  [[nodiscard]] std::string path(const std::string& name) const { return directory_ + "/" + name; }
  [[nodiscard]] std::string out() const { return path("out"); }
  [[nodiscard]] const std::string& state() const { return state_; }
  [[nodiscard]] const BpfObjects& before() const { return before_; }

  // What is left, as lines; empty: nothing.
  [[nodiscard]] std::string residue() const;

  // Puts another name of the lab's address into the dsn, e.g. "[::1]".
  void use_host(const std::string& host);

  void use_state(const std::string& directory) { state_ = directory; }

  std::string dsn_;  // of the service, for the program; tests may change it

 private:
  std::string directory_;  // others may enter it
  std::string state_;
  std::vector<pid_t> controllers_;
  BpfObjects before_;
};

// A small scenario: a cut of 1 s after the first COMMIT of this target, e.g. "pid: 17".
std::string of_target(const std::string& target);

// Writes a file that everyone may read.
void write_text(const std::string& path, const std::string& text);

// What has an object per line: a timeline, a trace. Throws where a line is none.
std::vector<nlohmann::json> json_lines(const std::string& text);

}  // namespace cutpoint
