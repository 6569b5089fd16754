// SPDX-License-Identifier: Apache-2.0
#include "controller/report/fault_text.h"

#include <chrono>
#include <cmath>
#include <fmt/core.h>

#include "controller/util/duration.h"
#include "controller/verify/phrases.h"

namespace cutpoint {
namespace {

using nlohmann::json;

std::string what_text(const json& fault) {
  const json& act = fault.at("do");
  std::string text = act.at("kind").get<std::string>() + " " + act.at("value").get<std::string>();
  if (act.value("then", "silence") != "silence") {
    text += ", then " + act.at("then").get<std::string>();
  }
  if (act.value("jitter_ms", 0.0) > 0) {
    text += " ± " + milliseconds_text(act.at("jitter_ms").get<double>());
  }
  if (act.contains("scope")) text += ", scope " + act.at("scope").get<std::string>();
  if (act.contains("for_ms")) {
    text += ", for " + milliseconds_text(act.at("for_ms").get<double>());
  }
  if (act.value("acks", "drop") == "pass") text += ", acks pass";
  if (act.contains("heal")) text += ", heal " + act.at("heal").get<std::string>();
  if (!fault.at("after").is_null()) text += ", after " + fault.at("after").get<std::string>();
  if (!fault.at("while").is_null()) text += ", while " + fault.at("while").get<std::string>();
  if (act.at("mode") == "observe") text += "; observe mode: counted, not done";
  return text;
}

std::string position_text(const json& at) {
  return at.at("position").is_null() ? "at" : at.at("position").get<std::string>();
}

}  // namespace

std::string trigger_text(const json& fault) {
  const json& at = fault.at("at");
  std::string text =
      fmt::format("{} {}, from the {} on {}", position_text(at), at.at("moment").get<std::string>(),
                  ordinal(at.at("nth").get<std::uint64_t>()), at.at("service").get<std::string>());
  if (const auto every = at.at("every").get<std::uint64_t>(); every > 1) {
    text += fmt::format(", every {}", ordinal(every));
  }
  if (const auto probability = at.at("probability").get<double>(); probability < 1) {
    text += fmt::format(", with probability {}", probability);
  }
  if (!at.at("once_per").is_null()) text += ", once per flow";
  return text;
}

std::string where_text(const json& fault) {
  const json& cut = fault.at("cut");
  std::string text =
      fmt::format("{} {} on {}", position_text(cut), cut.at("moment").get<std::string>(),
                  cut.at("flow").get<std::string>());
  if (!cut.at("offset_in_message").is_null()) {
    text += fmt::format(", sequence number {}: {} of the message's {} bytes {}",
                        cut.at("seq").get<std::uint32_t>(),
                        cut.at("offset_in_message").get<std::uint32_t>(),
                        cut.at("message_bytes").get<std::uint32_t>(),
                        cut.at("position").is_null() ? "lie before it" : "had passed");
  }
  if (const auto late = cut.at("late_by").get<std::uint32_t>(); late > 0) {
    text += fmt::format(", {} later than wanted, for they had left before", counted(late, "byte"));
  }
  if (cut.at("collateral").get<bool>()) text += "; its segment carried other messages as well";
  return text;
}

std::string cut_text(const json& cut) {
  std::string text = position_text(cut) + " " + cut.at("moment").get<std::string>();
  if (cut.at("offset_in_message").is_null()) return text;
  return text + fmt::format(", byte {} of {}, seq {}",
                            cut.at("offset_in_message").get<std::uint32_t>(),
                            cut.at("message_bytes").get<std::uint32_t>(),
                            cut.at("seq").get<std::uint32_t>());
}

namespace {

std::string when_text(const json& fault) {
  const double fired = fault.at("fired").get<double>();
  std::string text = "fired at " + milliseconds_text(fired);
  const auto count = fault.at("fired_count").get<std::uint64_t>();
  const auto times = fault.at("at").at("times").get<std::uint64_t>();
  if (count > 1)
    text = fmt::format("fired {}, first at {}", occasions(count), milliseconds_text(fired));
  if (count < times) text += fmt::format(" (of at most {} times)", times);
  if (fault.at("healed").is_null()) return text + ", never healed";
  const double healed = fault.at("healed").get<double>();
  if (count > 1) return text + ", last healed at " + milliseconds_text(healed);
  return text + fmt::format(", healed at {}, {} later", milliseconds_text(healed),
                            milliseconds_text(healed - fired));
}

std::uint64_t count_of(const json& fault, const char* what) {
  return fault.at(what).get<std::uint64_t>();
}

std::string swallowed_text(const json& fault) {
  const auto whole = count_of(fault, "segments_swallowed");
  const auto shortened = count_of(fault, "segments_truncated");
  std::vector<std::string> what;
  if (whole > 0 || shortened == 0) what.push_back(counted(whole, "segment"));
  if (shortened > 0)
    what.push_back("what " + counted(shortened, "segment") + " had behind the cut");
  return fmt::format("{}, {} of payload", listed(what),
                     counted(count_of(fault, "bytes_swallowed"), "byte"));
}

std::string held_text(const json& fault) {
  std::string text = counted(count_of(fault, "segments_held"), "segment");
  if (const auto copies = count_of(fault, "copies"); copies > 0) {
    text += fmt::format("; swallowed {} cop{}", copies, copies == 1 ? "y" : "ies");
  }
  return text;
}

// What was done beside cutting; empty: nothing.
std::string done_text(const json& fault) {
  if (count_of(fault, "segments_altered") > 0) {
    return counted(count_of(fault, "segments_altered"), "segment") + " changed on its way";
  }
  if (count_of(fault, "segments_duplicated") > 0) {
    return fmt::format("{} sent twice; of {} its receiver says so (DSACK)",
                       counted(count_of(fault, "segments_duplicated"), "segment"),
                       count_of(fault, "dsacks"));
  }
  if (count_of(fault, "refused") > 0)
    return counted(count_of(fault, "refused"), "SYN") + " answered by an RST";
  if (count_of(fault, "frozen") > 0) {
    const json& cgroup = fault.at("frozen_cgroup");
    return fmt::format("cgroup {}frozen {}",
                       cgroup.is_null() ? "" : cgroup.get<std::string>() + " ",
                       occasions(count_of(fault, "frozen")));
  }
  if (count_of(fault, "signalled") > 0) {
    return fmt::format("{} signalled, in {} own system call",
                       count_of(fault, "signalled") == 1
                           ? "1 process"
                           : fmt::format("{} processes", count_of(fault, "signalled")),
                       count_of(fault, "signalled") == 1 ? "its" : "their");
  }
  return "";
}

std::string reset_text(const json& fault) {
  std::string text = counted(count_of(fault, "resets_sent"), "connection");
  if (const auto open = count_of(fault, "resets_unconfirmed"); open > 0) {
    text += fmt::format("; not confirmed by the service: {}, which one on another host never does",
                        open);
  }
  if (const auto failed = count_of(fault, "resets_failed"); failed > 0) {
    text += fmt::format("; not reset: {}", failed);
  }
  return text;
}

std::string tcp_text(const json& fault) {
  std::string text = fmt::format("{} while it was on (target {}, service {})",
                                 counted(count_of(fault, "retransmits"), "retransmission"),
                                 fault.at("retransmits_target").get<int>(),
                                 fault.at("retransmits_peer").get<int>());
  if (const auto rto = fault.at("longest_rto_ms").get<std::uint32_t>(); rto > 0) {
    text += ", timer backed off to " + milliseconds_text(rto);
  }
  if (const auto resets = count_of(fault, "resets"); resets > 0) {
    text += "; " + counted(resets, "reset");
  }
  return text;
}

}  // namespace

std::string milliseconds_text(double milliseconds) {
  return format_duration(std::chrono::nanoseconds(std::llround(milliseconds * 1e6)));
}

std::string fate_of(const json& fault) {
  if (!fault.at("fired").is_null()) return when_text(fault);
  const auto would = count_of(fault, "would_fire");
  return would > 0 ? "would have fired " + occasions(would) : "never fired";
}

std::vector<Line> fault_lines(const json& fault, const json& why_not_fired) {
  std::vector<Line> lines;
  lines.push_back({"what", what_text(fault)});
  lines.push_back({"where", fault.at("cut").is_null() ? trigger_text(fault) : where_text(fault)});
  if (!fault.at("fired").is_null()) {
    lines.push_back({"when", when_text(fault)});
    if (count_of(fault, "segments_held") > 0) lines.push_back({"held", held_text(fault)});
    if (count_of(fault, "segments_swallowed") + count_of(fault, "segments_truncated") > 0) {
      lines.push_back({"swallowed", swallowed_text(fault)});
    }
    if (std::string done = done_text(fault); !done.empty()) lines.push_back({"done", done});
    if (count_of(fault, "resets_sent") + count_of(fault, "resets_failed") > 0) {
      lines.push_back({"reset", reset_text(fault)});
    }
    lines.push_back({"TCP", tcp_text(fault)});
  } else if (const auto would = count_of(fault, "would_fire"); would > 0) {
    lines.push_back({"when", "it would have fired " + occasions(would)});
  }
  for (const json& reason : why_not_fired) {
    if (reason.at("fault") != fault.at("name")) continue;
    lines.push_back({"not fired", reason.at("why").get<std::string>()});
  }
  return lines;
}

}  // namespace cutpoint
