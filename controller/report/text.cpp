// SPDX-License-Identifier: Apache-2.0
#include "controller/report/report.h"
#include "controller/report/text_sections.h"

namespace cutpoint {

std::string render_text(const nlohmann::json& report, bool colour, int width) {
  Page page(colour, width);
  show_headline(page, report);
  show_inconclusive(page, report);
  show_faults(page, report);
  show_summary(page, report);
  show_belief_and_truth(page, report);
  show_traffic(page, report);
  show_invariants(page, report);
  show_findings(page, report);
  show_end(page, report);
  return std::move(page).take();
}

}  // namespace cutpoint
