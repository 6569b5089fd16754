// SPDX-License-Identifier: Apache-2.0
#include "controller/run/trace_stream.h"

#include <cerrno>
#include <chrono>
#include <cstring>
#include <fcntl.h>
#include <fmt/format.h>
#include <unistd.h>

#include "controller/util/clock.h"
#include "controller/util/file.h"

namespace cutpoint {
namespace {

// The clocks are compared once: one that is set meanwhile moves no line.
std::int64_t unix_minus_monotonic() {
  using std::chrono::duration_cast, std::chrono::nanoseconds, std::chrono::system_clock;
  return duration_cast<nanoseconds>(system_clock::now().time_since_epoch()).count() - now_ns();
}

}  // namespace

TraceStream::TraceStream(TraceFormat format, UniqueFd file, std::string name)
    : format_(format),
      name_(std::move(name)),
      file_(std::move(file)),
      unix_minus_monotonic_ns_(unix_minus_monotonic()) {}

Result<TraceStream> TraceStream::open(TraceFormat format, const std::string& file) {
  if (file.empty()) return TraceStream(format, UniqueFd(), "stdout");
  constexpr mode_t mine = 0600;
  UniqueFd fd(::open(file.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, mine));
  if (!fd) {
    return Error{ExitCode::usage, fmt::format("cannot write to {}: {}", file, std::strerror(errno)),
                 "choose another file behind `--format`"};
  }
  return TraceStream(format, std::move(fd), file);
}

void TraceStream::add(const cut_event& event, unsigned bit, const TracedFlow& flow) {
  const TracedMoment moment{++seq_, bit};
  const auto ns = static_cast<std::int64_t>(event.ns);
  waiting_ += format_ == TraceFormat::jsonl
                  ? trace_json(moment, event, flow)
                  : trace_text(moment, event, flow, ns + unix_minus_monotonic_ns_);
  waiting_ += '\n';
}

void TraceStream::add_slow(const cut_event& event, unsigned bit, const TracedFlow& flow,
                           const SlowAnswer& slow) {
  const TracedMoment moment{++seq_, bit};
  const auto ns = static_cast<std::int64_t>(event.ns);
  waiting_ += format_ == TraceFormat::jsonl
                  ? slow_json(moment, event, flow, slow)
                  : slow_text(moment, event, flow, slow, ns + unix_minus_monotonic_ns_);
  waiting_ += '\n';
}

void TraceStream::note(std::int64_t ns, const std::string& what, const std::string& data,
                       const std::string& text) {
  if (silent_) return;
  ++seq_;
  waiting_ += format_ == TraceFormat::jsonl
                  ? fmt::format(R"({{"seq":{},"ns":{},"what":"{}",{}}})", seq_, ns, what, data)
                  : fmt::format("-- {}", text);
  waiting_ += '\n';
}

void TraceStream::add_last(const std::string& text) {
  waiting_ += text;
}

Status TraceStream::flush() {
  if (waiting_.empty()) return {};
  auto written = write_all(file_ ? file_.get() : STDOUT_FILENO, waiting_, name_);
  waiting_.clear();
  return written;
}

}  // namespace cutpoint
