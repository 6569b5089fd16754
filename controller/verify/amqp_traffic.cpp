// SPDX-License-Identifier: Apache-2.0
#include "controller/verify/amqp_traffic.h"

#include <algorithm>
#include <map>
#include <set>

#include "bpf/abi/amqp.h"
#include "controller/timeline/flows.h"
#include "controller/util/serial_number.h"
#include "controller/verify/messages.h"

namespace cutpoint {
namespace {

bool has_flag(const Message& message, cut_amqp_flag flag) {
  return ((message.attr[CUT_AMQP_ATTR_FLAG] >> flag) & 1U) != 0;
}

// The stretches that a fault has changed.
std::vector<const cut_event*> alterations_of(const Flow& flow) {
  std::vector<const cut_event*> found;
  for (const Entry* entry : flow.entries) {
    if (entry->event()->kind == CUT_EVENT_ALTERED) found.push_back(entry->event());
  }
  return found;
}

// Reads the messages of one flow in the order in which they were seen.
class FlowReader {
 public:
  FlowReader(const Flow& flow, AmqpTraffic& traffic) : flow_(flow), traffic_(traffic) {
    connection_.flow = flow.cookie;
    connection_.tuple = flow.tuple;
    alterations_ = alterations_of(flow);
  }

  void read(const Message& message) {
    const std::uint32_t number = message.attr[CUT_AMQP_ATTR_CHANNEL];
    const AmqpChannel channel{flow_.cookie, number};
    if (message.is(CUT_AMQP_PUBLISH)) return publish(channel, message);
    if (message.is(CUT_AMQP_CONFIRM_ACK)) return confirm(number, message, Confirm::acked);
    if (message.is(CUT_AMQP_CONFIRM_NACK)) return confirm(number, message, Confirm::nacked);
    if (message.is(CUT_AMQP_ACK) && !message.delivered_ns) lose_ack(number, message);
    // What a cut held until its end was said then.
    if (!message.delivered_ns) return;
    if (message.is(CUT_AMQP_CHANNEL_OPEN)) begin(number);
    if (message.is(CUT_AMQP_CONFIRM_SELECT)) confirms_.insert(number);
    if (message.is(CUT_AMQP_RETURN)) give_back(number, message);
    if (message.is(CUT_AMQP_CONSUME)) {
      connection_.consumes = true;
      if (has_flag(message, CUT_AMQP_FLAG_NO_ACK)) automatic_.insert(number);
    }
    if (message.is(CUT_AMQP_GET)) gets_automatic_[number] = has_flag(message, CUT_AMQP_FLAG_NO_ACK);
    if (message.is(CUT_AMQP_DELIVER)) deliver(channel, message, automatic_.contains(number));
    if (message.is(CUT_AMQP_GET_OK)) deliver(channel, message, gets_automatic_[number]);
    if (message.is(CUT_AMQP_ACK)) settle(number, message, Settled::acked);
    if (message.is(CUT_AMQP_NACK) || message.is(CUT_AMQP_REJECT)) {
      const bool requeue = has_flag(message, CUT_AMQP_FLAG_REQUEUE);
      settle(number, message, requeue ? Settled::requeued : Settled::rejected);
    }
    if (message.is(CUT_AMQP_CHANNEL_CLOSE_UP) || message.is(CUT_AMQP_CHANNEL_CLOSE_DOWN)) {
      lose(number, *message.delivered_ns);
    }
    if (message.is(CUT_AMQP_CONNECTION_CLOSE_UP)) connection_.closed_in_order = true;
  }

  void end() {
    const auto closing =
        std::find_if(flow_.entries.begin(), flow_.entries.end(),
                     [](const Entry* entry) { return is_client_closing(*entry->event()); });
    if (closing != flow_.entries.end()) {
      connection_.ended_ns = (*closing)->ns;
      connection_.evidence.push_back((*closing)->number);
      for (const auto& [channel, list] : unsettled_) lose(channel, (*closing)->ns);
    }
    traffic_.connections.push_back(connection_);
  }

 private:
  // A number that is used again is another channel: it counts from 1, and asks for confirms anew.
  void begin(std::uint32_t channel) {
    confirms_.erase(channel);
    automatic_.erase(channel);
    unconfirmed_.erase(channel);
  }

  [[nodiscard]] bool is_altered(const Message& message) const {
    return std::any_of(alterations_.begin(), alterations_.end(), [&](const cut_event* event) {
      return event->direction == message.direction && serial_before(event->begin, message.end) &&
             serial_before(message.begin, event->end);
    });
  }

  void publish(const AmqpChannel& channel, const Message& message) {
    AmqpPublish copy;
    copy.channel = channel;
    copy.message = message.attr[CUT_AMQP_ATTR_MESSAGE_ID];
    copy.ns = message.seen_ns;
    copy.delivered = message.delivered_ns.has_value();
    copy.altered = is_altered(message);
    copy.to_named_exchange = message.attr[CUT_AMQP_ATTR_EXCHANGE] != 0;
    copy.evidence = message.evidence;
    // The broker counts those that reach it, from 1.
    if (copy.delivered && confirms_.contains(channel.number)) {
      unconfirmed_[channel.number].push_back(traffic_.publishes.size());
    }
    traffic_.publishes.push_back(std::move(copy));
  }

  void confirm(std::uint32_t channel, const Message& message, Confirm how) {
    const bool heard = message.delivered_ns.has_value();
    const std::uint32_t tag = message.attr[CUT_AMQP_ATTR_DELIVERY_TAG];
    const auto& published = unconfirmed_[channel];
    std::size_t first = tag - 1;
    if (has_flag(message, CUT_AMQP_FLAG_MULTIPLE)) first = 0;
    const std::size_t last =
        tag == 0 ? published.size() : std::min<std::size_t>(tag, published.size());
    for (std::size_t i = first; i < last; ++i) {
      AmqpPublish& copy = traffic_.publishes[published[i]];
      if (copy.confirm != Confirm::none) continue;
      copy.confirm = how == Confirm::acked && !heard ? Confirm::unheard : how;
      copy.evidence.push_back(message.evidence.front());
    }
  }

  // The newest of that id: basic.return comes before its confirm.
  void give_back(std::uint32_t channel, const Message& message) {
    for (auto at = traffic_.publishes.rbegin(); at != traffic_.publishes.rend(); ++at) {
      if (at->channel != AmqpChannel{flow_.cookie, channel} || at->returned ||
          at->message != message.attr[CUT_AMQP_ATTR_MESSAGE_ID]) {
        continue;
      }
      at->returned = true;
      return;
    }
  }

  void deliver(const AmqpChannel& channel, const Message& message, bool automatic) {
    AmqpDelivery delivery;
    delivery.channel = channel;
    delivery.tuple = flow_.tuple;
    delivery.tag = message.attr[CUT_AMQP_ATTR_DELIVERY_TAG];
    delivery.message = message.attr[CUT_AMQP_ATTR_MESSAGE_ID];
    delivery.redelivered = message.attr[CUT_AMQP_ATTR_REDELIVERED] != 0;
    delivery.altered = is_altered(message);
    delivery.ns = *message.delivered_ns;
    delivery.evidence = message.evidence;
    if (automatic) {
      delivery.settled = Settled::automatic;
      delivery.settled_ns = delivery.ns;
    } else {
      unsettled_[channel.number].push_back(traffic_.deliveries.size());
    }
    traffic_.deliveries.push_back(std::move(delivery));
  }

  // Of those that are unsettled.
  static bool means(const Message& message, const AmqpDelivery& delivery) {
    const std::uint32_t tag = message.attr[CUT_AMQP_ATTR_DELIVERY_TAG];
    const bool multiple = has_flag(message, CUT_AMQP_FLAG_MULTIPLE);
    return multiple ? tag == 0 || delivery.tag <= tag : delivery.tag == tag;
  }

  void lose_ack(std::uint32_t channel, const Message& message) {
    for (const std::size_t index : unsettled_[channel]) {
      AmqpDelivery& delivery = traffic_.deliveries[index];
      if (!means(message, delivery)) continue;
      delivery.unheard = true;
      delivery.evidence.push_back(message.evidence.front());
    }
  }

  void settle(std::uint32_t channel, const Message& message, Settled how) {
    std::erase_if(unsettled_[channel], [&](std::size_t index) {
      AmqpDelivery& delivery = traffic_.deliveries[index];
      if (!means(message, delivery)) return false;
      delivery.settled = how;
      delivery.settled_ns = *message.delivered_ns;
      delivery.evidence.push_back(message.evidence.front());
      return true;
    });
  }

  void lose(std::uint32_t channel, std::int64_t ns) {
    const auto found = unsettled_.find(channel);
    if (found == unsettled_.end()) return;
    for (const std::size_t index : found->second) {
      traffic_.deliveries[index].settled = Settled::lost;
      traffic_.deliveries[index].settled_ns = ns;
    }
    found->second.clear();
  }

  const Flow& flow_;
  AmqpTraffic& traffic_;
  AmqpConnection connection_;
  std::vector<const cut_event*> alterations_;
  std::set<std::uint32_t> confirms_;   // channels whose messages are confirmed
  std::set<std::uint32_t> automatic_;  // channels with a consumer that does not acknowledge
  std::map<std::uint32_t, bool> gets_automatic_;  // per channel: its last basic.get does not
  // Per channel, indices: of what was published since confirm.select, and of what was delivered.
  std::map<std::uint32_t, std::vector<std::size_t>> unconfirmed_;
  std::map<std::uint32_t, std::vector<std::size_t>> unsettled_;
};

// What happens from then on is cutpoint's own doing: it ends the target.
bool ends_the_target(const Note& note) {
  return note.what == "workload.exited" || note.what == "target.timeout" ||
         note.what == "interrupted";
}

void read_processes(const Timeline& timeline, AmqpTraffic& traffic) {
  std::optional<std::int64_t> told_ns;
  std::int64_t last_ns = 0;
  std::int64_t publisher = 0;  // its failure is not the consumers'
  for (const Entry& entry : timeline.entries()) {
    last_ns = std::max(last_ns, entry.ns);
    const Note* note = entry.note();
    if (note == nullptr) continue;
    if (ends_the_target(*note)) told_ns = std::min(told_ns.value_or(entry.ns), entry.ns);
    if (note->what == "workload.exited") publisher = note->data.value("pid", publisher);
  }
  traffic.end_ns = told_ns.value_or(last_ns);
  for (const Entry& entry : timeline.entries()) {
    const cut_event* event = entry.event();
    if (event == nullptr || event->kind != CUT_EVENT_PROCESS_DIED) continue;
    if (event->attr[0] == publisher || entry.ns >= traffic.end_ns) continue;
    traffic.deaths.push_back(
        {event->attr[0], event->attr[1], event->attr[2], entry.ns, entry.number});
  }
}

}  // namespace

AmqpTraffic read_amqp(const RunFacts& facts, std::uint8_t service) {
  AmqpTraffic traffic;
  for (const Flow& flow : flows_of(*facts.timeline)) {
    if (flow.service != service || flow.cookie == 0) continue;
    Messages messages(facts.scenario->faults);
    for (const Entry* entry : flow.entries) {
      // What is altered arrives all the same.
      if (entry->event()->kind != CUT_EVENT_ALTERED) messages.read(*entry);
    }
    FlowReader reader(flow, traffic);
    for (const Message& message : messages.list()) reader.read(message);
    reader.end();
  }
  read_processes(*facts.timeline, traffic);
  return traffic;
}

}  // namespace cutpoint
