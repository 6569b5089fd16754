// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <cctype>
#include <cerrno>
#include <cstdlib>
#include <grp.h>
#include <pwd.h>

#include "controller/util/child.h"

namespace cutpoint {

Result<Account> find_account(const std::string& user) {
  passwd entry{};
  passwd* found = nullptr;
  std::vector<char> buffer(16384);
  const bool number = !user.empty() && std::all_of(user.begin(), user.end(), [](unsigned char c) {
    return std::isdigit(c) != 0;
  });
  while (true) {
    const int error =
        number ? ::getpwuid_r(static_cast<uid_t>(std::strtoul(user.c_str(), nullptr, 10)), &entry,
                              buffer.data(), buffer.size(), &found)
               : ::getpwnam_r(user.c_str(), &entry, buffer.data(), buffer.size(), &found);
    if (error != ERANGE) break;
    buffer.resize(buffer.size() * 2);
  }
  if (found == nullptr) {
    return Error{ExitCode::usage, "there is no user '" + user + "' on this host",
                 "choose one that 'getent passwd' lists"};
  }
  Account account{.name = entry.pw_name,
                  .home = entry.pw_dir,
                  .uid = entry.pw_uid,
                  .gid = entry.pw_gid,
                  .groups = {}};
  // The list itself is asked for here, not by initgroups(3) in the child: that allocates, which a
  // fork of a process with threads must not.
  int count = 32;
  account.groups.resize(static_cast<size_t>(count));
  while (::getgrouplist(entry.pw_name, entry.pw_gid, account.groups.data(), &count) < 0) {
    account.groups.resize(static_cast<size_t>(count));
  }
  account.groups.resize(static_cast<size_t>(count));
  return account;
}

}  // namespace cutpoint
