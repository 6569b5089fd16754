// SPDX-License-Identifier: Apache-2.0
#include "controller/run/state_directory.h"

#include <cerrno>
#include <cstdlib>
#include <sys/stat.h>
#include <unistd.h>

#include "controller/util/errno_error.h"
#include "controller/util/file.h"

namespace cutpoint {

Result<StateDirectory> StateDirectory::open() {
  const char* chosen = std::getenv("CUTPOINT_STATE_DIR");
  return open_at(chosen != nullptr && *chosen != '\0' ? chosen : "/run/cutpoint");
}

Result<StateDirectory> StateDirectory::open_at(const std::string& path) {
  for (const std::string& directory : {path, path + "/locks"}) {
    if (::mkdir(directory.c_str(), 0700) != 0 && errno != EEXIST) {
      return errno_error("cannot create " + directory, errno, "run cutpoint as root");
    }
    struct stat status {};
    if (::lstat(directory.c_str(), &status) != 0) return errno_error("cannot look at " + directory);
    const bool private_to_us =
        S_ISDIR(status.st_mode) && status.st_uid == ::geteuid() && (status.st_mode & 0022) == 0;
    if (!private_to_us) {
      return Error{ExitCode::unavailable,
                   directory + " is not a directory that only we can write to",
                   "remove it, or name another one in CUTPOINT_STATE_DIR"};
    }
  }
  // Others may pass through it, but not list it.
  if (::chmod(path.c_str(), 0711) != 0) return errno_error("cannot change the mode of " + path);
  return StateDirectory(path);
}

std::vector<std::string> StateDirectory::files(const std::string& suffix) const {
  std::vector<std::string> found;
  for (std::string& file : list_directory(path_)) {
    if (file.ends_with(suffix)) found.push_back(std::move(file));
  }
  return found;
}

}  // namespace cutpoint
