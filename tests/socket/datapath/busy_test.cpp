// SPDX-License-Identifier: Apache-2.0
// Both directions of several flows at once, from several threads: nothing is mixed up, nothing is
// lost, no moment is missed or counted twice.
#include <atomic>
#include <sched.h>
#include <thread>

#include "tests/socket/datapath/harness/commit_test.h"

namespace cutpoint::datapath {
namespace {

constexpr int flows = 4;
constexpr int rounds = 60;            // transactions of each
constexpr std::size_t writes = 8000;  // of a server that moves on every 8
constexpr std::size_t largest = 150'000;

std::size_t size_of(int flow, int round) {
  return static_cast<std::size_t>((round * 7919 + flow * 104'729) % static_cast<int>(largest));
}

// What the client sends in a round, and what it gets; some of it in one write, some in several.
std::string request_of(const CommitRequest& commit, int flow, int round) {
  return pgwire::query("SELECT '" + std::string(size_of(flow, round), 'q') + "'") + commit.bytes +
         (commit.begins ? "" : pgwire::extended("BEGIN"));
}

std::string answer_of(const CommitRequest& commit, int flow, int round) {
  return pgwire::data_row(size_of(round, flow)) + pgwire::complete("SELECT 1") +
         pgwire::ready(commit.begins ? 'I' : 'T') + commit.answer +
         (commit.begins ? "" : pgwire::complete("BEGIN") + pgwire::ready('T'));
}

void send_in_parts(Stream& stream, std::string_view bytes, std::size_t part) {
  for (; !bytes.empty(); bytes.remove_prefix(std::min(part, bytes.size()))) {
    stream.send(bytes.substr(0, part), &stream);
  }
}

void play_client(Session& session, const CommitRequest& commit, int flow) {
  std::size_t expected = session.sent_down;
  for (int round = 0; round < rounds; ++round) {
    send_in_parts(session.client, request_of(commit, flow, round), round % 3 == 0 ? 1448 : largest);
    expected += answer_of(commit, flow, round).size();
    if (!session.client.await(expected)) return;
  }
}

void play_server(Session& session, const CommitRequest& commit, int flow) {
  std::size_t expected = session.sent_up;
  for (int round = 0; round < rounds; ++round) {
    expected += request_of(commit, flow, round).size();
    if (!session.server.await(expected)) return;
    send_in_parts(session.server, answer_of(commit, flow, round), round % 4 == 0 ? 700 : largest);
  }
}

class Busy : public CrossedTest {};
class Moving : public CommitTest {};

TEST_P(Busy, FlowsAreParsedWithoutAGap) {
  watch();
  std::vector<Session> sessions = open_many(flows);
  std::vector<std::thread> threads;
  for (int i = 0; i < flows; ++i) {
    Session& session = sessions[static_cast<std::size_t>(i)];
    threads.emplace_back(play_client, std::ref(session), std::cref(request()), i);
    threads.emplace_back(play_server, std::ref(session), std::cref(request()), i);
  }
  for (std::thread& thread : threads) thread.join();
  expect_seen(static_cast<std::uint64_t>(flows) * rounds);
}

void move_to_processor(std::size_t number) {
  cpu_set_t set;
  CPU_ZERO(&set);
  CPU_SET(number % std::thread::hardware_concurrency(), &set);
  sched_setaffinity(0, sizeof set, &set);
}

// Two threads for each processor, so that what has arrived may wait for its turn.
class FullLoad {
 public:
  FullLoad() {
    for (unsigned i = 0; i < 2 * std::thread::hardware_concurrency(); ++i) {
      threads_.emplace_back([this] {
        while (!over_) {
        }
      });
    }
  }
  ~FullLoad() {
    over_ = true;
    for (std::thread& thread : threads_) thread.join();
  }
  FullLoad(const FullLoad&) = delete;
  FullLoad& operator=(const FullLoad&) = delete;

 private:
  std::atomic<bool> over_ = false;
  std::vector<std::thread> threads_;
};

// Loopback has a queue per processor: a sender that moves on may overtake what it sent before.
TEST_F(Moving, SenderIsReadInTheOrderInWhichItSent) {
  use({simple_commit(), over_v4});
  watch();
  Session session = open();
  session.exchange(request().bytes, "");
  std::string rows;  // as many as PostgreSQL writes at once
  while (rows.size() < 8000) rows += pgwire::data_row(20) + pgwire::data_row(300);
  const FullLoad load;
  std::thread server([&] {
    for (std::size_t i = 0; i < writes; ++i) {
      if (i % 8 == 0) move_to_processor(i / 8);
      session.server.send(rows);
    }
    session.server.send(request().answer);
  });
  const std::size_t sent = writes * rows.size() + request().answer.size();
  EXPECT_TRUE(session.client.await(session.sent_down + sent));
  server.join();
  expect_seen(1);
}

INSTANTIATE_TEST_SUITE_P(Requests, Busy,
                         testing::ValuesIn(crossings({over_v4, over_v6, over_veth_v4})),
                         crossing_name);

}  // namespace
}  // namespace cutpoint::datapath
