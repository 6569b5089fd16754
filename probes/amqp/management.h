// SPDX-License-Identifier: Apache-2.0
// RabbitMQ's HTTP management API (plugin rabbitmq_management, "HTTP API"), of one virtual host. Not
// for use by two threads at once. Its errors are of code 3 and never tell the password.
#pragma once

#include <cstdint>
#include <memory>
#include <nlohmann/json.hpp>
#include <optional>
#include <string>
#include <vector>

#include "controller/util/result.h"

namespace cutpoint::probes {

class Management {
 public:
  struct Queue {       // NOLINT(bugprone-exception-escape): JSON's destructor is noexcept
    std::string type;  // classic, quorum, stream
    bool durable = false;
    nlohmann::json arguments;  // an object
    // The effective one, an object. nullopt: not told in the first seconds of a queue (until its
    // first statistics, collect_statistics_interval); neither are the counts, which are as old.
    std::optional<nlohmann::json> policy;
    std::optional<std::uint64_t> ready;
    std::optional<std::uint64_t> unacknowledged;
    std::optional<std::uint64_t> consumers;

    // Of an argument, else of the policy. nullopt: neither says it.
    [[nodiscard]] std::optional<nlohmann::json> setting(const std::string& name) const;
  };
  // Asked of the queue itself, where it is a classic one; a quorum queue tells them every 5 s
  // (quorum_tick_interval).
  struct Totals {
    std::uint64_t ready = 0;
    std::uint64_t unacknowledged = 0;
  };
  struct Exchange {
    std::string type;
    nlohmann::json arguments;
  };
  struct Binding {
    std::string source;
    std::string destination;
    bool to_exchange = false;  // else to a queue
    std::string routing_key;
    nlohmann::json arguments;
  };

  // Does not connect. url: http://user:password@host:port, or https. Error (2), without a piece of
  // it.
  static Result<Management> open(const std::string& url, const std::string& vhost);

  // nullopt: there is none. The default exchange, "", is there always.
  Result<std::optional<Queue>> queue(const std::string& name);
  Result<std::optional<Totals>> totals(const std::string& queue);
  Result<std::optional<Exchange>> exchange(const std::string& name);
  // None, where there is no such exchange or queue.
  Result<std::vector<Binding>> bindings_from(const std::string& exchange);
  Result<std::vector<Binding>> bindings_to(const std::string& queue);

 private:
  struct Login {
    std::string base;     // "http://127.0.0.1:15672"
    std::string address;  // "127.0.0.1:15672"
    std::string user;
    std::string password;
  };
  struct Close {
    void operator()(void* handle) const;
  };
  using Handle = std::unique_ptr<void, Close>;  // of libcurl

  Management(Handle handle, Login login, const std::string& vhost);
  [[nodiscard]] std::string escaped(const std::string& text) const;
  // nullopt: 404.
  Result<std::optional<nlohmann::json>> get(const std::string& path);
  Result<std::vector<Binding>> bindings(const std::string& path);
  Error failure(const std::string& why, const std::string& remedy) const;

  Handle handle_;
  Login login_;
  std::string vhost_;  // escaped
};

}  // namespace cutpoint::probes
