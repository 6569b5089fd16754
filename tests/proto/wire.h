// SPDX-License-Identifier: Apache-2.0
// A connection to PostgreSQL as its parser sees it.
#pragma once

#include <algorithm>
#include <iterator>

#include "tests/proto/fact.h"
#include "tests/proto/walk.h"

namespace cutpoint::test {

struct Postgres {
  using State = cut_postgres;
  using Fact = cutpoint::test::Fact;

  static constexpr auto step = cut_postgres_step;
  static constexpr auto flush = cut_postgres_flush;
  static constexpr auto join = cut_postgres_join;
  static constexpr auto glance = cut_postgres_glance;
  static constexpr std::uint64_t glanced =  // what may be counted or told so
      CUT_PG_GLANCED_UP | CUT_PG_GLANCED_DOWN | CUT_PG_BIT(BEGIN) | CUT_PG_BIT(COMMIT_REQUEST) |
      CUT_PG_BIT(ROLLBACK_REQUEST) | CUT_PG_BIT(COMMIT_ACK);
  static constexpr std::uint64_t usually_wanted =  // by every experiment
#define X(id, name, direction, evidence, description) (evidence ? CUT_PG_BIT(id) : 0) |
      CUT_POSTGRES_MOMENTS(X) 0;
#undef X

  static Fact fact_of(cut_direction direction, const cut_facts& facts) {
    Fact fact;
    fact.direction = direction;
    fact.moments = facts.moments;
    fact.first = facts.begin;
    fact.last = facts.end;
    std::copy_n(facts.attr, fact.attributes.size(), fact.attributes.begin());
    fact.flags = facts.flags;
    fact.mismatch = facts.mismatch != 0;
    fact.forgot = facts.forgot != 0;
    fact.exchange = facts.exchange;
    return fact;
  }
};

using Wire = WireOf<Postgres>;

}  // namespace cutpoint::test
