// SPDX-License-Identifier: Apache-2.0
#include "controller/report/claims_section.h"

#include <algorithm>
#include <cmath>
#include <string>

#include "controller/report/fault_section.h"
#include "controller/verify/phrases.h"

namespace cutpoint {
namespace {

using nlohmann::json;

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

// "… was at least 1 and … held"
json all_conditions(const std::vector<ClaimCondition>& all) {
  if (all.empty()) return nullptr;
  std::vector<std::string> texts;
  texts.reserve(all.size());
  for (const ClaimCondition& one : all) texts.push_back(condition_text(one));
  return listed(texts, texts.size());
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
                    {"given", all_conditions(judged.claim->given)},
                    {"true_if", condition(judged.claim->true_if)},
                    {"verdict", name(judged.verdict)},
                    {"measured", judged.measured},
                    {"evidence", judged.evidence}});
  }
  return list;
}

std::string verdict_words(const json& verdict) {
  auto words = verdict.get<std::string>();
  std::replace(words.begin(), words.end(), '_', ' ');
  return words;
}

std::string figure_text(const json& figure, const char* key) {
  if (figure.at(key).is_null()) return "–";
  const FigureInfo* info = find_figure(figure.at("name").get<std::string>());
  const FigureUnit unit = info == nullptr ? FigureUnit::ratio : info->unit;
  return value_text(unit, figure.at(key).get<double>());
}

}  // namespace cutpoint
