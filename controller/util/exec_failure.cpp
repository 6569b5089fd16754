// SPDX-License-Identifier: Apache-2.0
#include "controller/util/exec_failure.h"

#include <algorithm>
#include <cerrno>
#include <filesystem>
#include <fstream>
#include <sys/stat.h>
#include <system_error>
#include <unistd.h>

namespace cutpoint {
namespace {

namespace fs = std::filesystem;

// Whether the permission bits let the user execute (a file) or enter (a directory). Access lists
// are not looked at: this explains a failure, it does not decide.
bool may_execute(const struct stat& file, const std::optional<Account>& user) {
  const uid_t uid = user ? user->uid : ::geteuid();
  if (uid == 0) return S_ISDIR(file.st_mode) || (file.st_mode & 0111) != 0;
  if (file.st_uid == uid) return (file.st_mode & S_IXUSR) != 0;
  const gid_t gid = user ? user->gid : ::getegid();
  const bool in_group = file.st_gid == gid ||
                        (user && std::find(user->groups.begin(), user->groups.end(), file.st_gid) !=
                                     user->groups.end());
  return (file.st_mode & (in_group ? S_IXGRP : S_IXOTH)) != 0;
}

// The first directory on the way to `path` that the user cannot enter; empty: none.
std::string closed_directory(const std::string& path, const std::optional<Account>& user) {
  std::error_code unresolved;
  fs::path real = fs::canonical(path, unresolved);
  if (unresolved) real = fs::absolute(path, unresolved);
  fs::path directory;
  for (const fs::path& part : real.parent_path()) {
    directory /= part;
    struct stat status {};
    if (::stat(directory.c_str(), &status) == 0 && !may_execute(status, user)) return directory;
  }
  return {};
}

// "#!/usr/bin/env python3" → "/usr/bin/env"; empty: the file is no script.
std::string interpreter_of(const std::string& path) {
  std::ifstream file(path);
  std::string line;
  if (!std::getline(file, line) || !line.starts_with("#!")) return {};
  const size_t begin = line.find_first_not_of(" \t", 2);
  if (begin == std::string::npos) return {};
  return line.substr(begin, line.find_first_of(" \t\r", begin) - begin);
}

Error explain_refusal(const std::string& what, const std::string& file,
                      const std::optional<Account>& user) {
  const std::string who = user ? "user " + user->name : "we";
  if (const std::string closed = closed_directory(file, user); !closed.empty()) {
    return {ExitCode::usage, what + ": " + who + " cannot enter the directory " + closed,
            "run another copy, or 'chmod o+x " + closed + "', or choose another user"};
  }
  struct stat status {};
  if (::stat(file.c_str(), &status) == 0 && S_ISDIR(status.st_mode)) {
    return {ExitCode::usage, what + ": " + file + " is a directory", {}};
  }
  if (::stat(file.c_str(), &status) == 0 && !may_execute(status, user)) {
    return {ExitCode::usage,
            what + ": " + file + " is not executable by " + (user ? who : std::string("us")),
            "chmod +x " + file};
  }
  const std::string interpreter = interpreter_of(file);
  const std::string on = interpreter.empty() ? file : "its interpreter " + interpreter;
  return {ExitCode::usage, what + ": permission denied for " + on,
          "check its permissions, and whether its file system is mounted noexec"};
}

}  // namespace

std::vector<std::string> exec_candidates(const std::string& program, const std::string& path) {
  if (program.find('/') != std::string::npos) return {program};
  std::vector<std::string> candidates;
  for (size_t begin = 0; begin <= path.size();) {
    const size_t end = std::min(path.find(':', begin), path.size());
    const std::string directory = path.substr(begin, end - begin);
    candidates.push_back((directory.empty() ? "." : directory) + "/" + program);
    begin = end + 1;
  }
  return candidates;
}

Error explain_exec_failure(const std::string& program, const std::vector<std::string>& candidates,
                           int number, const std::optional<Account>& user) {
  const std::string what = "cannot run '" + program + "'";
  const auto exists = [](const std::string& file) { return ::access(file.c_str(), F_OK) == 0; };
  const auto file = std::find_if(candidates.begin(), candidates.end(), exists);
  if (file == candidates.end()) {
    const bool searched = program.find('/') == std::string::npos;
    return {ExitCode::usage, what + ": " + (searched ? "not found in PATH" : "no such file"),
            searched ? "install it, or give its full path" : "check the path"};
  }
  switch (number) {
    case ENOENT:
      if (const std::string interpreter = interpreter_of(*file); !interpreter.empty()) {
        return {ExitCode::usage, what + ": its interpreter " + interpreter + " is not there",
                "install it, or mend the first line of " + *file};
      }
      return {ExitCode::usage, what + ": its dynamic loader is not there",
              "run a program that was built for this host"};
    case EACCES:
      return explain_refusal(what, *file, user);
    case ENOEXEC:
      return {ExitCode::usage,
              what + ": " + *file + " is neither a program of this host nor a script",
              "a script starts with a line like #!/bin/sh"};
    default:
      return {ExitCode::usage, what + ": " + std::generic_category().message(number), {}};
  }
}

}  // namespace cutpoint
