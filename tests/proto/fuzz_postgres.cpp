// SPDX-License-Identifier: Apache-2.0
// libFuzzer harness of the parser. The input is a conversation: records of one header byte (bit 7:
// downstream, bits 0 to 6: how many bytes follow) and their bytes, each record one segment. Checked
// besides the sanitizers: every fact is sound, and single-byte segments give the same facts.
//
//   cmake -G Ninja -B build-fuzz -DCMAKE_CXX_COMPILER=clang++ -DCUTPOINT_FUZZ=ON
//         -DCUTPOINT_SANITIZE=ON
//   cmake --build build-fuzz --target fuzz_postgres
//   build-fuzz/tests/fuzz_postgres -max_len=4096 NEW_CORPUS tests/proto/corpus
#include <cstdlib>
#include <iostream>

#include "tests/proto/conversations.h"
#include "tests/proto/wire.h"

namespace cutpoint::test {
namespace {

std::vector<Turn> records(std::string_view input) {
  std::vector<Turn> turns;
  while (!input.empty()) {
    const auto header = static_cast<unsigned char>(input.front());
    input.remove_prefix(1);
    const std::string_view bytes = input.substr(0, header & 0x7f);
    input.remove_prefix(bytes.size());
    turns.push_back({(header & 0x80) != 0 ? CUT_DOWNSTREAM : CUT_UPSTREAM, std::string(bytes)});
  }
  return turns;
}

[[noreturn]] void fail(const char* what, const Fact& fact) {
  std::cerr << what << ": " << fact << '\n';
  std::abort();
}

void check(const Wire& wire, const Fact& fact) {
  const std::uint32_t seen = wire.next(fact.direction);
  if (fact.moments == 0) fail("a fact without a moment", fact);
  if (cut_seq_before(fact.last, fact.first)) fail("a message that ends before it begins", fact);
  if (cut_seq_before(seen, fact.last)) fail("a message that ends behind what was seen", fact);
}

void append(Wire& wire, const Turn& turn, std::string_view segment, Facts& all) {
  for (const Fact& fact : wire.segment(turn.direction, segment)) {
    check(wire, fact);
    all.push_back(fact);
  }
  if (wire.sync(turn.direction) == Sync::stuck) std::abort();
}

// Where a COMMIT by Execute ends depends on the segment that its Sync is in.
void compare(const Facts& whole, Facts bytewise) {
  if (whole.size() != bytewise.size()) {
    const bool more = whole.size() > bytewise.size();
    fail("facts that single bytes do not give", more ? whole.back() : bytewise.back());
  }
  for (std::size_t i = 0; i < whole.size(); ++i) {
    if (whole[i].is(CUT_PG_COMMIT_REQUEST) && whole[i].is(CUT_PG_EXECUTE) &&
        whole[i].last == bytewise[i].last + 5)
      bytewise[i].last += 5;
    if (whole[i] != bytewise[i]) fail("single bytes give another fact", whole[i]);
  }
}

void run(std::string_view input) {
  Wire wire;
  Wire slow_wire;
  Facts whole;
  Facts bytewise;
  for (const Turn& turn : records(input)) {
    append(wire, turn, turn.bytes, whole);
    for (std::size_t at = 0; at < turn.bytes.size(); ++at)
      append(slow_wire, turn, std::string_view(turn.bytes).substr(at, 1), bytewise);
    // A Sync with a wrong length takes the COMMIT in front of it along, if both come at once.
    if (wire.sync(turn.direction) != Sync::on) return;
    compare(whole, bytewise);
  }
}

}  // namespace
}  // namespace cutpoint::test

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size);

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  cutpoint::test::run({reinterpret_cast<const char*>(data), size});
  return 0;
}
