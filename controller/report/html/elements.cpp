// SPDX-License-Identifier: Apache-2.0
#include "controller/report/html/elements.h"

#include <algorithm>
#include <array>
#include <fmt/core.h>

#include "controller/report/xml.h"

namespace cutpoint::html {
namespace {

struct Look {
  std::string_view word;
  std::string_view css_class;
  std::string_view sign;
};

constexpr auto looks =
    std::array{Look{"held", "good", "✓"},          Look{"violated", "bad", "✗"},
               Look{"inconclusive", "open", "?"},  Look{"ready", "good", "✓"},
               Look{"not ready", "bad", "✗"},      Look{"not proven", "open", "?"},
               Look{"critical", "critical", "▲▲"}, Look{"high", "high", "▲"},
               Look{"medium", "medium", "◆"},      Look{"low", "low", "▽"},
               Look{"confirmed", "good", "✓"},     Look{"refuted", "bad", "✗"},
               Look{"not_tested", "open", "?"}};

}  // namespace

std::string escaped(std::string_view text) {
  return xml::attribute(text);
}

std::string element(std::string_view name, std::string_view css_class, std::string_view content) {
  if (css_class.empty()) return fmt::format("<{0}>{1}</{0}>", name, content);
  return fmt::format("<{0} class=\"{1}\">{2}</{0}>", name, css_class, content);
}

std::string link(std::string_view target) {
  std::string text = escaped(target);
  if (!target.starts_with("https://")) return text;
  return fmt::format("<a href=\"{0}\" rel=\"noreferrer noopener\">{0}</a>", text);
}

std::string badge(std::string_view word) {
  const auto* look = std::find_if(looks.begin(), looks.end(),
                                  [word](const Look& one) { return one.word == word; });
  std::string shown = escaped(word);
  std::replace(shown.begin(), shown.end(), '_', ' ');
  if (look == looks.end()) return element("span", "badge", shown);
  return fmt::format("<span class=\"badge {}\"><span aria-hidden=\"true\">{}</span> {}</span>",
                     look->css_class, look->sign, shown);
}

std::string list(const nlohmann::json& texts) {
  std::string items;
  for (const nlohmann::json& text : texts) items += element("li", "", escaped(plain(text))) + "\n";
  return items.empty() ? "" : element("ul", "", "\n" + items) + "\n";
}

Table::Table(std::string_view name, std::vector<std::string> head) : head_(std::move(head)) {
  // Said again: the layout of a narrow page takes the roles away.
  text_ = fmt::format(
      "<table role=\"table\" aria-label=\"{}\">\n<thead role=\"rowgroup\"><tr role=\"row\">",
      escaped(name));
  for (const std::string& one : head_) {
    text_ += fmt::format("<th scope=\"col\" role=\"columnheader\">{}</th>", escaped(one));
  }
  text_ += "</tr></thead>\n<tbody role=\"rowgroup\">\n";
}

void Table::row(const std::vector<std::string>& cells) {
  text_ += "<tr role=\"row\">";
  for (std::size_t i = 0; i < cells.size(); ++i) {
    text_ += fmt::format("<td role=\"cell\" data-label=\"{}\"><div>{}</div></td>",
                         escaped(head_[i]), cells[i]);
  }
  text_ += "</tr>\n";
}

std::string Table::take() && {
  return std::move(text_) + "</tbody>\n</table>\n";
}

std::string table(std::string_view name, const PlainTable& plain) {
  if (plain.rows.empty()) return "";
  Table result(name, plain.head);
  for (const auto& row : plain.rows) {
    std::vector<std::string> cells;
    cells.reserve(row.size());
    for (const std::string& cell : row) cells.push_back(escaped(cell));
    result.row(cells);
  }
  return std::move(result).take();
}

std::string pairs(const PlainTable& plain) {
  if (plain.rows.empty()) return "";
  std::string items;
  for (const auto& row : plain.rows) {
    items +=
        fmt::format("<div><dt>{}</dt><dd>{}</dd></div>\n", escaped(row.at(0)), escaped(row.at(1)));
  }
  return element("dl", "pairs", "\n" + items) + "\n";
}

}  // namespace cutpoint::html
