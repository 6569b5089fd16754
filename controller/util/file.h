// SPDX-License-Identifier: Apache-2.0
// Whole files and appended ones. What is written is mode 0600 unless said otherwise.
#pragma once

#include <string>
#include <string_view>
#include <sys/types.h>
#include <vector>

#include "controller/util/result.h"
#include "controller/util/unique_fd.h"

namespace cutpoint {

// Of a file of somebody else, as those that root has written.
inline constexpr const char* remedy_for_reading =
    "read it as its owner, or make it readable to you";

// The whole content; also of files in /proc, whose size is unknown before they are read.
Result<std::string> read_file(const std::string& path);

// What is left to read of an open file. `name` is for the error.
Result<std::string> read_all(int fd, const std::string& name);

// Readers see the old content or the new, never a part: written beside it, synced, then renamed.
Status write_file_atomically(const std::string& path, std::string_view content, mode_t mode = 0600);

// The same of a file in an open directory, wherever that has been moved to. Where the name is that
// of a symbolic link, the link is replaced, not what it points to. `shown` is for the error.
Status write_file_atomically_at(int directory, const std::string& name, const std::string& shown,
                                std::string_view content, mode_t mode = 0600);

// All of `content`, whatever write(2) takes at a time. `name` is for the error.
Status write_all(int fd, std::string_view content, const std::string& name);
// The same, for who does something about the cause: errno of the write that failed; 0: none did.
[[nodiscard]] int error_of_writing(int fd, std::string_view content);

// The paths of what is in a directory, sorted; none where it cannot be read or has gone meanwhile.
std::vector<std::string> list_directory(const std::string& path);

// Opens /dev/null for those of stdin, stdout, stderr that are closed, lest the next file opened be
// taken for one of them. For reading: what is written there is lost, and so it fails. First thing
// in main().
void open_missing_standard_files();

// Writes at the end of a new file. A full disk is an Error of the write that met it: the caller
// decides whether its run can go on without the file.
class AppendingFile {
 public:
  // Replaces what was there.
  static Result<AppendingFile> create(const std::string& path, mode_t mode = 0600);

  Status append(std::string_view text);
  Status append_line(std::string_view line);  // adds the '\n'; both in one write(2)

  [[nodiscard]] int fd() const { return fd_.get(); }
  [[nodiscard]] const std::string& path() const { return path_; }

 private:
  AppendingFile(UniqueFd fd, std::string path) : fd_(std::move(fd)), path_(std::move(path)) {}

  UniqueFd fd_;
  std::string path_;
};

}  // namespace cutpoint
