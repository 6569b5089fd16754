// SPDX-License-Identifier: Apache-2.0
#include "tests/proto/fact.h"

namespace cutpoint::test {

namespace {

struct MomentRow {
  const char* name;
  cut_direction direction;
};

constexpr std::array<MomentRow, CUT_PG_MOMENTS> moment_table = {{
#define X(id, name, direction, evidence, description) {name, direction},
    CUT_POSTGRES_MOMENTS(X)
#undef X
}};

constexpr std::array<const char*, CUT_SQL_COMMANDS> command_names = {{
#define X(id, name) name,
    CUT_POSTGRES_COMMANDS(X)
#undef X
}};

}  // namespace

Fact Fact::at(std::uint32_t begin, std::uint32_t end) const {
  Fact changed = *this;
  changed.first = begin;
  changed.last = end;
  return changed;
}

Fact Fact::commands(std::initializer_list<cut_postgres_command> set) const {
  Fact changed = *this;
  for (const cut_postgres_command command : set)
    changed.attributes[CUT_PG_ATTR_COMMAND] |= 1U << command;
  return changed;
}

// Five base-36 digits, the first most significant (vocabulary.h, CUT_ATTR_SQLSTATE).
Fact Fact::sqlstate(std::string_view code) const {
  Fact changed = *this;
  std::uint32_t number = 0;
  for (const char digit : code)
    number =
        number * 36 + static_cast<std::uint32_t>(digit <= '9' ? digit - '0' : digit - 'A' + 10);
  changed.attributes[CUT_PG_ATTR_SQLSTATE] = number;
  return changed;
}

Fact Fact::status(char status) const {
  Fact changed = *this;
  changed.attributes[CUT_PG_ATTR_STATUS] = static_cast<unsigned char>(status);
  return changed;
}

Fact Fact::pid(std::uint32_t pid) const {
  Fact changed = *this;
  changed.attributes[CUT_PG_ATTR_PID] = pid;
  return changed;
}

Fact Fact::in_transaction() const {
  Fact changed = *this;
  changed.flags |= CUT_FACT_IN_TRANSACTION;
  return changed;
}

Fact Fact::several() const {
  Fact changed = *this;
  changed.flags |= CUT_FACT_SEVERAL;
  return changed;
}

Fact Fact::mismatched() const {
  Fact changed = *this;
  changed.mismatch = true;
  return changed;
}

Fact fact(std::initializer_list<cut_postgres_moment> moments) {
  Fact made;
  made.direction = direction_of(*moments.begin());
  for (const cut_postgres_moment moment : moments) made.moments |= bit(moment);
  return made;
}

cut_direction direction_of(cut_postgres_moment moment) {
  return moment_table[moment].direction;
}

std::uint64_t moments_of(const Facts& facts) {
  std::uint64_t all = 0;
  for (const Fact& fact : facts) all |= fact.moments;
  return all;
}

std::ostream& operator<<(std::ostream& out, const Fact& fact) {
  const char* separator = "";
  for (std::size_t moment = 0; moment < moment_table.size(); ++moment) {
    if ((fact.moments >> moment & 1) == 0) continue;
    out << separator << moment_table[moment].name;
    separator = "+";
  }
  out << (fact.direction == CUT_UPSTREAM ? " up [" : " down [") << fact.first << ", " << fact.last
      << ")";
  for (std::size_t command = 0; command < command_names.size(); ++command) {
    if ((fact.attributes[CUT_PG_ATTR_COMMAND] >> command & 1) != 0)
      out << ' ' << command_names[command];
  }
  if (fact.attributes[CUT_PG_ATTR_SQLSTATE] != 0)
    out << " sqlstate " << fact.attributes[CUT_PG_ATTR_SQLSTATE];
  if (fact.attributes[CUT_PG_ATTR_STATUS] != 0)
    out << " status " << static_cast<char>(fact.attributes[CUT_PG_ATTR_STATUS]);
  if (fact.attributes[CUT_PG_ATTR_PID] != 0) out << " pid " << fact.attributes[CUT_PG_ATTR_PID];
  if ((fact.flags & CUT_FACT_IN_TRANSACTION) != 0) out << " in-transaction";
  return out << (fact.mismatch ? " mismatch" : "");
}

}  // namespace cutpoint::test
