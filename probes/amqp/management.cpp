// SPDX-License-Identifier: Apache-2.0
#include "probes/amqp/management.h"

#include <curl/curl.h>
#include <fmt/format.h>
#include <utility>

namespace cutpoint::probes {
namespace {

using Json = nlohmann::json;

constexpr long connect_patience_ms = 2000;
constexpr long patience_ms = 5000;
constexpr long ok = 200;
constexpr long unauthorized = 401;
constexpr long not_found = 404;

struct FreeUrl {
  void operator()(CURLU* url) const { curl_url_cleanup(url); }
};
struct FreeText {
  void operator()(char* text) const { curl_free(text); }
};
using Text = std::unique_ptr<char, FreeText>;

std::string part_of(CURLU* url, CURLUPart part, unsigned flags = 0) {
  char* text = nullptr;
  if (curl_url_get(url, part, &text, flags) != CURLUE_OK) return "";
  return Text(text).get();
}

std::size_t append(char* data, std::size_t size, std::size_t count, void* text) {
  static_cast<std::string*>(text)->append(data, size * count);
  return size * count;
}

std::optional<std::uint64_t> number(const Json& object, const char* key) {
  const auto found = object.find(key);
  if (found == object.end() || !found->is_number_unsigned()) return std::nullopt;
  return found->get<std::uint64_t>();
}

Json object_of(const Json& object, const char* key) {
  const auto found = object.find(key);
  return found != object.end() && found->is_object() ? *found : Json::object();
}

}  // namespace

void Management::Close::operator()(void* handle) const {
  curl_easy_cleanup(handle);
}

std::optional<Json> Management::Queue::setting(const std::string& name) const {
  if (const auto found = arguments.find("x-" + name); found != arguments.end()) return *found;
  if (policy && policy->contains(name)) return policy->at(name);
  return std::nullopt;
}

Result<Management> Management::open(const std::string& url, const std::string& vhost) {
  const std::unique_ptr<CURLU, FreeUrl> parts(curl_url());
  const bool parsed = curl_url_set(parts.get(), CURLUPART_URL, url.c_str(), 0) == CURLUE_OK;
  const std::string scheme = part_of(parts.get(), CURLUPART_SCHEME);
  if (!parsed || (scheme != "http" && scheme != "https")) {
    return Error{ExitCode::usage, "the address of the management API cannot be read",
                 "it is http://user:password@host:port, special characters as %XX"};
  }
  Login login;
  login.address = fmt::format("{}:{}", part_of(parts.get(), CURLUPART_HOST),
                              part_of(parts.get(), CURLUPART_PORT, CURLU_DEFAULT_PORT));
  login.base = fmt::format("{}://{}", scheme, login.address);
  login.user = part_of(parts.get(), CURLUPART_USER, CURLU_URLDECODE);
  login.password = part_of(parts.get(), CURLUPART_PASSWORD, CURLU_URLDECODE);
  return Management(Handle(curl_easy_init()), std::move(login), vhost);
}

Management::Management(Handle handle, Login login, const std::string& vhost)
    : handle_(std::move(handle)), login_(std::move(login)), vhost_(escaped(vhost)) {
  CURL* curl = handle_.get();
  curl_easy_setopt(curl, CURLOPT_USERNAME, login_.user.c_str());
  curl_easy_setopt(curl, CURLOPT_PASSWORD, login_.password.c_str());
  curl_easy_setopt(curl, CURLOPT_NOPROXY, "*");
  curl_easy_setopt(curl, CURLOPT_NOSIGNAL, 1L);  // we are one of several threads
  curl_easy_setopt(curl, CURLOPT_CONNECTTIMEOUT_MS, connect_patience_ms);
  curl_easy_setopt(curl, CURLOPT_TIMEOUT_MS, patience_ms);
  curl_easy_setopt(curl, CURLOPT_WRITEFUNCTION, &append);
}

std::string Management::escaped(const std::string& text) const {
  return Text(curl_easy_escape(handle_.get(), text.data(), static_cast<int>(text.size()))).get();
}

Error Management::failure(const std::string& why, const std::string& remedy) const {
  return {ExitCode::unavailable, fmt::format("the management API at {} {}", login_.address, why),
          remedy};
}

Result<std::optional<Json>> Management::get(const std::string& path) {
  CURL* curl = handle_.get();
  std::string body;
  curl_easy_setopt(curl, CURLOPT_URL, (login_.base + "/api/" + path).c_str());
  curl_easy_setopt(curl, CURLOPT_WRITEDATA, &body);
  const CURLcode done = curl_easy_perform(curl);
  if (done != CURLE_OK) {
    return failure(fmt::format("cannot be reached: {}", curl_easy_strerror(done)),
                   "is the plugin rabbitmq_management enabled, and listening there?");
  }
  long status = 0;
  curl_easy_getinfo(curl, CURLINFO_RESPONSE_CODE, &status);
  if (status == not_found) return std::optional<Json>();
  if (status == unauthorized) {
    return failure("did not let us in",
                   fmt::format("has user `{}` the tag `monitoring`?", login_.user));
  }
  if (status != ok) return failure(fmt::format("answered {}", status), "see the broker's log");
  Json answer = Json::parse(body, nullptr, false);
  if (answer.is_discarded()) return failure("answered with no JSON", "is it RabbitMQ's?");
  return std::optional(std::move(answer));
}

Result<std::optional<Management::Queue>> Management::queue(const std::string& name) {
  CUTPOINT_TRY_ASSIGN(answer, get(fmt::format("queues/{}/{}", vhost_, escaped(name))));
  if (!answer) return std::optional<Queue>();
  const Json& told = *answer;
  Queue queue;
  queue.type = told.value("type", "");
  queue.durable = told.value("durable", false);
  queue.arguments = object_of(told, "arguments");
  // An empty policy is told as an empty list.
  if (told.contains("effective_policy_definition")) {
    queue.policy = object_of(told, "effective_policy_definition");
  }
  queue.ready = number(told, "messages_ready");
  queue.unacknowledged = number(told, "messages_unacknowledged");
  queue.consumers = number(told, "consumers");
  return std::optional(std::move(queue));
}

Result<std::optional<Management::Totals>> Management::totals(const std::string& queue) {
  // Only the list is answered by the queues, not from statistics.
  CUTPOINT_TRY_ASSIGN(
      answer, get(fmt::format("queues/{}?disable_stats=true&enable_queue_totals=true", vhost_)));
  if (!answer || !answer->is_array()) return std::optional<Totals>();
  for (const Json& one : *answer) {
    if (one.value("name", "") != queue) continue;
    const auto ready = number(one, "messages_ready");
    const auto unacknowledged = number(one, "messages_unacknowledged");
    if (ready && unacknowledged) return std::optional(Totals{*ready, *unacknowledged});
  }
  return std::optional<Totals>();
}

Result<std::optional<Management::Exchange>> Management::exchange(const std::string& name) {
  if (name.empty()) return std::optional(Exchange{"direct", Json::object()});
  CUTPOINT_TRY_ASSIGN(answer, get(fmt::format("exchanges/{}/{}", vhost_, escaped(name))));
  if (!answer) return std::optional<Exchange>();
  return std::optional(Exchange{answer->value("type", ""), object_of(*answer, "arguments")});
}

Result<std::vector<Management::Binding>> Management::bindings_from(const std::string& exchange) {
  return bindings(fmt::format("exchanges/{}/{}/bindings/source", vhost_, escaped(exchange)));
}

Result<std::vector<Management::Binding>> Management::bindings_to(const std::string& queue) {
  return bindings(fmt::format("queues/{}/{}/bindings", vhost_, escaped(queue)));
}

Result<std::vector<Management::Binding>> Management::bindings(const std::string& path) {
  CUTPOINT_TRY_ASSIGN(answer, get(path));
  std::vector<Binding> result;
  if (!answer || !answer->is_array()) return result;
  for (const Json& one : *answer) {
    result.push_back({one.value("source", ""), one.value("destination", ""),
                      one.value("destination_type", "") == "exchange", one.value("routing_key", ""),
                      object_of(one, "arguments")});
  }
  return result;
}

}  // namespace cutpoint::probes
