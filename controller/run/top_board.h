// SPDX-License-Identifier: Apache-2.0
// What `cutpoint trace top` knows of each flow; the rows of its table.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <string>
#include <unordered_map>
#include <vector>

#include "bpf/abi/event.h"
#include "controller/run/top_table.h"
#include "controller/timeline/latencies.h"
#include "controller/timeline/trace_line.h"
#include "controller/util/socket_diag.h"

namespace cutpoint {

class TopBoard {
 public:
  void flow_known(const cut_event& event, const TracedFlow& words);
  void flow_named(std::uint64_t flow, const TracedFlow& words);
  void see(const cut_event& event, const std::vector<Answered>& answered);
  void flow_gone(std::uint64_t flow) { flows_.erase(flow); }

  // A row per flow, or per process and service, in no order. Takes the answers since the last call,
  // `interval_ns` ago. `sockets`: by cookie.
  std::vector<TopRow> take_rows(bool by_process, const std::vector<Waiting>& waiting,
                                const std::unordered_map<std::uint64_t, TcpState>& sockets,
                                std::int64_t now_ns, std::int64_t interval_ns);

  [[nodiscard]] std::size_t flows() const { return flows_.size(); }
  [[nodiscard]] std::size_t not_synchronised() const;

 private:
  struct Flow {
    TracedFlow words;
    bool synchronised = true;
    std::uint64_t retransmits = 0;
    std::string error;
    std::int64_t error_ns = 0;
    std::unique_ptr<Durations> answered;  // in this interval; none: nothing was
  };
  // A row that is being added up.
  struct Sum {
    TopRow row;
    Durations answered;
    std::int64_t error_ns = 0;
  };

  static void add(Sum& sum, const Flow& flow, const TcpState* socket);

  std::map<std::uint64_t, Flow> flows_;  // by socket cookie: in the order in which they were opened
};

}  // namespace cutpoint
