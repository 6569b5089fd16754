// SPDX-License-Identifier: Apache-2.0
// Result<T>: a value or an Error. Recoverable failures travel as values and gain context on the
// way up; exceptions of libraries are caught where the library is called.
#pragma once

#include <optional>
#include <string>
#include <utility>
#include <variant>

namespace cutpoint {

// The exit codes of every command; see README, "Exit codes".
enum class ExitCode : int {
  held = 0,
  violated = 1,
  usage = 2,        // bad usage or scenario file
  unavailable = 3,  // this host or service cannot run it
  inconclusive = 4,
  interrupted = 130,
};

// What failed, on what and why (`message`), what to do next (`remedy`, may be empty), and how the
// command is to exit.
struct Error {
  ExitCode code = ExitCode::unavailable;
  std::string message;
  std::string remedy;

  // The same error, seen from further up: "<what>: <message>".
  [[nodiscard]] Error within(const std::string& what) && {
    message = what + ": " + message;
    return std::move(*this);
  }
};

template <typename T>
class [[nodiscard]] Result {
 public:
  Result(T value) : state_(std::move(value)) {}      // NOLINT(google-explicit-constructor)
  Result(Error error) : state_(std::move(error)) {}  // NOLINT(google-explicit-constructor)

  [[nodiscard]] bool ok() const { return std::holds_alternative<T>(state_); }
  explicit operator bool() const { return ok(); }

  // Only where ok(); else std::bad_variant_access.
  [[nodiscard]] T& value() & { return std::get<T>(state_); }
  [[nodiscard]] const T& value() const& { return std::get<T>(state_); }
  [[nodiscard]] T&& value() && { return std::get<T>(std::move(state_)); }
  T& operator*() & { return value(); }
  const T& operator*() const& { return value(); }
  T&& operator*() && { return std::move(*this).value(); }
  T* operator->() { return &value(); }
  const T* operator->() const { return &value(); }

  // Only where !ok().
  [[nodiscard]] Error& error() & { return std::get<Error>(state_); }
  [[nodiscard]] const Error& error() const& { return std::get<Error>(state_); }
  [[nodiscard]] Error&& error() && { return std::get<Error>(std::move(state_)); }

 private:
  std::variant<T, Error> state_;
};

// Success without a value: `return {};`.
template <>
class [[nodiscard]] Result<void> {
 public:
  Result() = default;
  Result(Error error) : error_(std::move(error)) {}  // NOLINT(google-explicit-constructor)

  [[nodiscard]] bool ok() const { return !error_; }
  explicit operator bool() const { return ok(); }
  [[nodiscard]] Error& error() & { return *error_; }
  [[nodiscard]] const Error& error() const& { return *error_; }
  [[nodiscard]] Error&& error() && { return *std::move(error_); }

 private:
  std::optional<Error> error_;
};

using Status = Result<void>;

}  // namespace cutpoint

// Leaves the function with the error of `expression`, which yields a Result.
#define CUTPOINT_TRY(expression)                                       \
  do {                                                                 \
    auto cutpoint_result_ = (expression);                              \
    if (!cutpoint_result_) return std::move(cutpoint_result_).error(); \
  } while (false)

// Declares `name` with the value of `expression`, or leaves the function with its error.
#define CUTPOINT_TRY_ASSIGN(name, expression)                    \
  auto name##_result_ = (expression);                            \
  if (!name##_result_) return std::move(name##_result_).error(); \
  auto& name = *name##_result_
