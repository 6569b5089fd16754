// SPDX-License-Identifier: Apache-2.0
#include "controller/run/trace_metrics.h"

#include <algorithm>
#include <utility>

#include "bpf/abi/transport.h"
#include "controller/run/trace_summary.h"
#include "controller/timeline/error_code.h"
#include "controller/timeline/names.h"
#include "controller/timeline/timeline.h"

namespace cutpoint {
namespace {

using prometheus::ClientMetric;
using prometheus::MetricFamily;
using prometheus::MetricType;
using Labels = std::vector<ClientMetric::Label>;

constexpr std::int64_t every_ns = 1'000'000'000;
constexpr double ns_per_second = 1e9;
// Of a service: a server that makes codes up must not fill whoever stores them.
constexpr std::size_t most_codes = 100;
constexpr const char* other_code = "other";

ClientMetric gauge(Labels labels, double value) {
  ClientMetric metric;
  metric.label = std::move(labels);
  metric.gauge.value = value;
  return metric;
}

ClientMetric counter(Labels labels, double value) {
  ClientMetric metric;
  metric.label = std::move(labels);
  metric.counter.value = value;
  return metric;
}

ClientMetric counter(Labels labels, std::uint64_t value) {
  return counter(std::move(labels), static_cast<double>(value));
}

Labels labels_of(const std::string& service, const MomentPair& pair) {
  return {{"service", service},
          {"request", std::string(moment_name(pair.protocol, pair.from))},
          {"answer", std::string(moment_name(pair.protocol, pair.to))}};
}

}  // namespace

std::vector<MetricFamily> MetricsPage::Collect() const {
  const std::lock_guard lock(mutex_);
  return families_;
}

void MetricsPage::replace(std::vector<MetricFamily> families) {
  const std::lock_guard lock(mutex_);
  families_ = std::move(families);
}

TraceMetrics::TraceMetrics(std::vector<TracedService> services)
    : services_(std::move(services)), tallies_(services_.size()) {}

// Seconds: from a query on loopback to a client's patience.
const std::array<double, TraceMetrics::bounds>& TraceMetrics::upper_bounds() {
  static constexpr std::array<double, bounds> list{0.0001, 0.00025, 0.0005, 0.001, 0.0025, 0.005,
                                                   0.01,   0.025,   0.05,   0.1,   0.25,   0.5,
                                                   1,      2.5,     5,      10,    30,     60};
  return list;
}

void TraceMetrics::flow_known(const cut_event& event, const TracedFlow& /*words*/) {
  flows_.insert_or_assign(event.flow, Flow{event.service, is_synchronised(event)});
}

void TraceMetrics::count_error(Tally& tally, const std::string& code) {
  const bool known = tally.errors.contains(code) || tally.errors.size() < most_codes;
  ++tally.errors[known ? code : other_code];
}

void TraceMetrics::see(const cut_event& event, const std::vector<Answered>& answered) {
  if (event.service >= services_.size()) return;
  Tally& tally = tallies_[event.service];
  const auto flow = flows_.find(event.flow);
  if (flow != flows_.end()) {
    if (event.kind == CUT_EVENT_FLOW_JOINED) flow->second.synchronised = is_synchronised(event);
    if (event.kind == CUT_EVENT_FLOW_DESYNC) flow->second.synchronised = false;
  }
  if (event.kind == CUT_EVENT_RETRANSMIT) ++tally.client_retransmits;
  if (event.kind == CUT_EVENT_RETRANSMIT_PEER) ++tally.service_retransmits;
  if (event.kind == CUT_EVENT_RTO) ++tally.timeouts;
  if (event.kind != CUT_EVENT_MOMENT) return;
  for (const Answered& each : answered) {
    const double seconds = static_cast<double>(each.answered_ns - each.asked_ns) / ns_per_second;
    const auto& list = upper_bounds();
    const auto bound = std::lower_bound(list.begin(), list.end(), seconds) - list.begin();
    Histogram& histogram = tally.answered[each.pair];
    ++histogram.counts[static_cast<std::size_t>(bound)];
    histogram.sum += std::max(seconds, 0.0);
  }
  const std::string code = error_code(event, services_[event.service].protocol);
  if (!code.empty()) count_error(tally, code);
}

MetricFamily TraceMetrics::answers() const {
  MetricFamily family{"cutpoint_answer_duration_seconds",
                      "From a request's moment to that of its answer.",
                      MetricType::Histogram,
                      {}};
  for (std::size_t i = 0; i < services_.size(); ++i) {
    for (const auto& [pair, histogram] : tallies_[i].answered) {
      ClientMetric metric;
      metric.label = labels_of(services_[i].name, moment_pairs()[pair]);
      std::uint64_t below = 0;
      for (std::size_t bound = 0; bound < bounds; ++bound) {
        below += histogram.counts[bound];
        metric.histogram.bucket.push_back({below, upper_bounds()[bound]});
      }
      metric.histogram.sample_count = below + histogram.counts[bounds];
      metric.histogram.sample_sum = histogram.sum;
      family.metric.push_back(std::move(metric));
    }
  }
  return family;
}

std::vector<MetricFamily> TraceMetrics::waits(const TraceSight& sight) const {
  MetricFamily count{
      "cutpoint_requests_in_flight", "Requests without an answer.", MetricType::Gauge, {}};
  MetricFamily oldest{"cutpoint_oldest_request_in_flight_seconds",
                      "How long the oldest request without an answer has waited; 0: there is none.",
                      MetricType::Gauge,
                      {}};
  std::map<std::pair<std::size_t, std::size_t>, Waiting> sums;  // by service and pair
  // Whatever is measured is there, also where nothing is in flight.
  for (std::size_t service = 0; service < services_.size(); ++service) {
    for (std::size_t pair = 0; pair < moment_pairs().size(); ++pair) {
      if (moment_pairs()[pair].protocol != services_[service].protocol) continue;
      if (sight.latencies.counts_waits_of(pair)) sums[{service, pair}].oldest_ns = sight.now_ns;
    }
  }
  for (const Waiting& each : sight.latencies.waiting()) {
    const auto flow = flows_.find(each.flow);
    if (flow == flows_.end()) continue;
    Waiting& sum = sums[{flow->second.service, each.pair}];
    sum.count += each.count;
    sum.oldest_ns = std::min(sum.oldest_ns, each.oldest_ns);
  }
  for (const auto& [key, sum] : sums) {
    const Labels labels = labels_of(services_[key.first].name, moment_pairs()[key.second]);
    const auto age = static_cast<double>(sight.now_ns - sum.oldest_ns) / ns_per_second;
    count.metric.push_back(gauge(labels, static_cast<double>(sum.count)));
    oldest.metric.push_back(gauge(labels, age));
  }
  return {std::move(count), std::move(oldest)};
}

// Two of one name, one in each direction, are one number.
MetricFamily TraceMetrics::moments(const TraceSight& sight) const {
  MetricFamily family{"cutpoint_moments_total",
                      "Moments, counted in the kernel: also of events that were lost.",
                      MetricType::Counter,
                      {}};
  for (std::size_t i = 0; i < services_.size(); ++i) {
    std::map<std::string, std::uint64_t> named;
    for (unsigned bit = 0; bit < CUT_TRANSPORT_FIRST; ++bit) {
      if (sight.moments[i][bit] == 0) continue;
      named[std::string(moment_name(services_[i].protocol, bit))] += sight.moments[i][bit];
    }
    for (const auto& [name, number] : named) {
      family.metric.push_back(counter({{"service", services_[i].name}, {"moment", name}}, number));
    }
  }
  return family;
}

MetricFamily TraceMetrics::errors() const {
  MetricFamily family{"cutpoint_errors_total",
                      "Errors by code: SQLSTATE, HTTP status from 400 on, AMQP reply code.",
                      MetricType::Counter,
                      {}};
  for (std::size_t i = 0; i < services_.size(); ++i) {
    for (const auto& [code, number] : tallies_[i].errors) {
      family.metric.push_back(counter({{"service", services_[i].name}, {"code", code}}, number));
    }
  }
  return family;
}

std::vector<MetricFamily> TraceMetrics::flows() const {
  MetricFamily open{"cutpoint_flows_open", "Connections to the service.", MetricType::Gauge, {}};
  MetricFamily unread{"cutpoint_flows_not_synchronised",
                      "Of these, those whose messages cannot be told apart, yet or any more.",
                      MetricType::Gauge,
                      {}};
  std::vector<std::uint64_t> all(services_.size());
  std::vector<std::uint64_t> lost(services_.size());
  for (const auto& [cookie, flow] : flows_) {
    ++all[flow.service];
    if (!flow.synchronised) ++lost[flow.service];
  }
  for (std::size_t i = 0; i < services_.size(); ++i) {
    const Labels labels{{"service", services_[i].name}};
    open.metric.push_back(gauge(labels, static_cast<double>(all[i])));
    unread.metric.push_back(gauge(labels, static_cast<double>(lost[i])));
  }
  return {std::move(open), std::move(unread)};
}

std::vector<MetricFamily> TraceMetrics::transport() const {
  MetricFamily repeated{"cutpoint_tcp_retransmits_total",
                        "Segments that TCP sent again; end=\"service\": where it is on this host.",
                        MetricType::Counter,
                        {}};
  MetricFamily expired{"cutpoint_tcp_timeouts_total",
                       "Expiries of the retransmission timer at the client's end.",
                       MetricType::Counter,
                       {}};
  for (std::size_t i = 0; i < services_.size(); ++i) {
    const std::string& name = services_[i].name;
    const Tally& tally = tallies_[i];
    repeated.metric.push_back(
        counter({{"service", name}, {"end", "client"}}, tally.client_retransmits));
    repeated.metric.push_back(
        counter({{"service", name}, {"end", "service"}}, tally.service_retransmits));
    expired.metric.push_back(counter({{"service", name}}, tally.timeouts));
  }
  return {std::move(repeated), std::move(expired)};
}

Status TraceMetrics::look(const TraceSight& sight) {
  std::vector<MetricFamily> families{answers(), moments(sight), errors()};
  for (auto&& several : {waits(sight), flows(), transport()}) {
    families.insert(families.end(), several.begin(), several.end());
  }
  const auto whole = [&](const char* name, const char* help, std::uint64_t number) {
    families.push_back({name, help, MetricType::Counter, {counter({}, number)}});
  };
  whole("cutpoint_events_lost_total", "Events that found no room: answers and errors lack them.",
        sight.counters[CUT_COUNT_EVENTS_LOST]);
  whole("cutpoint_not_covered_total",
        "Flows, messages or segments that could not be read, by whatever reason.",
        not_covered(sight.counters));
  whole("cutpoint_requests_passed_over_total",
        "Requests while too many were in flight: nothing is known of their answers.",
        sight.latencies.passed_over());
  whole("cutpoint_lines_withheld_total", "Lines of the trace past --rate.", sight.withheld);
  page_->replace(std::move(families));
  next_look_ns_ = sight.now_ns + every_ns;
  return {};
}

}  // namespace cutpoint
