// SPDX-License-Identifier: Apache-2.0
// The whole datapath, from segment to event: the facts of a connection do not depend on how TCP
// carries it. Each is compared with the parser on the host, fed with the same bytes, and with the
// connection whose turns come in one segment. A failure prints the seed and the segments.
#include <algorithm>
#include <bit>
#include <bpf/libbpf.h>
#include <iterator>

#include "bpf/abi/counters.h"
#include "bpf/abi/event.h"
#include "tests/prog/program_test.h"
#include "tests/proto/delivery.h"
#include "tests/proto/messages.h"

namespace cutpoint::prog {
namespace {

using test::Account;
using test::Connection;
using test::Delivery;
using test::Fact;

constexpr std::uint32_t up = 0U - 700;  // wraps within most conversations
constexpr std::uint32_t down = 0U - 900;
constexpr unsigned random_rounds = 1000;

Fact fact_of(const cut_event& event) {
  Fact fact;
  fact.direction = static_cast<cut_direction>(event.direction);
  fact.moments = event.moments;
  fact.first = event.begin;
  fact.last = event.end;
  std::copy(std::begin(event.attr), std::end(event.attr), fact.attributes.begin());
  fact.flags =
      event.flags & (CUT_FACT_IN_TRANSACTION | CUT_FACT_SEVERAL);  // the others are of rules
  fact.exchange = event.exchange;
  return fact;
}

class Segmentation : public ProgramTest {
 protected:
  void SetUp() override {
    ProgramTest::SetUp();
    if (IsSkipped() || HasFatalFailure()) return;
    ring_.reset(
        ring_buffer__new(bpf_map__fd(skeleton_->maps.events), &Segmentation::note, this, nullptr));
    ASSERT_TRUE(ring_);
    skeleton_->bss->service_table[0].reported = ~0ULL;
    observe({CUT_PG_COMMIT_REQUEST, CUT_PG_COMMIT_ACK, CUT_PG_ROLLBACK_REQUEST, CUT_PG_READY});
  }

  // Rules that only tell what they would have done, at each of these moments.
  void observe(std::initializer_list<cut_postgres_moment> moments) {
    auto& memory = *skeleton_->bss;
    memory.control.lease_until_ns = UINT64_MAX;
    for (const cut_postgres_moment moment : moments) {
      const std::size_t index = memory.control.rules++;
      cut_rule& rule = memory.rules[index];
      rule.duration_ns = rule.nth = rule.every = 1;
      rule.probability = UINT32_MAX;
      rule.moment = moment;
      rule.moment_direction = static_cast<__u8>(test::direction_of(moment));
      rule.mode = CUT_OBSERVE;
      memory.rule_states[index].phase = CUT_RULE_ARMED;
      memory.service_table[0].armed |= test::bit(moment);
    }
  }

  Account deliver(const Connection& connection, const Delivery& delivery) {
    enrol(false, up, down);
    account_ = {};
    matched_ = 0;
    carry(connection, delivery, up, down);
    EXPECT_GE(ring_buffer__consume(ring_.get()), 0);
    return account_;
  }

  // What is said of the delivery, as by the host and, unless a direction is lost, as of the whole.
  void expect_same(const Connection& connection, const Delivery& delivery, const Account& known) {
    const Account account = deliver(connection, delivery);
    const Account host = on_host(connection, delivery, up, down);
    EXPECT_EQ(account.lost, host.lost);
    ASSERT_EQ(account.facts.size(), host.facts.size());
    for (std::size_t i = 0; i < host.facts.size(); ++i) {
      Fact expected = host.facts[i];
      expected.forgot = false;  // is counted, not told
      ASSERT_EQ(account.facts[i], expected);
      ASSERT_EQ(account.facts[i].exchange, host.facts[i].exchange) << host.facts[i];
    }
    EXPECT_EQ(difference(known, account), "");
    // Rules went by what is certain, and by nothing else.
    const std::uint64_t armed = skeleton_->bss->service_table[0].armed;
    std::size_t matches = 0;
    for (std::size_t i = 0; i < account.certain; ++i)
      matches += static_cast<std::size_t>(std::popcount(account.facts[i].moments & armed));
    EXPECT_EQ(matched_, matches);
  }

  void expect_same_at_random(test::Path path) {
    const std::vector<Connection> all = test::connections();
    for (unsigned seed = 1; seed <= random_rounds && !HasFailure(); ++seed) {
      test::Random random(seed);
      const Connection& connection = all[seed % all.size()];
      const Account known = deliver(connection, whole(connection));
      const Delivery delivery = at_random(connection, random, path);
      SCOPED_TRACE(connection.name + ", seed " + std::to_string(seed) + ": " +
                   testing::PrintToString(delivery));
      expect_same(connection, delivery, known);
    }
  }

  std::size_t matched_ = 0;  // times that a rule would have fired

 private:
  static int note(void* self, void* data, std::size_t /*size*/) {
    static_cast<Segmentation*>(self)->note(*static_cast<const cut_event*>(data));
    return 0;
  }
  void note(const cut_event& event) {
    if (event.kind == CUT_EVENT_MOMENT) {
      Fact fact = fact_of(event);
      fact.mismatch = mismatch_;
      account_.note(fact);
    }
    if (event.kind == CUT_EVENT_WOULD_FIRE) ++matched_;
    // Said in front of the moment that it belongs to.
    mismatch_ = event.kind == CUT_EVENT_MISMATCH;
    if (event.kind == CUT_EVENT_FLOW_DESYNC && event.attr[0] != CUT_COUNT_FLOWS_ENCRYPTED)
      account_.lost[event.direction] = true;
  }

  struct Closer {
    void operator()(ring_buffer* ring) const { ring_buffer__free(ring); }
  };
  std::unique_ptr<ring_buffer, Closer> ring_;
  Account account_;
  bool mismatch_ = false;
};

TEST_F(Segmentation, OfSingleBytesGivesTheSameFacts) {
  for (const Connection& connection : test::connections()) {
    SCOPED_TRACE(connection.name);
    const Account known = deliver(connection, whole(connection));
    expect_same(connection, byte_by_byte(connection), known);
  }
}

TEST_F(Segmentation, AtAnyByteGivesTheSameFacts) {
  for (const Connection& connection : test::connections()) {
    const Account known = deliver(connection, whole(connection));
    for (std::size_t turn = 0; turn < connection.turns.size() && !HasFailure(); ++turn) {
      const test::Piece& bytes = connection.turns[turn];
      for (std::size_t at = 1; at < bytes.end - bytes.begin && !HasFailure(); ++at) {
        SCOPED_TRACE(connection.name + ", turn " + std::to_string(turn) + " at byte " +
                     std::to_string(at));
        expect_same(connection, split_at(connection, turn, at), known);
      }
    }
  }
}

TEST_F(Segmentation, AtRandomGivesTheSameFacts) {
  expect_same_at_random({});
}

TEST_F(Segmentation, WithRetransmissionsAndOverlapsGivesTheSameFacts) {
  expect_same_at_random({.repeats = true});
}

TEST_F(Segmentation, OutOfOrderLosesTheDirectionOrGivesTheSameFacts) {
  expect_same_at_random({.repeats = true, .reorders = true});
}

// An error is lost on its way, so the COMMIT behind it looks like one: no rule may go by it.
TEST_F(Segmentation, ThatLosesAnAnswerEndsAllFiring) {
  namespace client = test::client;
  namespace server = test::server;
  const std::string failed = server::error_response("23505") + server::ready('E');
  const Connection connection({"commit of a failed transaction",
                               {
                                   {CUT_UPSTREAM, client::startup() + client::query("begin")},
                                   {CUT_DOWNSTREAM, server::ready('I') + server::ready('T')},
                                   {CUT_UPSTREAM, client::query("insert into orders values (1)")},
                                   {CUT_DOWNSTREAM, failed + server::ready('E')},
                                   {CUT_UPSTREAM, client::query("commit")},
                               }});
  Delivery delivery = whole(connection);
  delivery[3].begin += failed.size();
  const Account account = deliver(connection, delivery);
  EXPECT_TRUE(account.lost[CUT_DOWNSTREAM]);
  EXPECT_TRUE(account.facts.back().is(CUT_PG_COMMIT_REQUEST)) << "as far as anybody can tell";
  EXPECT_EQ(matched_, 2U) << "the two ReadyForQuery";
}

}  // namespace
}  // namespace cutpoint::prog
