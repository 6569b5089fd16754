// SPDX-License-Identifier: Apache-2.0
#include "probes/history/history_writer.h"

#include <cerrno>
#include <chrono>
#include <cstring>
#include <fcntl.h>
#include <fmt/format.h>
#include <unistd.h>
#include <utility>

namespace cutpoint::probes {
namespace {

// CLOCK_MONOTONIC, the clock of the kernel's events.
std::int64_t now_ns() {
  const auto now = std::chrono::steady_clock::now().time_since_epoch();
  return std::chrono::duration_cast<std::chrono::nanoseconds>(now).count();
}

Error cannot(const char* what, const std::string& path, int error) {
  return {ExitCode::unavailable,
          fmt::format("cannot {} the history file {}: {}", what, path, std::strerror(error)),
          "give a path that the target's user may write, on a disk with room"};
}

}  // namespace

Result<HistoryWriter> HistoryWriter::open(const std::string& path) {
  const int file = ::open(path.c_str(), O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC, 0600);
  if (file < 0) return cannot("open", path, errno);
  return HistoryWriter(file, path);
}

HistoryWriter::HistoryWriter(int file, std::string path) : file_(file), path_(std::move(path)) {}

HistoryWriter::HistoryWriter(HistoryWriter&& other) noexcept
    : file_(std::exchange(other.file_, -1)), path_(std::move(other.path_)) {}

HistoryWriter::~HistoryWriter() {
  if (file_ >= 0) ::close(file_);
}

Status HistoryWriter::write(HistoryRecord record) const {
  record.ns = now_ns();
  const std::string line = to_line(record);
  ssize_t written = 0;
  do {
    written = ::write(file_, line.data(), line.size());
  } while (written < 0 && errno == EINTR);
  if (written < 0) return cannot("write", path_, errno);
  if (static_cast<std::size_t>(written) < line.size()) return cannot("write", path_, ENOSPC);
  return {};
}

}  // namespace cutpoint::probes
