// SPDX-License-Identifier: Apache-2.0
#include "tests/scenarios/program.h"

#include <array>
#include <csignal>
#include <fcntl.h>
#include <poll.h>
#include <stdexcept>
#include <unistd.h>

#include "controller/util/clock.h"

namespace cutpoint {
namespace {

struct Pipe {
  UniqueFd reader;
  UniqueFd writer;
};

Pipe make_pipe() {
  int ends[2] = {-1, -1};
  if (::pipe2(ends, O_CLOEXEC) != 0) throw std::runtime_error("pipe2");
  ::fcntl(ends[0], F_SETFL, O_NONBLOCK);
  return {UniqueFd(ends[0]), UniqueFd(ends[1])};
}

// The next whole line from `from` on that contains `text`; nullopt: none yet. Moves `from` past it.
std::optional<std::string> find_line(const std::string& all, std::size_t& from,
                                     std::string_view text) {
  std::size_t end = 0;
  while ((end = all.find('\n', from)) != std::string::npos) {
    std::string line = all.substr(from, end - from);
    from = end + 1;
    if (line.find(text) != std::string::npos) return line;
  }
  return std::nullopt;
}

}  // namespace

void enter_netns(SpawnOptions& spawn, const NetworkNamespace& netns) {
  spawn.command.insert(spawn.command.begin(),
                       {"nsenter", "--net=/proc/self/fd/" + std::to_string(netns.fd())});
  spawn.inherit.push_back(netns.fd());
}

Program::Program(std::vector<std::string> command, const Options& options) {
  Pipe out = make_pipe();
  Pipe err = make_pipe();
  SpawnOptions spawn;
  spawn.command = std::move(command);
  spawn.environment = options.environment;
  spawn.user = options.user;
  spawn.cgroup_fd = options.cgroup_fd;
  spawn.program_fd = options.program_fd;
  spawn.inherit = options.inherit;
  if (options.netns != nullptr) enter_netns(spawn, *options.netns);
  spawn.stdout_fd = out.writer.get();
  spawn.stderr_fd = err.writer.get();
  auto child = Child::spawn(spawn);
  if (!child) throw std::runtime_error(child.error().message);
  child_ = std::move(*child);
  out_.fd = std::move(out.reader);
  err_.fd = std::move(err.reader);
}

Program::Ended Program::run(std::vector<std::string> command, const Options& options) {
  return Program(std::move(command), options).wait();
}

void Program::drain(Stream& stream) {
  std::array<char, 65536> part{};
  ssize_t size = 0;
  while (stream.fd && (size = ::read(stream.fd.get(), part.data(), part.size())) > 0) {
    stream.text.append(part.data(), static_cast<std::size_t>(size));
  }
  if (size == 0) stream.fd.reset();  // every writer has closed it
}

bool Program::pump(int timeout_ms) {
  std::array<pollfd, 3> waits{pollfd{out_.fd.get(), POLLIN, 0}, pollfd{err_.fd.get(), POLLIN, 0},
                              pollfd{child_->pidfd(), POLLIN, 0}};
  ::poll(waits.data(), waits.size(), timeout_ms);
  // Looked at before the last reading: what it printed is then in the pipes.
  const bool ended = waits[2].revents != 0;
  drain(out_);
  drain(err_);
  return !ended;
}

std::string Program::line(Stream& stream, std::string_view text) {
  const Deadline deadline(longest);
  for (bool running = true;;) {
    if (auto found = find_line(stream.text, stream.looked_at, text)) return *found;
    if (!running || deadline.passed()) return {};
    running = pump(deadline.poll_ms());
  }
}

Program::Ended Program::wait() {
  const Deadline deadline(longest);
  while (pump(deadline.poll_ms())) {
    if (!deadline.passed()) continue;
    static_cast<void>(child_->signal(SIGKILL));
    throw std::runtime_error("it did not end; stderr:\n" + err_.text);
  }
  const ExitStatus status = child_->wait().value();
  return {status.signal != 0 ? 128 + status.signal : status.code, out_.text, err_.text};
}

Program::Ended Program::interrupt() {
  signal(SIGINT);
  return wait();
}

void Program::signal(int number) {
  if (auto sent = child_->signal(number); !sent) throw std::runtime_error(sent.error().message);
}

}  // namespace cutpoint
