// SPDX-License-Identifier: Apache-2.0
// A file that somebody asked for by its name: it has its old content until all of the new is there.
#pragma once

#include <functional>
#include <string>
#include <string_view>
#include <sys/types.h>

#include "controller/util/result.h"
#include "controller/util/temporary_file.h"
#include "controller/util/unique_fd.h"

namespace cutpoint {

class ReplacedFile {
 public:
  using Sink = std::function<Status(std::string_view text)>;
  using Fill = std::function<Status(const Sink& sink)>;  // gives the sink the content, in parts

  // Nothing is written yet, and no file is made. Error (2) where it could not be written to.
  static Result<ReplacedFile> open(const std::string& path);

  // The error of `fill`, or of writing; then the old content is still there, and no other file.
  //
  // The content is written beside the file, which is then replaced, with its mode and its owner;
  // where symbolic links lead to it, they stay. It is written into the file itself, once all of it
  // is known, where that cannot be: its directory takes no file, it has several names, or something
  // is mounted on it. Room is made first, where the file system can: a full disk leaves the old
  // content, but a failing one may not. Where stdout or stderr goes to the file, it is written
  // through that, behind what it has got already. What is no regular file (a pipe, a device) gets
  // each part as it comes.
  Status write(const Fill& fill) const;

  // Whether what it held is gone after write(): it is no pipe or device, and not stdout's.
  [[nodiscard]] bool is_replaced() const { return way_ == Way::beside || way_ == Way::itself; }

 private:
  explicit ReplacedFile(std::string path) : path_(std::move(path)), target_(path_) {}

  enum class Way { beside, itself, behind, as_it_comes };

  Status look();
  void look_at_standard_files();
  [[nodiscard]] TemporaryFile make_temporary() const;
  [[nodiscard]] Status write_beside(TemporaryFile& beside, const Fill& fill) const;
  [[nodiscard]] Status write_at_once(const Fill& fill) const;
  [[nodiscard]] bool make_room(off_t size) const;
  [[nodiscard]] Status overwrite(std::string_view content) const;

  std::string path_;    // as it was given
  std::string target_;  // where symbolic links lead to
  Way way_ = Way::beside;
  UniqueFd fd_;  // none: the file is not there yet
  uid_t owner_ = 0;
  gid_t group_ = 0;
  mode_t mode_ = 0;
};

}  // namespace cutpoint
