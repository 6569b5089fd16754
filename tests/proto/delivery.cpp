// SPDX-License-Identifier: Apache-2.0
#include "tests/proto/delivery.h"

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <sstream>

#include "tests/proto/messages.h"
#include "tests/proto/records.h"
#include "tests/proto/wire.h"

namespace cutpoint::test {
namespace {

constexpr std::size_t longest = 1400;  // bytes of a segment
constexpr std::uint32_t sync_size = 5;

Conversation captured(const std::filesystem::path& path) {
  std::ifstream file(path, std::ios::binary);
  const std::string text(std::istreambuf_iterator<char>(file), {});
  std::string_view records = text;
  Conversation conversation{path.filename(), {}};
  for (RecordedTurn turn; take_turn(records, turn);) {
    if (conversation.turns.empty() && turn.direction == CUT_DOWNSTREAM) {
      conversation.turns.push_back({CUT_UPSTREAM, client::startup()});
      turn.bytes.insert(0, server::authentication_ok());
    }
    conversation.turns.push_back({turn.direction, turn.bytes});
  }
  return conversation;
}

// Those that are certain.
Facts of(const Account& account, cut_direction direction) {
  Facts facts;
  for (std::size_t i = 0; i < account.certain; ++i) {
    if (account.facts[i].direction == direction) facts.push_back(account.facts[i]);
  }
  return facts;
}

bool same(const Fact& whole, Fact part) {
  if (whole.is(CUT_PG_COMMIT_REQUEST) && whole.is(CUT_PG_EXECUTE) &&
      part.last + sync_size == whole.last)
    part.last = whole.last;
  return whole == part && whole.exchange == part.exchange;
}

bool one_in(Random& random, unsigned n) {
  return random() % n == 0;
}

// [begin, end) of one side, in segments that end at `ends` (ascending) and are not too long.
void cut_up(Delivery& delivery, const Piece& bytes, const std::vector<std::size_t>& ends) {
  std::size_t from = bytes.begin;
  const auto up_to = [&](std::size_t end) {
    while (from < end) {
      const std::size_t next = std::min(end, from + longest);
      delivery.push_back({bytes.direction, from, next});
      from = next;
    }
  };
  for (const std::size_t end : ends) up_to(end);
  up_to(bytes.end);
}

std::vector<std::size_t> random_ends(const Piece& turn, Random& random) {
  std::vector<std::size_t> ends;
  const unsigned rarity = 1 + random() % 80;
  for (std::size_t at = turn.begin + 1; at < turn.end; ++at) {
    if (one_in(random, rarity)) ends.push_back(at);
  }
  return ends;
}

// Some bytes that were sent before, or the segment itself once more.
Piece sent_again(const Piece& piece, Random& random) {
  if (one_in(random, 2)) return piece;
  const std::size_t begin = random() % piece.end;
  const std::size_t most = std::min(longest, piece.end - begin);
  return {piece.direction, begin, begin + 1 + random() % most};
}

// The same with bytes in front of it that were sent before.
Piece overlapping(const Piece& piece, Random& random) {
  const std::size_t most = std::min(longest - (piece.end - piece.begin), piece.begin);
  return {piece.direction, piece.begin - random() % (most + 1), piece.end};
}

Delivery with_repeats(const Delivery& delivery, Random& random) {
  Delivery repeated;
  for (const Piece& piece : delivery) {
    repeated.push_back(one_in(random, 4) ? overlapping(piece, random) : piece);
    while (one_in(random, 4)) repeated.push_back(sent_again(piece, random));
  }
  return repeated;
}

void reorder(Delivery& delivery, Random& random) {
  for (std::size_t i = 1; i < delivery.size(); ++i) {
    if (delivery[i].direction == CUT_DOWNSTREAM && delivery[i - 1].direction == CUT_DOWNSTREAM &&
        one_in(random, 40))
      std::swap(delivery[i - 1], delivery[i]);
  }
}

}  // namespace

std::ostream& operator<<(std::ostream& out, const Piece& piece) {
  return out << (piece.direction == CUT_UPSTREAM ? "up [" : "down [") << piece.begin << ", "
             << piece.end << ')';
}

Connection::Connection(const Conversation& conversation) : name(conversation.name) {
  for (const Turn& turn : conversation.turns) {
    std::string& stream = bytes[turn.direction];
    turns.push_back({turn.direction, stream.size(), stream.size() + turn.bytes.size()});
    stream += turn.bytes;
  }
}

std::vector<Connection> connections() {
  std::vector<Connection> all;
  for (const Conversation& conversation : conversations()) all.emplace_back(conversation);
  for (const auto& entry : std::filesystem::directory_iterator(CUTPOINT_CORPUS))
    all.emplace_back(captured(entry.path()));
  return all;
}

Delivery whole(const Connection& connection) {
  Delivery delivery;
  for (const Piece& turn : connection.turns) cut_up(delivery, turn, {});
  return delivery;
}

Delivery byte_by_byte(const Connection& connection) {
  Delivery delivery;
  for (const Piece& turn : connection.turns) {
    for (std::size_t at = turn.begin; at < turn.end; ++at)
      delivery.push_back({turn.direction, at, at + 1});
  }
  return delivery;
}

Delivery split_at(const Connection& connection, std::size_t turn, std::size_t byte) {
  Delivery delivery;
  for (std::size_t i = 0; i < connection.turns.size(); ++i) {
    const Piece& bytes = connection.turns[i];
    cut_up(delivery, bytes, {i == turn ? bytes.begin + byte : bytes.end});
  }
  return delivery;
}

Delivery at_random(const Connection& connection, Random& random, Path path) {
  Delivery delivery;
  for (const Piece& turn : connection.turns) cut_up(delivery, turn, random_ends(turn, random));
  if (path.repeats) delivery = with_repeats(delivery, random);
  if (path.reorders) reorder(delivery, random);
  return delivery;
}

void Account::note(const Fact& fact) {
  facts.push_back(fact);
  if (!any_lost()) certain = facts.size();
}

Account on_host(const Connection& connection, const Delivery& delivery, std::uint32_t up,
                std::uint32_t down) {
  Account account;
  Wire wire(up, down);
  std::array<std::size_t, CUT_DIRECTIONS> seen = {};
  for (Piece piece : delivery) {
    const cut_direction direction = piece.direction;
    account.lost[direction] |= piece.begin > seen[direction];
    if (account.lost[direction] || piece.end <= seen[direction]) continue;
    piece.begin = seen[direction];
    seen[direction] = piece.end;
    for (const Fact& fact : wire.segment(direction, connection.carried_by(piece)))
      account.note(fact);
    account.lost[direction] |= wire.sync(direction) == Sync::lost;
  }
  return account;
}

std::string difference(const Account& whole, const Account& account) {
  std::ostringstream text;
  for (const cut_direction direction : {CUT_UPSTREAM, CUT_DOWNSTREAM}) {
    const Facts expected = of(whole, direction);
    const Facts found = of(account, direction);
    for (std::size_t i = 0; i < std::min(found.size(), expected.size()); ++i) {
      if (!same(expected[i], found[i])) text << expected[i] << " became " << found[i] << '\n';
    }
    if (found.size() > expected.size()) text << found[expected.size()] << " was added\n";
    if (found.size() < expected.size() && !account.any_lost())
      text << expected[found.size()] << " is missing\n";
  }
  return text.str();
}

}  // namespace cutpoint::test
