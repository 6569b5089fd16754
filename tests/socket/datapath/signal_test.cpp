// SPDX-License-Identifier: Apache-2.0
// kill and pause: the process that sends the message, or reads it, is signalled at just that
// message, before its system call returns.
#include <csignal>
#include <fcntl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "generated/faults.h"
#include "tests/socket/datapath/harness/datapath_test.h"

namespace cutpoint::datapath {
namespace {

// A process that shares the session's client socket. It marks each step in `done` that it lives to.
class Peer {
 public:
  template <typename Work>
  explicit Peer(Work work) {
    int ends[2];
    require(::pipe2(ends, O_CLOEXEC) == 0, "pipe");
    done_ = UniqueFd(ends[0]);
    UniqueFd mark(ends[1]);
    pid_ = ::fork();
    require(pid_ >= 0, "fork");
    if (pid_ == 0) {
      work();
      static_cast<void>(::write(mark.get(), "x", 1));
      ::_exit(0);
    }
  }
  Peer(const Peer&) = delete;
  Peer& operator=(const Peer&) = delete;
  ~Peer() {
    ::kill(pid_, SIGKILL);
    if (!reaped_) ::waitpid(pid_, nullptr, 0);
  }
  [[nodiscard]] pid_t pid() const { return pid_; }
  void resume() const { ::kill(pid_, SIGCONT); }
  // As waitpid(2) tells it, of an end or a stop.
  int await_change() {
    int status = 0;
    require(::waitpid(pid_, &status, WUNTRACED) == pid_, "waitpid");
    reaped_ = WIFEXITED(status) || WIFSIGNALED(status);
    return status;
  }
  // It has come back from its system call; to be asked once it has ended or is stopped.
  [[nodiscard]] bool came_back() const {
    ::fcntl(done_.get(), F_SETFL, O_NONBLOCK);
    char byte = 0;
    return ::read(done_.get(), &byte, 1) == 1;
  }

 private:
  pid_t pid_ = -1;
  UniqueFd done_;
  bool reaped_ = false;
};

void send_all(const Session& session, const std::string& bytes) {
  static_cast<void>(::send(session.client.fd(), bytes.data(), bytes.size(), 0));
}

// Blocks until there is something.
void receive(const Session& session) {
  const int flags = ::fcntl(session.client.fd(), F_GETFL);
  ::fcntl(session.client.fd(), F_SETFL, flags & ~O_NONBLOCK);
  char buffer[256];
  static_cast<void>(::recv(session.client.fd(), buffer, sizeof buffer, 0));
}

class Signal : public RoutedTest {
 protected:
  Session signal_at(cut_postgres_moment moment, int signal) {
    cut_rule rule = blackhole(moment, CUT_BEFORE);
    rule.fault = signal == SIGSTOP ? CUT_FAULT_PAUSE : CUT_FAULT_KILL;
    rule.signal = static_cast<__u8>(signal);
    arm({rule}, GetParam());
    return open();
  }
};

TEST_P(Signal, KillsTheSenderBeforeItsCallReturns) {
  Session session = signal_at(CUT_PG_COMMIT_REQUEST, SIGKILL);
  Peer peer([&] {
    send_all(session, pgwire::query("SELECT 1"));
    send_all(session, pgwire::commit());
  });
  const int status = peer.await_change();
  ASSERT_TRUE(WIFSIGNALED(status));
  EXPECT_EQ(WTERMSIG(status), SIGKILL);
  EXPECT_FALSE(peer.came_back());
  const auto told = cutter_->await(CUT_EVENT_SIGNALLED);
  ASSERT_TRUE(told);
  EXPECT_EQ(told->attr[0], static_cast<__u32>(peer.pid()));
  EXPECT_EQ(told->attr[1], static_cast<__u32>(SIGKILL));
  // What it had sent is on its way.
  const std::string sent = pgwire::query("SELECT 1") + pgwire::commit();
  ASSERT_TRUE(session.server.await(session.sent_up + sent.size()));
  EXPECT_EQ(cutter_->damage(), "");
}

TEST_P(Signal, StopsTheSenderUntilItIsResumed) {
  Session session = signal_at(CUT_PG_COMMIT_REQUEST, SIGSTOP);
  Peer peer([&] { send_all(session, pgwire::commit()); });
  const int status = peer.await_change();
  ASSERT_TRUE(WIFSTOPPED(status));
  EXPECT_FALSE(peer.came_back());
  EXPECT_TRUE(session.server.await(session.sent_up + pgwire::commit().size()));
  peer.resume();
  EXPECT_TRUE(WIFEXITED(peer.await_change()));
  EXPECT_TRUE(peer.came_back());
}

TEST_P(Signal, KillsTheReaderOfAnAnswer) {
  Session session = signal_at(CUT_PG_COMMIT_ACK, SIGTERM);
  session.exchange(pgwire::commit(), "");
  const std::string row = pgwire::data_row(3);
  session.server.send(row);
  ASSERT_TRUE(await_acknowledged(session.server));
  Peer peer([&] {
    receive(session);
    receive(session);
  });
  // The first read takes what came before the moment: it comes back from that.
  ASSERT_TRUE(cutter_->eventually([&] {
    const auto flow = cutter_->flow(session.client.local_port());
    return flow && flow->head.handler == static_cast<__u32>(peer.pid());
  }));
  session.server.send(pgwire::complete("COMMIT") + pgwire::ready('I'));
  const int status = peer.await_change();
  ASSERT_TRUE(WIFSIGNALED(status));
  EXPECT_EQ(WTERMSIG(status), SIGTERM);
  EXPECT_FALSE(peer.came_back());
  EXPECT_EQ(cutter_->damage(), "");
}

// Of two rules at one message each sends its signal.
TEST_P(Signal, OfSeveralRulesAreAllSent) {
  cut_rule stop = blackhole(CUT_PG_COMMIT_REQUEST, CUT_BEFORE);
  stop.fault = CUT_FAULT_PAUSE;
  stop.signal = SIGSTOP;
  cut_rule hang_up = stop;
  hang_up.fault = CUT_FAULT_KILL;
  hang_up.signal = SIGHUP;
  hang_up.duration_ns = 0;
  arm({stop, hang_up}, GetParam());
  Session session = open();
  Peer peer([&] { send_all(session, pgwire::commit()); });
  EXPECT_TRUE(cutter_->eventually([&] { return cutter_->count(CUT_EVENT_SIGNALLED) == 2; }));
  EXPECT_EQ(cutter_->injector().rule_state(0).signalled, 1U);
  EXPECT_EQ(cutter_->injector().rule_state(1).signalled, 1U);
  peer.resume();
  int status = peer.await_change();
  if (WIFSTOPPED(status)) {
    peer.resume();
    status = peer.await_change();
  }
  ASSERT_TRUE(WIFSIGNALED(status));
  EXPECT_EQ(WTERMSIG(status), SIGHUP);
  EXPECT_EQ(cutter_->damage(), "");
}

// Somebody else's process with a connection of its own is not touched.
TEST_P(Signal, LeavesOthersAlone) {
  Session session = signal_at(CUT_PG_COMMIT_REQUEST, SIGKILL);
  Session other = Session::connect(outside_socket(GetParam().client_family, playground_->netns()),
                                   address_of(GetParam().connected, service_port), listener_);
  other.start_up();
  Peer bystander([&] { send_all(other, pgwire::commit()); });
  EXPECT_TRUE(WIFEXITED(bystander.await_change()));
  EXPECT_EQ(cutter_->count(CUT_EVENT_SIGNALLED), 0U);
}

INSTANTIATE_TEST_SUITE_P(Routes, Signal,
                         testing::Values(over_v4, over_v6, over_mapped, over_veth_v4, over_veth_v6),
                         route_name);

}  // namespace
}  // namespace cutpoint::datapath
