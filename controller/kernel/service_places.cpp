// SPDX-License-Identifier: Apache-2.0
#include "controller/kernel/service_places.h"

#include <algorithm>
#include <iterator>

namespace cutpoint {
namespace {

bool same_address(const cut_endpoint& one, const cut_endpoint& other) {
  return std::equal(std::begin(one.address.word), std::end(one.address.word),
                    std::begin(other.address.word));
}

bool is_any_host(const cut_endpoint& endpoint) {
  return same_address(endpoint, cut_endpoint{});
}

bool tells_names(const ServicePlace& place) {
  return (place.value & 0xff) == CUT_SERVICE_UNDECIDED;
}

std::uint32_t value_of(const InstalledService& service, std::size_t index) {
  const auto number = static_cast<std::uint32_t>(index);
  if (service.config.name_length == 0) return number;
  return CUT_SERVICE_UNDECIDED | 1U << (CUT_SERVICE_NAMED_SHIFT + number);
}

}  // namespace

std::vector<ServicePlace> service_places(const std::vector<InstalledService>& services) {
  std::vector<ServicePlace> places;
  for (std::size_t i = 0; i < services.size(); ++i) {
    for (const cut_endpoint& endpoint : services[i].endpoints) {
      const auto known = std::find_if(places.begin(), places.end(), [&](const ServicePlace& place) {
        return place.endpoint.port == endpoint.port && same_address(place.endpoint, endpoint);
      });
      if (known == places.end()) {
        places.push_back({endpoint, value_of(services[i], i)});
      } else {
        known->value |= value_of(services[i], i);
      }
    }
  }
  for (ServicePlace& place : places) {
    for (const ServicePlace& wide : places) {
      if (is_any_host(wide.endpoint) && wide.endpoint.port == place.endpoint.port &&
          tells_names(wide) && tells_names(place)) {
        place.value |= wide.value;
      }
    }
  }
  return places;
}

}  // namespace cutpoint
