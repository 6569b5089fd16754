// SPDX-License-Identifier: Apache-2.0
#include "controller/scenario/figures.h"

#include <algorithm>

namespace cutpoint {

const std::vector<FigureInfo>& figures() {
  using enum FigureUnit;
  using enum FigureOf;
  static const std::vector<FigureInfo> list{
      {"target.untold", count, run, "",
       "invocations of its history of which it never told how they ended"},
      {"postgres.commits", count, service, "postgres", "COMMITs that were asked for"},
      {"postgres.longest_commit", milliseconds, service, "postgres",
       "the longest time from a COMMIT to its answer, of those that were answered"},
      {"postgres.in_doubt", count, service, "postgres",
       "COMMITs that took effect although their client was not told"},
      {"postgres.ghosts", count, service, "postgres",
       "COMMITs that took effect after their client, who was not told, had gone"},
      {"postgres.resolved", count, service, "postgres",
       "COMMITs that took effect although their client was not told, and of which it found out "
       "later"},
      {"postgres.acknowledged_lost", count, service, "postgres",
       "COMMITs that were acknowledged and did not take effect"},
      {"postgres.retried", count, service, "postgres",
       "units of work of the history whose COMMIT was asked for more than once"},
      {"postgres.done_twice", count, service, "postgres",
       "units of work of the history that were committed more than once"},
      {"postgres.not_done", count, service, "postgres",
       "units of work of the history of which no COMMIT took effect"},
      {"http.requests", count, service, "http", "requests on the wire"},
      {"http.longest_wait", milliseconds, service, "http",
       "the longest time from a request's last byte to the end of its answer or of its connection"},
      {"http.median_give_up", milliseconds, service, "http",
       "the median time from a request's last byte until its client closed the connection "
       "unanswered"},
      {"http.requests_per_intended", ratio, service, "http",
       "requests on the wire ÷ those that were meant, as http.retry_amplification counts them"},
      {"workers.longest_all_blocked", milliseconds, workers, "",
       "the longest time that all workers were inside of tasks that wait"},
      {"workers.longest_task", milliseconds, workers, "",
       "the longest run of one task, of those that ended"},
      {"workers.done_during_fault", count, workers, "",
       "tasks that succeeded while a fault was on"},
      {"workers.done_after_heal", count, workers, "", "tasks that succeeded after the last heal"},
      {"queue.at_start", count, waiting, "",
       "messages that waited when the target began: what an earlier run has left"},
      {"queue.deepest", count, waiting, "",
       "the most messages that waited at one time since the target began"},
      {"queue.at_heal", count, waiting, "", "messages that waited at the last heal"},
      {"queue.dead_letters", count, queue, "", "dead letters that were seen"},
      {"queue.unknown_arguments", count, queue, "",
       "arguments of the queue that RabbitMQ takes and ignores"},
      {"amqp.processes_died", count, service, "amqp",
       "processes of the target that ended by a signal or with an exit code that is not 0"},
      {"amqp.redelivered", count, service, "amqp",
       "deliveries that say they are none of the first"},
      {"amqp.poison_deliveries", count, service, "amqp",
       "the most deliveries of one poison message"},
      {"amqp.poison_coming_back", count, service, "amqp",
       "poison messages that were to be delivered again when the run ended"},
      {"amqp.throughput_ratio", ratio, service, "amqp",
       "rate with poison ÷ rate without, as amqp.throughput_retained measures it"},
  };
  return list;
}

const FigureInfo* find_figure(std::string_view name) {
  const auto found = std::find_if(figures().begin(), figures().end(),
                                  [name](const FigureInfo& one) { return one.name == name; });
  return found == figures().end() ? nullptr : &*found;
}

std::string_view unit_name(FigureUnit unit) {
  switch (unit) {
    case FigureUnit::count:
      return "count";
    case FigureUnit::milliseconds:
      return "ms";
    case FigureUnit::ratio:
      return "ratio";
  }
  return "";
}

}  // namespace cutpoint
