// SPDX-License-Identifier: Apache-2.0
// Which services the kernel looks for behind an address, where names tell them apart.
#include "controller/kernel/service_places.h"

#include <arpa/inet.h>
#include <gtest/gtest.h>

namespace cutpoint {
namespace {

cut_endpoint host(int last, std::uint16_t port) {
  cut_endpoint endpoint{};
  endpoint.port = port;
  endpoint.address.word[2] = htonl(0xffff);
  endpoint.address.word[3] = htonl(0x0a000000U + static_cast<unsigned>(last));
  return endpoint;
}

cut_endpoint any_host(std::uint16_t port) {
  cut_endpoint endpoint{};
  endpoint.port = port;
  return endpoint;
}

InstalledService by_address(const cut_endpoint& endpoint) {
  InstalledService service;
  service.endpoints = {endpoint};
  return service;
}

InstalledService by_name(const cut_endpoint& endpoint) {
  InstalledService service = by_address(endpoint);
  service.config.name_length = 4;
  return service;
}

std::uint32_t named(std::initializer_list<int> services) {
  std::uint32_t value = CUT_SERVICE_UNDECIDED;
  for (const int service : services) value |= 1U << (CUT_SERVICE_NAMED_SHIFT + service);
  return value;
}

TEST(ServicePlaces, AnAddressIsOneService) {
  const auto places = service_places({by_address(host(1, 443)), by_address(host(2, 443))});
  ASSERT_EQ(places.size(), 2U);
  EXPECT_EQ(places[0].value, 0U);
  EXPECT_EQ(places[1].value, 1U);
}

TEST(ServicePlaces, NamesShareAPlace) {
  const auto places = service_places({by_name(any_host(443)), by_name(any_host(443))});
  ASSERT_EQ(places.size(), 1U);
  EXPECT_EQ(places[0].value, named({0, 1}));
}

TEST(ServicePlaces, NamesOfAnyHostAreToldAtOneHostToo) {
  const auto places =
      service_places({by_name(host(1, 443)), by_name(any_host(443)), by_name(any_host(8443))});
  ASSERT_EQ(places.size(), 3U);
  EXPECT_EQ(places[0].value, named({0, 1}));
  EXPECT_EQ(places[1].value, named({1}));
  EXPECT_EQ(places[2].value, named({2}));
}

TEST(ServicePlaces, AnAddressWithoutANameGoesBeforeNames) {
  const auto places = service_places({by_name(any_host(443)), by_address(host(1, 443))});
  ASSERT_EQ(places.size(), 2U);
  EXPECT_EQ(places[0].value, named({0}));
  EXPECT_EQ(places[1].value, 1U);
}

}  // namespace
}  // namespace cutpoint
