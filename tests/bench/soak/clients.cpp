// SPDX-License-Identifier: Apache-2.0
#include "tests/bench/soak/clients.h"

#include <csignal>
#include <fmt/format.h>
#include <stdexcept>

#include "tests/bench/soak/draw.h"
#include "tests/scenarios/program.h"

namespace cutpoint::bench {
namespace {

constexpr int transactions = 200;  // of a session

// pgbench's exit codes: 1, it could not start (here: not connect); 2, a client was aborted.
constexpr int not_started = 1;
constexpr int was_aborted = 2;
constexpr int by_signal = 128;

std::uint64_t processed(const std::string& said) {
  const std::string before = "number of transactions actually processed: ";
  const auto at = said.find(before);
  if (at == std::string::npos) throw std::runtime_error("pgbench gave no total:\n" + said);
  return std::stoull(said.substr(at + before.size()));
}

}  // namespace

Clients::Clients(const Cgroup& cgroup, const std::string& dsn, const std::string& script_file,
                 std::size_t count, std::uint64_t seed)
    : cgroup_(cgroup), dsn_(dsn), script_file_(script_file) {
  for (std::size_t i = 0; i < count; ++i) {
    threads_.emplace_back([this, seed, i] { work(seed + i); });
  }
}

void Clients::work(std::uint64_t seed) {
  // Signals are the main thread's business.
  sigset_t all;
  ::sigfillset(&all);
  ::pthread_sigmask(SIG_BLOCK, &all, nullptr);
  Draw draw(seed);
  try {
    while (!finishing_) {
      const Session session =
          run_session(draw.one_of(std::vector<std::string>{"simple", "extended", "prepared"}));
      const std::scoped_lock lock(mutex_);
      sessions_.push_back(session);
    }
  } catch (...) {
    const std::scoped_lock lock(mutex_);
    failure_ = std::current_exception();
  }
}

Session Clients::run_session(const std::string& protocol) {
  Session session;
  session.number = next_number_++;
  Program::Options options;
  options.cgroup_fd = cgroup_.fd();
  const auto ended = Program::run(
      {"pgbench", "--no-vacuum", "--client=1", fmt::format("--transactions={}", transactions),
       "--protocol=" + protocol, "--file=" + script_file_,
       fmt::format("--define=session={}", session.number), dsn_},
      options);
  if (ended.code > by_signal) {
    session.end = Session::End::silent;
  } else if (ended.code == not_started) {
    session.end = Session::End::aborted;
  } else {
    session.told = processed(ended.out + ended.err);
    if (ended.code == was_aborted) session.end = Session::End::aborted;
  }
  return session;
}

std::vector<Session> Clients::finish() {
  finishing_ = true;
  threads_.clear();
  if (failure_) std::rethrow_exception(failure_);
  return sessions_;
}

}  // namespace cutpoint::bench
