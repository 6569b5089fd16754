// SPDX-License-Identifier: Apache-2.0
#include "controller/run/target_history.h"

#include <fcntl.h>
#include <sys/fsuid.h>
#include <sys/stat.h>
#include <unistd.h>

#include "controller/util/errno_error.h"
#include "controller/util/file.h"
#include "controller/util/unique_fd.h"

namespace cutpoint {
namespace {

// Opens as the user would: without root's right to enter every directory. Of this thread alone.
class FilesystemIdentity {
 public:
  explicit FilesystemIdentity(const Account& user)
      : previous_gid_(::setfsgid(user.gid)), previous_uid_(::setfsuid(user.uid)) {}
  FilesystemIdentity(const FilesystemIdentity&) = delete;
  FilesystemIdentity& operator=(const FilesystemIdentity&) = delete;
  ~FilesystemIdentity() {
    ::setfsuid(static_cast<uid_t>(previous_uid_));
    ::setfsgid(static_cast<gid_t>(previous_gid_));
  }

 private:
  int previous_gid_;
  int previous_uid_;
};

Status check_reach(const std::string& path, const Account& user) {
  const FilesystemIdentity as_user(user);
  const UniqueFd fd(::open(path.c_str(), O_WRONLY | O_APPEND | O_CLOEXEC));
  if (fd) return {};
  return errno_error("the target's user " + user.name + " cannot open its history, " + path, errno,
                     "name a directory in CUTPOINT_STATE_DIR that others may enter");
}

}  // namespace

Result<TargetHistory> TargetHistory::create(const std::string& path,
                                            const std::optional<Account>& user) {
  const UniqueFd fd(
      ::open(path.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, S_IRUSR | S_IWUSR));
  if (!fd) return errno_error("cannot create the target's history, " + path);
  TargetHistory history(path);
  if (!user) return history;
  if (::fchown(fd.get(), user->uid, user->gid) != 0) {
    return errno_error("cannot give the target's history, " + path + ", to " + user->name);
  }
  CUTPOINT_TRY(check_reach(path, *user));
  return history;
}

TargetHistory::~TargetHistory() {
  if (!path_.empty()) ::unlink(path_.c_str());
}

Result<std::string> TargetHistory::read() const {
  return read_file(path_);
}

}  // namespace cutpoint
