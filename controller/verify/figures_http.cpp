// SPDX-License-Identifier: Apache-2.0
// The figures of an HTTP service.
#include <algorithm>

#include "controller/verify/figures.h"
#include "controller/verify/http_traffic.h"

namespace cutpoint {
namespace {

Measured wait_of(const HttpRequest& request) {
  return {.value = in_milliseconds(request.waited_ns()), .evidence = request.evidence};
}

Measured median_give_up(const HttpTraffic& traffic) {
  std::vector<const HttpRequest*> given_up;
  for (const HttpRequest& request : traffic.requests) {
    if (request.ordinal > 0 && request.end == HttpEnd::abandoned) given_up.push_back(&request);
  }
  if (given_up.empty()) return {.why = "no client gave a request up"};
  const auto middle = given_up.begin() + static_cast<std::ptrdiff_t>((given_up.size() - 1) / 2);
  std::nth_element(given_up.begin(), middle, given_up.end(),
                   [](const HttpRequest* left, const HttpRequest* right) {
                     return left->waited_ns() < right->waited_ns();
                   });
  return wait_of(**middle);
}

}  // namespace

Figures figures_of_http(const RunFacts& facts, const Verdict& verdict, std::uint8_t service) {
  const auto words = http_words();
  if (!words) return {};
  const HttpTraffic traffic = read_traffic(facts, service, *words);
  const HttpRequest* longest = longest_wait(traffic);
  const auto requests =
      std::count_if(traffic.requests.begin(), traffic.requests.end(),
                    [](const HttpRequest& request) { return request.ordinal > 0; });
  Figures figures;
  figures["http.requests"] = {.value = static_cast<double>(requests)};
  figures["http.longest_wait"] =
      longest == nullptr ? Measured{.why = "there was no request"} : wait_of(*longest);
  figures["http.median_give_up"] = median_give_up(traffic);
  figures["http.requests_per_intended"] =
      ratio_of(facts, verdict, "http.retry_amplification", service);
  if (traffic.gaps.empty()) return figures;
  for (auto& [name, measured] : figures) measured = {.why = traffic.gaps.front()};
  return figures;
}

}  // namespace cutpoint
