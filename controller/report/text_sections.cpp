// SPDX-License-Identifier: Apache-2.0
#include "controller/report/text_sections.h"

#include <algorithm>
#include <array>
#include <cctype>
#include <chrono>
#include <cmath>
#include <fmt/core.h>
#include <string>

#include "controller/util/duration.h"
#include "controller/verify/phrases.h"

namespace cutpoint {
namespace {

using nlohmann::json;

struct Mark {
  std::string_view sign;
  Colour colour;
};

Mark mark_of(const std::string& outcome) {
  if (outcome == "held") return {"✓", Colour::green};
  if (outcome == "violated") return {"✗", Colour::red};
  return {"?", Colour::yellow};
}

std::string upper(std::string text) {
  std::transform(text.begin(), text.end(), text.begin(),
                 [](unsigned char character) { return std::toupper(character); });
  return text;
}

std::string milliseconds_text(double milliseconds) {
  return format_duration(std::chrono::nanoseconds(std::llround(milliseconds * 1e6)));
}

std::string exit_meaning(const json& report) {
  switch (report.at("exit_code").get<int>()) {
    case 0:
      return report.at("invariants").empty() ? "every fault did its work; nothing was to be judged"
                                             : "all invariants held";
    case 1:
      return "an invariant was violated";
    case 4:
      return "inconclusive: this run proves nothing either way";
    case 130:
      return "interrupted; the faults were removed";
    default:
      return "see the README, exit codes";
  }
}

// "; the target is not ready for this"
std::string readiness_text(const json& report) {
  const auto readiness = report.at("readiness").get<std::string>();
  if (readiness == "ready with findings") return "; the target is ready for this but for the above";
  return readiness == "unknown" ? "" : fmt::format("; the target is {} for this", readiness);
}

constexpr std::size_t fault_labels = 10;

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

std::string wanted_text(const json& fault) {
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
  std::string text =
      fmt::format("{}, {} of payload", counted(count_of(fault, "segments_swallowed"), "segment"),
                  counted(count_of(fault, "bytes_swallowed"), "byte"));
  if (const auto shortened = count_of(fault, "segments_truncated"); shortened > 0) {
    text += fmt::format("; {} shortened at the cut", counted(shortened, "segment"));
  }
  return text;
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
    return fmt::format("cgroup {} frozen {}", fault.at("frozen_cgroup").get<std::string>(),
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

void show_fault(Page& page, const json& fault, const json& why_not_fired) {
  const auto row = [&page](std::string_view label, const std::string& text) {
    page.item(2, label, fault_labels, text, Colour::dim);
  };
  page.heading("Fault " + fault.at("name").get<std::string>());
  row("what", what_text(fault));
  row("where", fault.at("cut").is_null() ? wanted_text(fault) : where_text(fault));
  if (!fault.at("fired").is_null()) {
    row("when", when_text(fault));
    if (count_of(fault, "segments_held") > 0) row("held", held_text(fault));
    if (count_of(fault, "segments_swallowed") + count_of(fault, "segments_truncated") > 0) {
      row("swallowed", swallowed_text(fault));
    }
    if (const std::string done = done_text(fault); !done.empty()) row("done", done);
    if (count_of(fault, "resets_sent") + count_of(fault, "resets_failed") > 0) {
      row("reset", reset_text(fault));
    }
    row("TCP", tcp_text(fault));
  } else if (const auto would = count_of(fault, "would_fire"); would > 0) {
    row("when", "it would have fired " + occasions(would));
  }
  for (const json& reason : why_not_fired) {
    if (reason.at("fault") != fault.at("name")) continue;
    row("not fired", reason.at("why").get<std::string>());
  }
}

std::string cell(const json& counts, const char* key) {
  return fmt::format("{:>11}", counts.at(key).get<int>());
}

// The counts that are rarely anything but 0.
std::string remarkable(const json& counts) {
  constexpr auto remarks = std::array<std::pair<const char*, std::string_view>, 4>{{
      {"unknown", "not known"},
      {"ghost", "executed after the client had gone"},
      {"resolved", "found out afterwards"},
      {"duplicate", "ids committed more than once"},
  }};
  std::string text;
  for (const auto& [key, words] : remarks) {
    const int count = counts.at(key).get<int>();
    if (count > 0) text += fmt::format("{}{}: {}", text.empty() ? "" : "; ", words, count);
  }
  return text;
}

std::string invariants_text(const json& report) {
  const json& all = report.at("invariants");
  const auto violated = std::count_if(all.begin(), all.end(), [](const json& invariant) {
    return invariant.at("outcome") == "violated";
  });
  if (violated > 0)
    return fmt::format(": {} of {} violated", violated, counted(all.size(), "invariant"));
  return "";
}

void show_invariant(Page& page, const json& invariant, std::size_t name_width) {
  const auto outcome = invariant.at("outcome").get<std::string>();
  const Mark mark = mark_of(outcome);
  const auto name = invariant.at("name").get<std::string>();
  const std::string label = fmt::format("{} {}", mark.sign, padded(name, name_width + 1));
  page.item(2, label, 0, invariant.at("observed").get<std::string>(), mark.colour);
  if (outcome == "held") return;
  const std::size_t column = name_width + 5;
  page.item(column, "", 0,
            fmt::format("expected: {} ({})", invariant.at("expected").get<std::string>(),
                        invariant.at("severity").get<std::string>()));
}

}  // namespace

void show_headline(Page& page, const json& report) {
  const auto outcome = report.at("outcome").get<std::string>();
  const Mark mark = mark_of(outcome);
  page.line(fmt::format("{} {} {} (exit {}){}", page.paint(mark.sign, mark.colour),
                        page.paint(report.at("scenario").get<std::string>(), Colour::bold),
                        page.paint(upper(outcome), mark.colour), report.at("exit_code").get<int>(),
                        invariants_text(report)));
  if (const auto title = report.at("title").get<std::string>(); !title.empty()) {
    page.paragraph(2, title);
  }
}

void show_inconclusive(Page& page, const json& report) {
  const json& reasons = report.at("inconclusive_because");
  if (reasons.empty()) return;
  page.heading("Inconclusive because");
  for (const json& reason : reasons) page.item(2, "-", 1, reason.get<std::string>());
}

void show_faults(Page& page, const json& report) {
  for (const json& fault : report.at("faults")) {
    show_fault(page, fault, report.at("why_not_fired"));
  }
}

void show_summary(Page& page, const json& report) {
  page.heading("What happened");
  for (const json& line : report.at("summary")) page.paragraph(2, line.get<std::string>());
}

void show_belief_and_truth(Page& page, const json& report) {
  const json& services = report.at("services");
  if (std::none_of(services.begin(), services.end(),
                   [](const json& service) { return service.at("protocol") == "postgres"; })) {
    return;
  }
  const json& counts = report.at("belief_vs_truth");
  page.heading("Belief × truth");
  page.line(page.paint("  the client was   committed    aborted   in the database", Colour::dim));
  page.line("  told         " + cell(counts, "committed_acked") + cell(counts, "aborted_acked"));
  page.line("  not told     " + cell(counts, "committed_unacked") +
            cell(counts, "aborted_unacked"));
  if (const std::string others = remarkable(counts); !others.empty()) page.paragraph(2, others);
  const json& latency = report.at("commit_latency");
  if (latency.at("count").get<int>() == 0) return;
  page.paragraph(2, fmt::format("from COMMIT to its answer: median {}, longest {}",
                                milliseconds_text(latency.at("p50_ms").get<double>()),
                                milliseconds_text(latency.at("max_ms").get<double>())));
}

void show_invariants(Page& page, const json& report) {
  const json& invariants = report.at("invariants");
  if (invariants.empty()) return;
  std::size_t name_width = 0;
  for (const json& invariant : invariants) {
    name_width = std::max(name_width, invariant.at("name").get<std::string>().size());
  }
  page.heading("Invariants");
  for (const json& invariant : invariants) show_invariant(page, invariant, name_width);
}

void show_findings(Page& page, const json& report) {
  const json& findings = report.at("findings");
  if (findings.empty()) return;
  page.heading("Findings");
  int number = 0;
  for (const json& finding : findings) {
    const std::string severity = finding.at("severity").get<std::string>();
    page.item(2, fmt::format("{}.", ++number), 2,
              fmt::format("[{}] {}", severity, finding.at("title").get<std::string>()));
    for (const char* part : {"impact", "component", "remedy"}) {
      page.item(5, part, 9, finding.at(part).get<std::string>(), Colour::dim);
    }
  }
}

void show_end(Page& page, const json& report) {
  page.blank();
  for (const json& problem : report.at("problems")) {
    if (report.at("inconclusive_because").empty()) {
      page.item(0, "problem:", 0, problem.get<std::string>(), Colour::yellow);
    }
  }
  page.item(0, fmt::format("exit {}:", report.at("exit_code").get<int>()), 0,
            exit_meaning(report) + readiness_text(report));
  if (report.contains("out")) {
    std::string files = report.at("out").get<std::string>();
    if (report.contains("not_written")) {
      files += "; not written: " + listed(report.at("not_written").get<std::vector<std::string>>());
    }
    page.item(0, "files in", 0, files);
  }
}

}  // namespace cutpoint
