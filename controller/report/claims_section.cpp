// SPDX-License-Identifier: Apache-2.0
#include "controller/report/claims_section.h"

#include <algorithm>
#include <cmath>
#include <string>

namespace cutpoint {
namespace {

using nlohmann::json;

json text_or_null(const std::string& text) {
  return text.empty() ? json(nullptr) : json(text);
}

// Times to the microsecond, as all of a report's; ratios likewise.
json number(const Figure& figure) {
  if (!figure.measured.value) return nullptr;
  const double value = *figure.measured.value;
  constexpr double thousand = 1000;
  switch (figure.info->unit) {
    case FigureUnit::count:
      return static_cast<std::uint64_t>(value);
    case FigureUnit::milliseconds:
      return std::round(value * thousand) / thousand;
    case FigureUnit::ratio:
      return std::round(value * thousand * thousand) / thousand / thousand;
  }
  return nullptr;
}

json condition(const std::optional<ClaimCondition>& of) {
  return of ? json(condition_text(*of)) : json(nullptr);
}

}  // namespace

json figures_section(const std::vector<Figure>& figures) {
  json list = json::array();
  for (const Figure& figure : figures) {
    list.push_back({{"name", figure.info->name},
                    {"of", text_or_null(figure.of)},
                    {"unit", unit_name(figure.info->unit)},
                    {"value", number(figure)},
                    {"why", text_or_null(figure.measured.why)},
                    {"evidence", figure.measured.evidence}});
  }
  return list;
}

json claims_section(const std::vector<JudgedClaim>& claims) {
  json list = json::array();
  for (const JudgedClaim& judged : claims) {
    list.push_back({{"id", judged.claim->id},
                    {"claim", judged.claim->statement},
                    {"source", text_or_null(judged.claim->source)},
                    {"given", condition(judged.claim->given)},
                    {"true_if", condition(judged.claim->true_if)},
                    {"verdict", name(judged.verdict)},
                    {"measured", judged.measured},
                    {"evidence", judged.evidence}});
  }
  return list;
}

json claims_of_runs(const std::vector<json>& reports) {
  json list = json::array();
  for (std::size_t i = 0; i < reports.size(); ++i) {
    for (const json& claim : reports[i].at("claims")) {
      auto row = std::find_if(list.begin(), list.end(), [&claim](const json& one) {
        return one.at("id") == claim.at("id") && one.at("claim") == claim.at("claim");
      });
      if (row == list.end()) {
        list.push_back({{"id", claim.at("id")},
                        {"claim", claim.at("claim")},
                        {"source", claim.at("source")},
                        {"runs", json::array()}});
        row = std::prev(list.end());
      }
      (*row)["runs"].push_back({{"run", i + 1},
                                {"scenario", reports[i].at("scenario")},
                                {"verdict", claim.at("verdict")},
                                {"measured", claim.at("measured")}});
    }
  }
  return list;
}

std::string verdict_words(const json& verdict) {
  auto words = verdict.get<std::string>();
  std::replace(words.begin(), words.end(), '_', ' ');
  return words;
}

std::string figure_text(const json& figure) {
  if (figure.at("value").is_null()) return "–";
  const FigureInfo* info = find_figure(figure.at("name").get<std::string>());
  const FigureUnit unit = info == nullptr ? FigureUnit::ratio : info->unit;
  return value_text(unit, figure.at("value").get<double>());
}

}  // namespace cutpoint
