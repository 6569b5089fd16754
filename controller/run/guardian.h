// SPDX-License-Identifier: Apache-2.0
// A small child that outlives a killed controller just long enough to end the target's cgroup,
// remove what the run made, and record what happened.
//
// It holds one end of a socket pair and nothing else of ours: no terminal, no output, no BPF link.
// The other end is held by the controller alone, so that the kernel tells of the controller's
// death, however it died, after the last message that it sent.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "controller/run/run_state.h"
#include "controller/run/state_directory.h"
#include "controller/util/netns.h"
#include "controller/util/result.h"
#include "controller/util/unique_fd.h"

namespace cutpoint {

class Guardian {
 public:
  // Forks; to be called before the process has a second thread, and before anything is put on the
  // host. Writes <id>.run, id = "<scenario>-<pid>-<unix ms>".
  static Result<Guardian> start(const StateDirectory& directory, const std::string& scenario);

  Guardian(const Guardian&) = delete;
  Guardian& operator=(const Guardian&) = delete;
  Guardian(Guardian&&) noexcept = default;
  Guardian& operator=(Guardian&&) = delete;

  // Without done(), the guardian cleans up and leaves a record, as if we had been killed; waits
  // for it.
  ~Guardian();

  // Each of these is to be called before the thing exists, so that there is no moment in which a
  // death would leave it behind. The Error says that the guardian is gone or <id>.run could not be
  // written: the run should end while it still can by itself.
  Status will_create_cgroup(const std::string& path, const std::string& return_to = {});
  Status will_create_device(const std::string& name, const NetworkNamespace& netns);
  Status will_add_filters(std::vector<RunFilters> filters, const NetworkNamespace& netns);

  // Processes of that cgroup may be stopped, or all of it be frozen: they will go on.
  Status will_pause(const std::string& cgroup, bool freezes);

  // How far the run is. Cheap where nothing changes.
  Status enter_phase(std::string_view phase);
  Status note_fault(const RunFault& fault);

  // Orderly end, after everything has been removed: the guardian exits silently, <id>.run is
  // removed.
  Status done();

  [[nodiscard]] const std::string& id() const { return state_.id; }
  [[nodiscard]] pid_t pid() const { return state_.guardian.pid; }
  [[nodiscard]] int pidfd() const { return pidfd_.get(); }  // POLLIN: the guardian has ended

 private:
  Guardian(StateDirectory directory, RunState state, UniqueFd link, UniqueFd pidfd);
  Status introduce();
  Status publish(int netns_fd = -1);
  void reap();

  StateDirectory directory_;
  RunState state_;
  UniqueFd link_;
  UniqueFd pidfd_;
};

}  // namespace cutpoint
