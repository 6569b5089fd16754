// SPDX-License-Identifier: Apache-2.0
// What the picture of a run's timeline shows, prepared: the script of the page only draws it.
//
//   {"begin": ms, "end": ms,             of all that is drawn; times are since the start of the run
//    "groups": [{"label": "db (postgres), 3 flows", "first": lane, "lanes": count}],
//    "lanes":  [{"label": "127.0.0.1:40712", "stretches": [[from, until, class, text]]}],
//    "marks":  [[lane, ms, kind, downstream, seq, count, until, what, flow, more]],
//                                        sorted by time; the last three are places in `texts`
//    "kinds":  ["message", …], "texts": ["", "commit.request", …],
//    "windows": [{"fault": name, "from": ms, "until": ms}],
//    "cuts":   [{"fault": name, "lane": lane, "ms": ms, "seq": n, "short": text, "text": text}],
//    "curves": [{"label": text, "most": n, "points": [[ms, n], …]}],
//    "events": count, "remarks": [text]} what was drawn together, or not at all
//
// Its size is bounded, whatever the run's: marks and points of the same stretch of time become one,
// with their number. Nothing is left out without a remark.
#pragma once

#include <iosfwd>
#include <nlohmann/json.hpp>
#include <string>

#include "controller/util/result.h"

namespace cutpoint::html {

// `timeline`: the lines of a timeline.jsonl. null: it holds no entry. Error (2), which names the
// line: one is JSON, but no entry.
Result<nlohmann::json> picture_of(const nlohmann::json& report, std::istream& timeline);

// The same of a run's directory, or of its report.json. null: no timeline is beside it. Error (2):
// that of another run is, or what is there cannot be read.
Result<nlohmann::json> picture_beside(const nlohmann::json& report, const std::string& path);

}  // namespace cutpoint::html
