// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <fmt/core.h>

#include "controller/report/fault_text.h"
#include "controller/report/html/elements.h"
#include "controller/report/html/run.h"

namespace cutpoint::html {
namespace {

using nlohmann::json;

// In a script element, where `</script>` and `<!--` would be read.
std::string script_json(const json& value) {
  const std::string text = value.dump(-1, ' ', false, json::error_handler_t::replace);
  std::string result;
  result.reserve(text.size());
  for (const char character : text) {
    if (character == '<') {
      result += "\\u003c";
    } else {
      result += character;
    }
  }
  return result;
}

std::string button(const char* action, const char* sign, const char* label) {
  return fmt::format(
      "<button type=\"button\" data-action=\"{}\" aria-label=\"{}\" title=\"{}\">{}</button>\n",
      action, label, label, sign);
}

std::string controls() {
  return element("div", "controls",
                 "\n" + button("in", "+", "zoom in") + button("out", "−", "zoom out") +
                     button("all", "whole run", "show the whole run") +
                     button("fault", "to the cut", "show the next cut from close by"));
}

// What the colours and shapes mean: the script draws their samples.
std::string legend() {
  const std::pair<const char*, const char*> entries[] = {
      {"message", "message: up to the service, down from it"},
      {"held", "segment or message that a fault held back"},
      {"retransmit", "TCP retransmission, timer"},
      {"reset", "reset"},
      {"fault", "fault fired"},
      {"note", "note"},
      {"window", "fault was on"}};
  std::string text;
  for (const auto& [sample, meaning] : entries) {
    text += fmt::format("<li><span class=\"sample {}\" aria-hidden=\"true\"></span>{}</li>\n",
                        sample, meaning);
  }
  return element("ul", "legend", "\n" + text);
}

// The cut that began this window; nullptr: none did.
const json* first_in(const json& cuts, const json& window) {
  const auto found = std::find_if(cuts.begin(), cuts.end(), [&](const json& cut) {
    return cut.at("fault") == window.at("fault") && cut.at("ms") == window.at("from");
  });
  return found == cuts.end() ? nullptr : &*found;
}

std::string cut_words(const json& cut) {
  return fmt::format("{} (entry {})", plain(cut.at("text")), plain(cut.at("seq")));
}

// Faults and cuts in words: also for those who do not see the picture, or run no script.
std::string in_words(const json& picture) {
  Table table("Faults in the picture", {"fault", "on from", "where"});
  for (const json& window : picture.at("windows")) {
    const json* cut = first_in(picture.at("cuts"), window);
    table.row({escaped(plain(window.at("fault"))),
               escaped(fmt::format("{} to {}", milliseconds_text(window.at("from").get<double>()),
                                   milliseconds_text(window.at("until").get<double>()))),
               cut == nullptr ? "on again" : escaped(cut_words(*cut))});
  }
  return picture.at("windows").empty() ? "" : std::move(table).take();
}

}  // namespace

std::string figure(const json& picture, std::size_t number) {
  if (picture.is_null()) {
    return "<p>No picture: there is no timeline.jsonl beside this report.</p>\n";
  }
  std::string remarks = fmt::format("{} entries of the timeline.", plain(picture.at("events")));
  for (const json& remark : picture.at("remarks")) remarks += " " + plain(remark) + ".";
  return fmt::format(
      "<figure class=\"picture\" id=\"picture-{0}\">\n{1}\n"
      "<div class=\"canvas\" tabindex=\"0\" role=\"group\" aria-label=\"Timeline of run {0}\" "
      "aria-describedby=\"keys-{0}\"><noscript>The picture is drawn by a script; the table below "
      "says when each fault was on, and where it cut.</noscript></div>\n"
      "<p class=\"readout\" role=\"status\" aria-live=\"polite\"></p>\n{2}\n"
      "<p class=\"hint\" id=\"keys-{0}\">Zoom: the buttons, + and −, or the wheel once the picture "
      "has the focus. Move: drag, or ← and →. N and P go to the next and previous event. 0 shows "
      "the whole run.</p>\n"
      "<figcaption>{3}</figcaption>\n{4}"
      "<script type=\"application/json\">{5}</script>\n</figure>\n",
      number, controls(), legend(), escaped(remarks), in_words(picture), script_json(picture));
}

}  // namespace cutpoint::html
