// SPDX-License-Identifier: Apache-2.0
// Messages that nobody wants to know more of are counted as those are that are told one by one:
// most segments are then taken at a glance.
#include <array>
#include <bpf/btf.h>
#include <bpf/libbpf.h>
#include <cerrno>
#include <cstddef>
#include <cstring>
#include <stdexcept>
#include <string_view>
#include <vector>

#include "bpf/abi/control.h"
#include "bpf/abi/counters.h"
#include "bpf/abi/flow.h"
#include "bpf/abi/postgres.h"
#include "bpf/abi/vocabulary.h"
#include "bpf/core/facts.h"
#include "controller/kernel/counted.h"
#include "tests/prog/program_test.h"
#include "tests/proto/delivery.h"
#include "tests/proto/messages.h"

namespace cutpoint::prog {
namespace {

using test::Connection;
using test::Delivery;

constexpr std::uint32_t up = 0U - 700;  // wraps within most conversations
constexpr std::uint32_t down = 0U - 900;

struct Counts {
  std::uint64_t segments = 0;
  std::uint64_t messages = 0;
  std::uint64_t desyncs = 0;
  std::vector<std::uint64_t> moments;

  bool operator==(const Counts&) const = default;
};

class Glance : public ProgramTest {
 protected:
  Counts counts() const {
    const auto moments = moment_counts_of(*skeleton_, service_);
    EXPECT_TRUE(moments) << std::strerror(errno);
    return {count_of(CUT_COUNT_SEGMENTS), count_of(CUT_COUNT_MESSAGES),
            count_of(CUT_COUNT_DESYNC_MALFORMED),
            moments ? std::vector<std::uint64_t>(moments->begin(), moments->end())
                    : std::vector<std::uint64_t>()};
  }

  // Every processor's facts, which lie behind the owner of its chunk, are set to what is none.
  void mark_facts() {
    const bpf_map* packets = skeleton_->maps.packets;
    std::vector<std::uint8_t> values(packet_bytes() * processors(), mark);
    const std::uint32_t key = 0;
    ASSERT_EQ(bpf_map__update_elem(packets, &key, sizeof key, values.data(), values.size(), 0), 0);
  }
  bool facts_are_marked() const {
    std::vector<std::uint8_t> values(packet_bytes() * processors());
    const std::uint32_t key = 0;
    EXPECT_EQ(bpf_map__lookup_elem(skeleton_->maps.packets, &key, sizeof key, values.data(),
                                   values.size(), 0),
              0);
    for (std::size_t cpu = 0; cpu < processors(); ++cpu) {
      const std::size_t exchange = cpu * packet_bytes() + chunk_in_packet() +
                                   sizeof(std::uint64_t) + offsetof(cut_facts, exchange);
      if (values.at(exchange) != mark) return false;
    }
    return true;
  }

  // What the delivery adds to them, with these moments reported.
  Counts deliver(const Connection& connection, const Delivery& delivery, std::uint64_t reported) {
    skeleton_->bss->service_table[service_].reported = reported;
    const Counts before = counts();
    carry(connection, delivery, up, down);
    Counts after = counts();
    after.segments -= before.segments;
    after.messages -= before.messages;
    after.desyncs -= before.desyncs;
    for (std::size_t i = 0; i < after.moments.size(); ++i) after.moments[i] -= before.moments[i];
    return after;
  }
  Counts deliver_anew(const Connection& connection, const Delivery& delivery,
                      std::uint64_t reported) {
    enrol(false, up, down);
    if (service_ != 0) move_to_service();
    return deliver(connection, delivery, reported);
  }

  std::uint64_t reported_ = 0;
  std::uint8_t service_ = 0;  // whose the connections are

 private:
  static constexpr std::uint8_t mark = 0x5a;

  void move_to_service() {
    skeleton_->bss->service_table[service_] = skeleton_->bss->service_table[0];
    const bpf_map* flows = skeleton_->maps.flow_slots;
    const std::uint32_t slot = 0;
    std::vector<std::uint8_t> flow(bpf_map__value_size(flows));
    ASSERT_EQ(bpf_map__lookup_elem(flows, &slot, sizeof slot, flow.data(), flow.size(), 0), 0);
    flow.at(CUT_FLOW_HEAD + offsetof(cut_flow_head, service)) = service_;
    ASSERT_EQ(bpf_map__update_elem(flows, &slot, sizeof slot, flow.data(), flow.size(), 0), 0);
  }

  static std::size_t processors() { return static_cast<std::size_t>(libbpf_num_possible_cpus()); }
  std::size_t packet_bytes() const {
    return (bpf_map__value_size(skeleton_->maps.packets) + 7U) & ~std::size_t{7};
  }
  std::size_t chunk_in_packet() const {
    const btf* types = bpf_object__btf(skeleton_->obj);
    const auto id = btf__find_by_name_kind(types, "cut_packet", BTF_KIND_STRUCT);
    const btf_type* packet = btf__type_by_id(types, static_cast<std::uint32_t>(id));
    for (std::uint32_t i = 0; i < btf_vlen(packet); ++i) {
      if (btf__name_by_offset(types, btf_members(packet)[i].name_off) == std::string_view("chunk"))
        return btf_member_bit_offset(packet, i) / 8;
    }
    throw std::logic_error("struct cut_packet has no chunk");
  }
};

// Steps leave facts behind, a glance but moments.
TEST_F(Glance, IsForTheUsualSegmentOfWhichNothingIsWanted) {
  namespace client = test::client;
  namespace server = test::server;
  const Connection connection(
      {"prepared statement",
       {{CUT_UPSTREAM, client::startup()},
        {CUT_DOWNSTREAM, server::authentication_ok() + server::ready('I')},
        {CUT_UPSTREAM, client::bind_statement("", "s") + client::execute("") + client::sync()},
        {CUT_DOWNSTREAM,
         server::bind_complete() + server::command_complete("SELECT 0") + server::ready('I')}}});
  const Delivery all = whole(connection);
  const Delivery start(all.begin(), all.begin() + 2), request{all[2]}, answer{all[3]};
  const auto leaves_facts = [&](const Delivery& delivery) {
    mark_facts();
    deliver(connection, delivery, reported_);
    return !facts_are_marked();
  };
  for (const bool is_wanted : {true, false}) {
    enrol(false, up, down);
    reported_ = is_wanted ? test::bit(CUT_PG_EXECUTE) | test::bit(CUT_PG_READY)
                          : test::bit(CUT_PG_COMMIT_REQUEST);
    EXPECT_TRUE(leaves_facts(start));
    EXPECT_EQ(leaves_facts(request), is_wanted);
    EXPECT_EQ(leaves_facts(answer), is_wanted);
  }
}

TEST_F(Glance, CountsAsTheStepsDo) {
  std::uint64_t messages = 0;
  for (const Connection& connection : test::connections()) {
    SCOPED_TRACE(connection.name);
    const Counts stepwise = deliver_anew(connection, whole(connection), ~0ULL);
    messages += stepwise.messages;
    EXPECT_EQ(deliver_anew(connection, whole(connection), 0), stepwise);
    test::Random random(1);
    const Delivery delivery = at_random(connection, random, {.repeats = true});
    EXPECT_EQ(deliver_anew(connection, delivery, 0), deliver_anew(connection, delivery, ~0ULL));
  }
  EXPECT_GT(messages, 0U);
}

// The last one's as well, and for no other.
TEST_F(Glance, CountsForTheServiceThatItIsOf) {
  for (const Connection& connection : test::connections()) {
    SCOPED_TRACE(connection.name);
    service_ = CUT_MAX_SERVICES - 1;
    const Counts stepwise = deliver_anew(connection, whole(connection), ~0ULL);
    service_ = 0;
    const std::vector<std::uint64_t> others = counts().moments;
    service_ = CUT_MAX_SERVICES - 1;
    EXPECT_EQ(deliver_anew(connection, whole(connection), 0), stepwise);
    service_ = 0;
    EXPECT_EQ(counts().moments, others);
  }
}

}  // namespace
}  // namespace cutpoint::prog
