// SPDX-License-Identifier: Apache-2.0
// Claims on a terminal.
#include <algorithm>
#include <fmt/core.h>

#include "controller/report/claims_section.h"
#include "controller/report/text_sections.h"

namespace cutpoint {
namespace {

using nlohmann::json;

// Neither is better than the other: a claim that is refuted is no fault of the target's.
Colour colour_of(const json& verdict) {
  return verdict == "not_tested" ? Colour::dim : Colour::bold;
}

std::string text_of(const json& object, const char* key) {
  return object.at(key).get<std::string>();
}

// "… (says the runbook)"
std::string with_source(const json& claim) {
  const std::string text = text_of(claim, "claim");
  return claim.at("source").is_null() ? text
                                      : fmt::format("{} ({})", text, text_of(claim, "source"));
}

std::size_t widest_id(const json& claims) {
  std::size_t width = 0;
  for (const json& claim : claims) width = std::max(width, display_width(text_of(claim, "id")));
  return width + 1;
}

}  // namespace

void show_claims(Page& page, const json& claims) {
  if (claims.empty()) return;
  const std::size_t width = widest_id(claims);
  page.heading("Claims");
  for (const json& claim : claims) {
    page.item(2, text_of(claim, "id"), width, with_source(claim), Colour::bold);
    page.item(3 + width, verdict_words(claim.at("verdict")), 10, text_of(claim, "measured"),
              colour_of(claim.at("verdict")));
  }
}

void show_claims_of_runs(Page& page, const json& claims) {
  if (claims.empty()) return;
  const std::size_t width = widest_id(claims);
  page.heading("Claims");
  for (const json& claim : claims) {
    page.item(2, text_of(claim, "id"), width, with_source(claim), Colour::bold);
    for (const json& run : claim.at("runs")) {
      page.item(3 + width, verdict_words(run.at("verdict")), 10,
                fmt::format("{} (run {}): {}", text_of(run, "name"), run.at("run").get<int>(),
                            text_of(run, "measured")),
                colour_of(run.at("verdict")));
    }
  }
}

}  // namespace cutpoint
