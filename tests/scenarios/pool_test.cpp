// SPDX-License-Identifier: Apache-2.0
// Connections that the target had open before cutpoint came: a pool.
#include <fmt/format.h>

#include "tests/scenarios/shop.h"

namespace cutpoint {
namespace {

using nlohmann::json;

class PoolTest : public ShopTest {
 protected:
  // A cut before the nth COMMIT since arming; the shop gives up after a second.
  Words cut_before(const Program& shop, int nth) {
    return scenario(yaml(fmt::format("pid: {}, timeout: 60s", shop.pid()))) +
           Words{"--set", "faults.cut.at.position=before", "--set",
                 fmt::format("faults.cut.at.nth={}", nth)};
  }
  void expect_cut_and_known(const Program::Ended& ended) {
    EXPECT_EQ(ended.code, 1) << ended.out << ended.err;
    const json result = report();
    EXPECT_EQ(result["faults"][0]["fired_count"], 1);
    EXPECT_EQ(result["faults"][0]["cut"]["offset_in_message"], 0);
    EXPECT_EQ(result["belief_vs_truth"]["committed_unacked"], 1);
    EXPECT_EQ(result["belief_vs_truth"]["unknown"], 0);
    EXPECT_EQ(result["problems"], json::array());
    EXPECT_EQ(result["target"]["open_before"], (json{{"flows", 1}, {"synchronised", 1}}));
  }
};

// By each of the addresses that the server has, and by the first of them as an IPv6 socket sees it.
class AddressedPool : public PoolTest, public testing::WithParamInterface<std::string> {};

TEST_P(AddressedPool, idle_connection_is_synchronised_at_arming) {
  use_host(GetParam());
  Program shop = start_shop({"--early", "3"});
  ASSERT_NE(shop.out_line("waiting"), "");
  Program run = start(cut_before(shop, 8));
  ASSERT_NE(run.err_line("joined: 1 flow was open before, 1 synchronised"), "");
  ASSERT_NE(run.err_line("armed: cut"), "");
  open_shop();
  expect_cut_and_known(run.wait());
  // Orders 1 to 3 came before: the eighth COMMIT that cutpoint saw was that of order 11.
  EXPECT_NE(shop.out_line("unknown 11"), "");
  EXPECT_EQ(report()["belief_vs_truth"]["committed_acked"].get<int>() >= 7, true);
}

INSTANTIATE_TEST_SUITE_P(address, AddressedPool,
                         testing::Values("127.0.0.1", "[::1]", "[::ffff:127.0.0.1]"),
                         [](const auto& address) {
                           return address.param == "[::1]"  ? "V6"
                                  : address.param[0] == '[' ? "Mapped"
                                                            : "V4";
                         });

// The first message after arming is the COMMIT of a transaction that nobody saw begin.
TEST_F(PoolTest, transaction_that_was_open_before_is_cut_at_its_commit) {
  Program shop = start_shop({"--early", "2", "--mid-order"});
  ASSERT_NE(shop.out_line("waiting"), "");
  Program run = start(cut_before(shop, 1));
  ASSERT_NE(run.err_line("armed: cut"), "");
  open_shop();
  expect_cut_and_known(run.wait());
  EXPECT_NE(shop.out_line("unknown 3"), "");
  const json first = report()["attempts"][0];
  EXPECT_NE(first["xid"], "");
}

// It never rests for long: its boundaries are found in what it says.
TEST_F(PoolTest, busy_connection_is_synchronised_as_it_goes) {
  Program shop = start_shop();
  open_shop();
  ASSERT_NE(shop.out_line("ok 100"), "");
  expect_cut_and_known(start(cut_before(shop, 50)).wait());
}

}  // namespace
}  // namespace cutpoint
