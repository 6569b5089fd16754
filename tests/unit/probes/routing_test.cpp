// SPDX-License-Identifier: Apache-2.0
#include "probes/amqp/routing.h"

#include <gtest/gtest.h>

namespace cutpoint::probes {
namespace {

TEST(Routing, TopicsMatchByWords) {
  struct Case {
    const char* pattern;
    const char* key;
    bool matches;
  };
  for (const Case& one : {Case{"#", "", true},
                          {"#", "a.b.c", true},
                          {"", "", true},
                          {"", "a", false},
                          {"*", "", false},
                          {"*", "a", true},
                          {"*", "a.b", false},
                          {"*.b", ".b", true},
                          {"a.*.c", "a.b.c", true},
                          {"a.*.c", "a.c", false},
                          {"a.#", "a", true},
                          {"a.#", "ab", false},
                          {"a.#.c", "a.c", true},
                          {"a.#.c", "a.b.b.c", true},
                          {"a.#.c", "a.b.d", false},
                          {"#.c.#", "a.c", true},
                          {"a.b", "a.b", true},
                          {"a.b", "a.B", false}}) {
    EXPECT_EQ(topic_matches(one.pattern, one.key), one.matches) << one.pattern << " " << one.key;
  }
}

TEST(Routing, DependsOnTheExchangesType) {
  EXPECT_EQ(route("direct", "dead", "dead"), Route::leads);
  EXPECT_EQ(route("direct", "#", "dead"), Route::leads_not);
  EXPECT_EQ(route("topic", "#", "dead"), Route::leads);
  EXPECT_EQ(route("fanout", "", "dead"), Route::leads);
  EXPECT_EQ(route("headers", "", "dead"), Route::undecided);
  EXPECT_EQ(route("x-delayed-message", "dead", "dead"), Route::undecided);
}

}  // namespace
}  // namespace cutpoint::probes
