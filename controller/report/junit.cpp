// SPDX-License-Identifier: Apache-2.0
// JUnit XML, which has no standard: what both Jenkins' schema (junit-10.xsd of its xUnit plugin)
// and that of Ant's JUnitReport take: testsuites > testsuite > properties, testcase…, system-out,
// system-err, in this order.
#include <ctime>
#include <fmt/chrono.h>
#include <fmt/core.h>
#include <map>

#include "controller/report/report.h"
#include "controller/report/run_names.h"
#include "controller/report/run_tables.h"
#include "controller/report/xml.h"
#include "controller/verify/phrases.h"

namespace cutpoint {
namespace {

using nlohmann::json;

constexpr int columns = 100;

struct TestCase {
  std::string name;
  std::string element;  // "failure", "error"; empty: it passed
  std::string type;
  std::string message;
  std::string text;
};

std::string text_of(const json& object, const char* key) {
  return object.at(key).get<std::string>();
}

std::string evidence_words(const json& evidence) {
  return evidence.empty() ? "none" : "timeline.jsonl, n = " + evidence_text(evidence);
}

// What was found for the invariant, for whoever reads nothing but the failure.
std::string finding_text(const json& invariant, const json& findings) {
  std::string text;
  for (const json& finding : findings) {
    if (finding.at("invariant") != invariant.at("name") ||
        finding.at("evidence") != invariant.at("evidence")) {
      continue;
    }
    text += fmt::format("finding: {}\n", text_of(finding, "title"));
    for (const char* part : {"impact", "component", "remedy", "reference"}) {
      if (finding.at(part).is_null()) continue;
      text += fmt::format("{}: {}\n", part, text_of(finding, part));
    }
  }
  return text;
}

TestCase case_of(const json& invariant, const json& findings) {
  TestCase test;
  test.name = text_of(invariant, "name");
  const std::string outcome = text_of(invariant, "outcome");
  if (outcome == "held") return test;
  test.element = outcome == "violated" ? "failure" : "error";
  test.type = outcome == "violated" ? text_of(invariant, "severity") : outcome;
  test.message = text_of(invariant, "observed");
  test.text = fmt::format("severity: {}\nexpected: {}\nobserved: {}\nevidence: {}\n",
                          text_of(invariant, "severity"), text_of(invariant, "expected"),
                          test.message, evidence_words(invariant.at("evidence")));
  if (outcome == "violated") test.text += finding_text(invariant, findings);
  return test;
}

TestCase never_fired(const json& fault) {
  const std::string why = text_of(fault, "why");
  return {"fault " + text_of(fault, "fault"), "error", "never fired", why, why + "\n"};
}

// Where a run proves nothing, invariants that seem to hold must not make a suite that passed.
TestCase proves_nothing(const json& report) {
  std::vector<std::string> reasons = report.at("inconclusive_because");
  if (report.at("interrupted").get<bool>()) reasons.emplace_back("the run was interrupted");
  std::string text;
  for (const std::string& reason : reasons) text += reason + "\n";
  return {"the run proves something", "error", "inconclusive",
          reasons.empty() ? "" : reasons.front(), text};
}

std::vector<TestCase> cases_of(const json& report) {
  std::vector<TestCase> cases;
  for (const json& invariant : report.at("invariants")) {
    cases.push_back(case_of(invariant, report.at("findings")));
  }
  for (const json& fault : report.at("why_not_fired")) cases.push_back(never_fired(fault));
  if (report.at("outcome") == "inconclusive" || report.at("interrupted").get<bool>()) {
    cases.push_back(proves_nothing(report));
  }
  // The same invariant of two services: readers of JUnit XML know a test case by its name.
  std::map<std::string, int> seen;
  for (TestCase& test : cases) {
    if (const int times = ++seen[test.name]; times > 1) test.name += fmt::format(" #{}", times);
  }
  return cases;
}

std::string case_xml(const TestCase& test, const std::string& suite) {
  const std::string head =
      fmt::format("    <testcase classname=\"{}\" name=\"{}\" time=\"0\"",
                  xml::attribute("cutpoint." + suite), xml::attribute(test.name));
  if (test.element.empty()) return head + "/>\n";
  return fmt::format("{}>\n      <{} type=\"{}\" message=\"{}\">{}</{}>\n    </testcase>\n", head,
                     test.element, xml::attribute(test.type), xml::attribute(test.message),
                     xml::content(test.text), test.element);
}

std::string property(const std::string& name, const std::string& value) {
  return fmt::format("      <property name=\"{}\" value=\"{}\"/>\n", xml::attribute(name),
                     xml::attribute(value));
}

std::string properties(const json& report) {
  const json& readiness = report.at("readiness");
  std::string text = "    <properties>\n";
  text += property("title", text_of(report, "title"));
  text += property("outcome", text_of(report, "outcome"));
  text += property("exit_code", report.at("exit_code").dump());
  text += property("readiness", text_of(readiness, "verdict"));
  text += property("seed", report.at("seed").dump());
  text += property("cutpoint.version", text_of(report.at("cutpoint"), "version"));
  text += property("cutpoint.revision", text_of(report.at("cutpoint"), "revision"));
  text += property("kernel", text_of(report.at("host"), "kernel"));
  for (const json& claim : report.at("claims")) {
    text += property("claim." + text_of(claim, "id"), text_of(claim, "verdict"));
  }
  return text + "    </properties>\n";
}

std::string lines_of(const json& list) {
  std::string text;
  for (const json& line : list) text += line.get<std::string>() + "\n";
  return text;
}

std::size_t count(const std::vector<TestCase>& cases, std::string_view element) {
  std::size_t found = 0;
  for (const TestCase& test : cases) found += test.element == element ? 1 : 0;
  return found;
}

// To the second and without a zone, which is UTC, as Ant has it.
std::string timestamp(const json& host) {
  constexpr std::int64_t ms_per_second = 1000;
  const auto seconds = host.at("started_unix_ms").get<std::int64_t>() / ms_per_second;
  return fmt::format("{:%Y-%m-%dT%H:%M:%S}", fmt::gmtime(static_cast<std::time_t>(seconds)));
}

std::string suite(const json& report, std::size_t id, const std::string& name) {
  constexpr double ms_per_second = 1000;
  const std::vector<TestCase> cases = cases_of(report);
  const json& host = report.at("host");
  const double took =
      host.at("finished_unix_ms").get<double>() - host.at("started_unix_ms").get<double>();
  std::string text = fmt::format(
      "  <testsuite id=\"{}\" name=\"{}\" package=\"cutpoint\" hostname=\"localhost\" "
      "timestamp=\"{}\" time=\"{:.3f}\" tests=\"{}\" failures=\"{}\" errors=\"{}\">\n",
      id, xml::attribute(name), timestamp(host), took / ms_per_second, cases.size(),
      count(cases, "failure"), count(cases, "error"));
  text += properties(report);
  for (const TestCase& test : cases) text += case_xml(test, name);
  text += fmt::format("    <system-out>{}</system-out>\n",
                      xml::content(render_text(report, {.width = columns})));
  text += fmt::format("    <system-err>{}</system-err>\n",
                      xml::content(lines_of(report.at("problems"))));
  return text + "  </testsuite>\n";
}

}  // namespace

std::string render_junit(const std::vector<json>& reports) {
  std::string text = "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<testsuites>\n";
  // Readers of JUnit XML know a suite by its name: two of one name would be merged, or one be lost.
  const std::vector<std::string> names = unique_names_of_runs(reports);
  for (std::size_t i = 0; i < reports.size(); ++i) text += suite(reports[i], i, names[i]);
  return text + "</testsuites>\n";
}

}  // namespace cutpoint
