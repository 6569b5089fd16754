// SPDX-License-Identifier: Apache-2.0
#include "controller/scenario/registry.h"

#include <algorithm>

#include "bpf/abi/hash.h"
#include "generated/fault_actions.h"

namespace cutpoint {
namespace {

// What the ABI lists of a protocol do not say.
struct AttributeDetail {
  std::string_view protocol;
  std::string_view attribute;
  std::string characters{};
  std::vector<std::string> moments{};
  bool any_case = false;
  bool is_flag = false;
};

const std::vector<AttributeDetail>& attribute_details() {
  // PostgreSQL 15 documentation, 55.7: ErrorResponse field C; ReadyForQuery's status byte.
  static const std::vector<AttributeDetail> list{
      {"postgres", "sqlstate", "", {"error"}},
      {"postgres", "status", "ITE", {"ready", "commit.implicit"}},
      {"postgres", "pid", "", {"backend.key"}},
      {"postgres",
       "command",
       "",
       {"query", "begin", "statement", "parse", "bind", "execute", "commit.request", "commit.ack",
        "rollback.request", "rollback.ack", "prepare.request", "commit-prepared.request",
        "rollback-prepared.request"}},
      // RFC 9112: a request line has method and target, a status line has the status.
      {"http",
       "method",
       "",
       {"request.head", "request.end", "response.head", "response.body", "response.end"}},
      {"http",
       "status",
       "",
       {"response.interim", "response.head", "response.body", "response.end"}},
      {"http", "path", "", {"request.head", "request.end"}},
      // AMQP 0-9-1, 1.8: the methods that have such an argument, and the bodies of their messages.
      {"amqp",
       "exchange",
       "",
       {"basic.publish", "basic.deliver", "basic.get-ok", "basic.return", "content.body"}},
      {"amqp",
       "routing_key",
       "",
       {"basic.publish", "basic.deliver", "basic.get-ok", "basic.return", "content.body"}},
      {"amqp",
       "message_id",
       "",
       {"basic.publish", "basic.deliver", "basic.get-ok", "basic.return", "content.body"}},
      {.protocol = "amqp",
       .attribute = "redelivered",
       .moments = {"basic.deliver", "basic.get-ok", "content.body"},
       .is_flag = true},
      {"amqp",
       "delivery_tag",
       "",
       {"basic.deliver", "basic.get-ok", "content.body", "basic.ack", "basic.nack", "basic.reject",
        "confirm.ack", "confirm.nack"}},
      {"amqp", "code", "", {"basic.return", "channel.close", "connection.close"}},
      {"amqp",
       "flag",
       "",
       {"basic.consume", "basic.get", "basic.publish", "basic.ack", "basic.nack", "basic.reject",
        "confirm.ack", "confirm.nack"}},
      {.protocol = "tls", .attribute = "sni", .moments = {"client_hello"}, .any_case = true},
      {"tls", "level", "", {"alert"}},
      {"tls", "description", "", {"alert"}},
  };
  return list;
}

// Services of these are given as a connection string.
constexpr std::string_view with_dsn[] = {"postgres"};
// Each connection to these begins with a ClientHello.
constexpr std::string_view with_server_name[] = {"http", "amqp", "tls"};

bool is_among(std::string_view name, const auto& list) {
  return std::find(std::begin(list), std::end(list), name) != std::end(list);
}

void complete(ProtocolInfo& protocol) {
  protocol.has_dsn = is_among(protocol.name, with_dsn);
  protocol.has_server_name = is_among(protocol.name, with_server_name);
  std::uint8_t bit = 0;
  for (MomentInfo& moment : protocol.moments) moment.bit = bit++;
  std::uint8_t index = 0;
  for (AttributeInfo& attribute : protocol.attributes) {
    attribute.index = index++;
    for (const AttributeDetail& detail : attribute_details()) {
      if (detail.protocol != protocol.name || detail.attribute != attribute.name) continue;
      attribute.characters = detail.characters;
      attribute.moments = detail.moments;
      attribute.any_case = detail.any_case;
      attribute.is_flag = detail.is_flag;
    }
  }
}

std::vector<ProtocolInfo> read_protocols() {
#define MOMENT(id, name, direction, evidence, description) \
  MomentInfo{name, direction, (evidence) != 0, description},
#define ATTRIBUTE(id, name, kind, description) AttributeInfo{name, kind, description},
#define COMMAND(id, name) name,
#define PROTOCOL(lower, upper)                        \
  ProtocolInfo{#lower,                                \
               CUT_PROTOCOL_##upper,                  \
               false,                                 \
               false,                                 \
               {CUT_##upper##_MOMENTS(MOMENT)},       \
               {CUT_##upper##_ATTRIBUTES(ATTRIBUTE)}, \
               {CUT_##upper##_COMMANDS(COMMAND)}},
  std::vector<ProtocolInfo> list{CUT_PROTOCOLS(PROTOCOL)};
#undef PROTOCOL
#undef COMMAND
#undef ATTRIBUTE
#undef MOMENT
  for (ProtocolInfo& protocol : list) complete(protocol);
  return list;
}

template <typename Info>
const Info* find_by_name(const std::vector<Info>& list, std::string_view name) {
  const auto found =
      std::find_if(list.begin(), list.end(), [&](const Info& info) { return info.name == name; });
  return found == list.end() ? nullptr : &*found;
}

}  // namespace

const MomentInfo* ProtocolInfo::moment(std::string_view moment_name) const {
  return find_by_name(moments, moment_name);
}

const AttributeInfo* ProtocolInfo::attribute(std::string_view attribute_name) const {
  return find_by_name(attributes, attribute_name);
}

const std::vector<ProtocolInfo>& protocols() {
  static const std::vector<ProtocolInfo> list = read_protocols();
  return list;
}

const std::vector<MomentInfo>& transport_moments() {
#define MOMENT(id, name, direction, bytes, description) \
  MomentInfo{name, direction, false, description, CUT_TRANSPORT_##id, (bytes) != 0},
  static const std::vector<MomentInfo> list{CUT_TRANSPORT_MOMENTS(MOMENT)};
#undef MOMENT
  return list;
}

std::vector<std::string> moment_words(const ProtocolInfo& protocol) {
  std::vector<std::string> words;
  for (const auto* list : {&protocol.moments, &transport_moments()}) {
    for (std::string word : names_of(*list)) {
      if (list == &transport_moments() && word == numbered_moment) word += ":N";
      if (words.empty() || words.back() != word) words.push_back(std::move(word));
    }
  }
  return words;
}

bool FaultInfo::cuts() const {
  switch (value) {
    case CUT_VALUE_DIRECTIONS:
    case CUT_VALUE_ENDS:
    case CUT_VALUE_DURATION:
    case CUT_VALUE_BYTES:
    case CUT_VALUE_RATE:
      return true;
    case CUT_VALUE_CHANGE:
    case CUT_VALUE_SYN:
    case CUT_VALUE_SEGMENT:
    case CUT_VALUE_STOPPED:
    case CUT_VALUE_SIGNAL:
      return false;
  }
  return false;
}

const std::vector<FaultInfo>& faults() {
#define FAULT(lower, upper)           \
  FaultInfo{#lower,                   \
            CUT_FAULT_##upper,        \
            CUT_##upper##_VALUE,      \
            CUT_##upper##_KEYS,       \
            CUT_##upper##_POSITION,   \
            CUT_##upper##_AT,         \
            CUT_##upper##_HOLDS != 0, \
            CUT_##upper##_MEANING},
  static const std::vector<FaultInfo> list{CUT_FAULTS(FAULT)};
#undef FAULT
  return list;
}

const std::vector<FaultKeyInfo>& fault_keys() {
  static const std::vector<FaultKeyInfo> list{{"for", CUT_KEY_FOR},
                                              {"scope", CUT_KEY_SCOPE},
                                              {"heal", CUT_KEY_HEAL},
                                              {"acks", CUT_KEY_ACKS},
                                              {"jitter", CUT_KEY_JITTER},
                                              {"then", CUT_KEY_THEN},
                                              {"direction", CUT_KEY_DIRECTION},
                                              {"offset", CUT_KEY_OFFSET},
                                              {"bytes", CUT_KEY_BYTES},
                                              {"pattern", CUT_KEY_PATTERN},
                                              {"with", CUT_KEY_WITH},
                                              {"cgroup", CUT_KEY_CGROUP}};
  return list;
}

const std::vector<InvariantInfo>& invariants() {
  static const std::vector<InvariantInfo> list{
      {"postgres.atomic",
       "postgres",
       Severity::critical,
       true,
       {{"tables", true}, {"by", true}},
       "every id is in all of the tables or in none"},
      {"postgres.acked_is_durable",
       "postgres",
       Severity::critical,
       true,
       {},
       "what the client was told is committed is committed"},
      {"postgres.exactly_once",
       "postgres",
       Severity::critical,
       true,
       {{"by", true}, {"tables", false}},
       "an acknowledged id is there once, none twice, any other once or not at all"},
      {"postgres.belief_agrees",
       "postgres",
       Severity::high,
       true,
       {},
       "no commit is left that its client does not know of"},
      {"postgres.recovers_within",
       "postgres",
       Severity::high,
       false,
       {{"time", true}},
       "the target's first acknowledged commit after the heal comes in time"},
      {"postgres.no_orphans",
       "postgres",
       Severity::high,
       true,
       {{"after", true}},
       "no backend is left in a transaction or with locks whose client has gone"},
      {"http.bounded_wait",
       "http",
       Severity::high,
       false,
       {{"within", true}},
       "no request is without its answer for longer"},
      {"http.breaker_opens_within",
       "http",
       Severity::high,
       false,
       {{"failures", true}, {"time", true}, {"reset", true}, {"probes", false}},
       "after so many failures in a row the target stops sending, but for probes, until the heal"},
      {"http.retry_amplification",
       "http",
       Severity::high,
       false,
       {{"at_most", true}, {"requests", false}, {"tasks", false}, {"observer", false}},
       "the requests on the wire are at most so many times those that were meant"},
      {"http.recovers_within",
       "http",
       Severity::high,
       false,
       {{"time", true}},
       "after the heal requests succeed again in time, half as many per second as before or more"},
      {"workers.available",
       "",
       Severity::high,
       false,
       {{"blocked_at_most", true}, {"observer", true}},
       "not all workers are inside of a task that waits for longer"},
      {"queue.drains_within",
       "",
       Severity::high,
       false,
       {{"time", true}, {"observer", true}},
       "after the heal the queue is in time as short again as before the fault"},
      {"amqp.dead_lettered",
       "amqp",
       Severity::critical,
       false,
       {{"within", true}, {"deliveries", false}, {"observer", true}},
       "poison is in the dead-letter queue in time, after so many deliveries at most"},
      {"amqp.all_processed",
       "amqp",
       Severity::critical,
       false,
       {{"tables", true}, {"by", true}, {"database", false}, {"observer", false}},
       "each valid message had its effect once; none was lost, none is a dead letter"},
      {"amqp.throughput_retained",
       "amqp",
       Severity::high,
       false,
       {{"at_least", true}, {"baseline", false}, {"over", false}},
       "with poison the target is done with so large a part of the messages per second as without"},
      {"amqp.consumer_restarts",
       "amqp",
       Severity::high,
       false,
       {{"at_most", true}},
       "so many connections of consumers, and processes, die at most"},
      {"amqp.redeliveries",
       "amqp",
       Severity::medium,
       false,
       {{"at_most", true}},
       "so many messages are delivered again at most"},
      {"amqp.conserved",
       "amqp",
       Severity::critical,
       false,
       {{"observer", true}},
       "what was published is acknowledged, a dead letter, or still queued"},
      {"amqp.topology",
       "amqp",
       Severity::medium,
       false,
       {{"require", false}, {"observer", true}},
       "the queue's dead letters lead somewhere, its limits are there, its arguments are known"},
  };
  return list;
}

const std::vector<WorkloadInfo>& workloads() {
  static const std::vector<WorkloadInfo> list{{std::string(orders_workload), "postgres"},
                                              {std::string(publish_workload), ""}};
  return list;
}

const ProtocolInfo* find_protocol(std::string_view name) {
  return find_by_name(protocols(), name);
}
const FaultInfo* find_fault(std::string_view name) {
  return find_by_name(faults(), name);
}
const InvariantInfo* find_invariant(std::string_view name) {
  return find_by_name(invariants(), name);
}
const WorkloadInfo* find_workload(std::string_view name) {
  return find_by_name(workloads(), name);
}

std::uint32_t hash_of(std::string_view text) {
  std::uint32_t hash = CUT_HASH_SEED;
  for (const char c : text) hash = CUT_HASH_NEXT(hash, static_cast<unsigned char>(c));
  return CUT_HASH_OF(hash);
}

std::string_view severity_name(Severity severity) {
  switch (severity) {
    case Severity::low:
      return "low";
    case Severity::medium:
      return "medium";
    case Severity::high:
      return "high";
    case Severity::critical:
      return "critical";
  }
  return "";
}

}  // namespace cutpoint
