// SPDX-License-Identifier: Apache-2.0
#include "probes/amqp/publish_message.h"

#include <fmt/format.h>
#include <nlohmann/json.hpp>

namespace cutpoint::probes {
namespace {

using Json = nlohmann::json;

void replace_all(std::string& text, const std::string& what, const std::string& with) {
  for (auto at = text.find(what); at != std::string::npos; at = text.find(what, at + with.size())) {
    text.replace(at, what.size(), with);
  }
}

std::string make_body(const PublishOptions& options, int number) {
  std::string body = options.body.empty() ? R"({"id": "{id}", "number": {number}})" : options.body;
  replace_all(body, "{id}", message_id(number));
  replace_all(body, "{number}", std::to_string(number));
  return body;
}

std::string cut_short(std::string body) {
  do {
    if (!body.empty()) body.pop_back();
  } while (Json::accept(body));
  return body;
}

// Celery's message protocol 2 (Celery 5.2, "Message Protocol"): the arguments are the body, what
// is to be done with them is in the headers.
AmqpMessage make_task(const std::string& task, int number) {
  const std::string id = message_id(number);
  const Json none = nullptr;
  AmqpMessage message;
  message.correlation_id = id;
  message.content_encoding = "utf-8";
  message.headers = {{"lang", "py"},
                     {"task", task},
                     {"id", id},
                     {"root_id", id},
                     {"parent_id", none},
                     {"group", none},
                     {"shadow", none},
                     {"eta", none},
                     {"expires", none},
                     {"retries", 0},
                     {"timelimit", Json::array({none, none})},
                     {"argsrepr", fmt::format("('{}', {})", id, number)},
                     {"kwargsrepr", "{}"},
                     {"origin", "cutpoint"},
                     {"ignore_result", true}};
  const Json options{{"callbacks", none}, {"errbacks", none}, {"chain", none}, {"chord", none}};
  message.body = Json::array({Json::array({id, number}), Json::object(), options}).dump();
  return message;
}

}  // namespace

std::string message_id(int number) {
  return fmt::format("m{}", number);
}

AmqpMessage make_message(const PublishOptions& options, int number, bool poison) {
  AmqpMessage message;
  if (options.celery_task.empty()) {
    message.message_id = message_id(number);
    message.body = make_body(options, number);
  } else {
    message = make_task(options.celery_task, number);
  }
  message.content_type = "application/json";
  if (poison) message.body = cut_short(std::move(message.body));
  return message;
}

}  // namespace cutpoint::probes
