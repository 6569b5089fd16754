// SPDX-License-Identifier: Apache-2.0
#include "controller/util/links.h"

#include <algorithm>
#include <gtest/gtest.h>
#include <linux/if_arp.h>
#include <unistd.h>

namespace cutpoint {
namespace {

TEST(Links, LoopbackIsListedAsEthernet) {
  const auto interfaces = list_interfaces();
  ASSERT_TRUE(interfaces);
  const auto lo = std::find_if(interfaces->begin(), interfaces->end(),
                               [](const Interface& i) { return i.loopback; });
  ASSERT_NE(lo, interfaces->end());
  EXPECT_EQ(lo->name, "lo");
  EXPECT_EQ(lo->link_layer, LinkLayer::ethernet);
  EXPECT_GT(lo->mtu, 0U);
}

TEST(Links, HeaderBeforeTheIpHeader) {
  EXPECT_EQ(link_layer_of(ARPHRD_ETHER), LinkLayer::ethernet);
  EXPECT_EQ(link_layer_of(ARPHRD_LOOPBACK), LinkLayer::ethernet);
  EXPECT_EQ(link_layer_of(ARPHRD_NONE), LinkLayer::none);
  EXPECT_EQ(link_layer_of(ARPHRD_TUNNEL), LinkLayer::none);
  EXPECT_EQ(link_layer_of(ARPHRD_PPP), LinkLayer::unsupported);
  EXPECT_EQ(link_layer_of(ARPHRD_INFINIBAND), LinkLayer::unsupported);
}

TEST(Links, OurNamesFitAndTellTheirMaker) {
  const std::string name = our_device_name('a');
  EXPECT_TRUE(name.starts_with("cutpoint"));
  EXPECT_LE(name.size(), 15U);
  EXPECT_EQ(maker_of_device(name), ::getpid());
  EXPECT_EQ(maker_of_device("cutpoint2hwcwb"), 4194320) << "beyond the largest pid";
}

TEST(Links, NamesOfOthersTellNoMaker) {
  for (const char* name : {"eth0", "cutpoint", "cutpointa", "cutpoint-1a", "cutpoin1a", ""}) {
    EXPECT_EQ(maker_of_device(name), 0) << name;
  }
}

TEST(Links, NamesThatCannotBeAreRefused) {
  EXPECT_FALSE(delete_interface(""));
  EXPECT_FALSE(delete_interface("sixteen-chars-xx"));
}

}  // namespace
}  // namespace cutpoint
