// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>

#include "tests/scenarios/scenario_fixture.h"

namespace cutpoint {

// Tests with an application of somebody else as the target: shop.py, on tables of its own.
class ShopTest : public ScenarioTest {
 protected:
  void SetUp() override;

  // The scenario: a cut after the COMMIT of order 8, for `cut`, of this target.
  [[nodiscard]] static std::string yaml(const std::string& target, const std::string& cut = "2s");
  // A scenario of one fault, `cut`, for a shop that runs; `at` and `act` as in its file, without
  // the service.
  [[nodiscard]] Words fault_on(const Program& shop, const std::string& at,
                               const std::string& act) const;
  // `cutpoint inject` with these options, into out().
  [[nodiscard]] Words inject(const Words& options) const {
    return Words{"inject", "--out", out()} + options;
  }
  // A run that does `act` at the eighth COMMIT of a shop, which waits to be opened: it has fired.
  Program start_fault(const Program& shop, const std::string& act);
  // "[/usr/bin/python3, …/shop.py, …]", for a scenario's `command:`.
  [[nodiscard]] std::string command(const std::string& arguments = "") const;

  // The shop outside cutpoint's control: it waits for open_shop() before it connects, and goes on
  // for ever.
  Program start_shop(const Words& arguments = {});
  void open_shop();

  // Orders with a row in both tables, and how many rows the tables have.
  [[nodiscard]] static std::string counted_orders();

 private:
  UniqueFd start_;
};

}  // namespace cutpoint
