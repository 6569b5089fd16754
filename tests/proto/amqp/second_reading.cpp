// SPDX-License-Identifier: Apache-2.0
#include "tests/proto/amqp/second_reading.h"

#include <cstddef>
#include <cstdint>
#include <map>
#include <sstream>

namespace cutpoint::test::amqp {

namespace {

class Frames {
 public:
  Frames(cut_direction direction, std::string_view bytes) : direction_(direction), bytes_(bytes) {}

  // "[FIRST, LAST) WHAT", line by line: methods by their numbers, messages, body frames,
  // heartbeats.
  std::string read() {
    at_ = direction_ == CUT_UPSTREAM ? protocol_header.size() : 0;
    while (at_ < bytes_.size()) {
      first_ = at_;
      const std::uint64_t type = take(1);
      const std::uint64_t channel = take(2);
      const std::uint64_t size = take(4);
      const std::size_t payload = at_;
      last_ = payload + size + 1;
      switch (type) {
        case 1:
          read_method(channel);
          break;
        case 2:
          at_ += 4;
          read_size(open_.at(channel));
          break;
        case 3:
          say(first_, "body");
          open_.at(channel).left -= size;
          break;
        default:
          say(first_, "heartbeat");
      }
      if (type == 2 || type == 3) end(channel);
      at_ = last_;
    }
    return said_;
  }

 private:
  struct Open {
    std::size_t first = 0;
    std::uint64_t left = 0;
    std::string what{};
  };

  std::uint64_t take(std::size_t count) {
    std::uint64_t value = 0;
    for (; count > 0; --count) value = value << 8U | static_cast<unsigned char>(bytes_.at(at_++));
    return value;
  }
  void say(std::size_t first, const std::string& what) {
    said_ += '[' + std::to_string(first) + ", " + std::to_string(last_) + ") " + what + '\n';
  }
  void read_method(std::uint64_t channel) {
    const std::uint64_t class_id = take(2);
    const std::uint64_t method_id = take(2);
    const std::string what = std::to_string(class_id) + '.' + std::to_string(method_id);
    if (what == "60.40" || what == "60.50" || what == "60.60" || what == "60.71")
      open_[channel] = {first_, 0, what};
    else
      say(first_, what);
  }
  void read_size(Open& message) { message.left = take(8); }
  void end(std::uint64_t channel) {
    const Open& message = open_.at(channel);
    if (message.left == 0) say(message.first, message.what);
  }

  cut_direction direction_;
  std::string_view bytes_;
  std::size_t at_ = 0;
  std::size_t first_ = 0;
  std::size_t last_ = 0;
  std::map<std::uint64_t, Open> open_;
  std::string said_;
};

// AMQP 0-9-1, 1.8: what of a moment's method is on the wire.
std::string number_of(const Fact& fact) {
  static const std::map<cut_amqp_moment, std::string> numbers = {
      {CUT_AMQP_CONNECTION_OPEN, "10.40"},
      {CUT_AMQP_CHANNEL_OPEN, "20.10"},
      {CUT_AMQP_CONSUME, "60.20"},
      {CUT_AMQP_GET, "60.70"},
      {CUT_AMQP_CONFIRM_SELECT, "85.10"},
      {CUT_AMQP_PUBLISH, "60.40"},
      {CUT_AMQP_ACK, "60.80"},
      {CUT_AMQP_NACK, "60.120"},
      {CUT_AMQP_REJECT, "60.90"},
      {CUT_AMQP_TX_COMMIT, "90.20"},
      {CUT_AMQP_DELIVER, "60.60"},
      {CUT_AMQP_GET_OK, "60.71"},
      {CUT_AMQP_RETURN, "60.50"},
      {CUT_AMQP_CONFIRM_ACK, "60.80"},
      {CUT_AMQP_CONFIRM_NACK, "60.120"},
      {CUT_AMQP_TX_COMMITTED, "90.21"},
      {CUT_AMQP_CONSUMER_CANCEL, "60.30"},
      {CUT_AMQP_BLOCKED, "10.60"},
      {CUT_AMQP_UNBLOCKED, "10.61"},
      {CUT_AMQP_BODY_UP, "body"},
      {CUT_AMQP_BODY_DOWN, "body"},
      {CUT_AMQP_HEARTBEAT_UP, "heartbeat"},
      {CUT_AMQP_HEARTBEAT_DOWN, "heartbeat"},
      {CUT_AMQP_CHANNEL_CLOSE_UP, "20.40"},
      {CUT_AMQP_CHANNEL_CLOSE_DOWN, "20.40"},
      {CUT_AMQP_CONNECTION_CLOSE_UP, "10.50"},
      {CUT_AMQP_CONNECTION_CLOSE_DOWN, "10.50"}};
  for (const auto& [moment, number] : numbers) {
    if (fact.is(moment)) return number;
  }
  return "?";
}

// Without the methods that are no moment of this direction.
std::string without_others(const std::string& frames, cut_direction direction) {
  static const std::string of_client =
      " 10.40 20.10 60.20 60.70 85.10 60.40 60.80 60.120 60.90 90.20 20.40 10.50 body heartbeat ";
  static const std::string of_broker =
      " 60.60 60.71 60.50 60.80 60.120 90.21 60.30 10.60 10.61 20.40 10.50 body heartbeat ";
  const std::string& wanted = direction == CUT_UPSTREAM ? of_client : of_broker;
  std::string kept;
  std::istringstream lines(frames);
  for (std::string line; std::getline(lines, line);) {
    if (wanted.find(' ' + line.substr(line.rfind(' ') + 1) + ' ') != std::string::npos)
      kept += line + '\n';
  }
  return kept;
}

}  // namespace

std::string second_reading(cut_direction direction, std::string_view bytes) {
  return without_others(Frames(direction, bytes).read(), direction);
}

std::string first_reading(const Facts& facts, cut_direction direction) {
  std::string text;
  for (const Fact& fact : facts) {
    if (fact.direction == direction)
      text += '[' + std::to_string(fact.first) + ", " + std::to_string(fact.last) + ") " +
              number_of(fact) + '\n';
  }
  return text;
}

}  // namespace cutpoint::test::amqp
