// SPDX-License-Identifier: Apache-2.0
// A trace in numbers, for Prometheus (text exposition format 0.0.4). Labels are bounded: services,
// moments, codes, never flows or processes.
#pragma once

#include <array>
#include <cstdint>
#include <map>
#include <memory>
#include <mutex>
#include <prometheus/collectable.h>
#include <prometheus/metric_family.h>
#include <string>
#include <unordered_map>
#include <vector>

#include "controller/run/trace_watcher.h"

namespace cutpoint {

// The numbers as they were at the last look. For any thread.
class MetricsPage : public prometheus::Collectable {
 public:
  [[nodiscard]] std::vector<prometheus::MetricFamily> Collect() const override;
  void replace(std::vector<prometheus::MetricFamily> families);

 private:
  mutable std::mutex mutex_;
  std::vector<prometheus::MetricFamily> families_;
};

class TraceMetrics : public TraceWatcher {
 public:
  explicit TraceMetrics(std::vector<TracedService> services);

  [[nodiscard]] const std::shared_ptr<MetricsPage>& page() const { return page_; }

  void flow_known(const cut_event& event, const TracedFlow& words) override;
  void flow_named(std::uint64_t /*flow*/, const TracedFlow& /*words*/) override {}
  void see(const cut_event& event, const std::vector<Answered>& answered) override;
  void flow_gone(std::uint64_t flow) override { flows_.erase(flow); }
  [[nodiscard]] std::int64_t next_look_ns() const override { return next_look_ns_; }
  Status look(const TraceSight& sight) override;

 private:
  static constexpr std::size_t bounds = 18;
  struct Histogram {
    std::array<std::uint64_t, bounds + 1> counts{};  // the last: past all bounds
    double sum = 0;                                  // seconds
  };
  struct Flow {
    std::uint8_t service = 0;
    bool synchronised = true;
  };
  struct Tally {
    std::map<std::size_t, Histogram> answered;  // by index of moment_pairs()
    std::map<std::string, std::uint64_t> errors;
    std::uint64_t client_retransmits = 0;
    std::uint64_t service_retransmits = 0;
    std::uint64_t timeouts = 0;
  };

  static const std::array<double, bounds>& upper_bounds();
  void count_error(Tally& tally, const std::string& code);
  [[nodiscard]] prometheus::MetricFamily answers() const;
  [[nodiscard]] std::vector<prometheus::MetricFamily> waits(const TraceSight& sight) const;
  [[nodiscard]] prometheus::MetricFamily moments(const TraceSight& sight) const;
  [[nodiscard]] prometheus::MetricFamily errors() const;
  [[nodiscard]] std::vector<prometheus::MetricFamily> flows() const;
  [[nodiscard]] std::vector<prometheus::MetricFamily> transport() const;

  std::vector<TracedService> services_;
  std::vector<Tally> tallies_;  // of services_
  std::unordered_map<std::uint64_t, Flow> flows_;
  std::shared_ptr<MetricsPage> page_ = std::make_shared<MetricsPage>();
  std::int64_t next_look_ns_ = 0;
};

}  // namespace cutpoint
