// SPDX-License-Identifier: Apache-2.0
#include "controller/report/trace_events.h"

#include <fmt/format.h>

namespace cutpoint {
namespace {

using nlohmann::json;

constexpr std::size_t piece = 65536;  // bytes that the sink gets at a time

std::string dumped(const json& value) {
  return value.dump(-1, ' ', false, json::error_handler_t::replace);
}

// "682000.125": as a floating-point number it would lose digits of a host that is long up.
std::string microseconds(std::int64_t ns) {
  constexpr std::int64_t ns_per_us = 1000;
  return fmt::format("{}.{:03}", ns / ns_per_us, ns % ns_per_us);
}

std::string head(char phase, std::int64_t ns, int process) {
  return fmt::format(R"({{"ph":"{}","ts":{},"pid":{})", phase, microseconds(ns), process);
}

std::string with_args(const json& args) {
  return args.empty() ? "}" : fmt::format(R"(,"args":{}}})", dumped(args));
}

std::string metadata(const char* what, const TraceThread& thread, const json& args) {
  return fmt::format(R"({{"ph":"M","name":"{}","pid":{},"tid":{},"args":{}}})", what,
                     thread.process, thread.thread, dumped(args));
}

std::string async_event(char phase, const TraceEvents::Async& span, std::int64_t ns,
                        const json& args) {
  return fmt::format(R"({},"tid":{},"cat":{},"name":{},"id":"{:#x}"{})",
                     head(phase, ns, span.process), span.process, dumped(span.category),
                     dumped(span.name), span.id, with_args(args));
}

}  // namespace

void TraceEvents::name_process(int process, const std::string& name) {
  write(metadata("process_name", {process, process}, {{"name", name}}));
  write(metadata("process_sort_index", {process, process}, {{"sort_index", process}}));
}

void TraceEvents::name_thread(const TraceThread& thread, const std::string& name) {
  write(metadata("thread_name", thread, {{"name", name}}));
  write(metadata("thread_sort_index", thread, {{"sort_index", thread.thread}}));
}

void TraceEvents::begin(const TraceThread& thread, std::int64_t ns, std::string_view name,
                        const json& args) {
  write(fmt::format(R"({},"tid":{},"name":{}{})", head('B', ns, thread.process), thread.thread,
                    dumped(name), with_args(args)));
}

void TraceEvents::end(const TraceThread& thread, std::int64_t ns, const json& args) {
  write(fmt::format(R"({},"tid":{}{})", head('E', ns, thread.process), thread.thread,
                    with_args(args)));
}

void TraceEvents::begin(const Async& span, std::int64_t ns, const json& args) {
  write(async_event('b', span, ns, args));
}

void TraceEvents::end(const Async& span, std::int64_t ns, const json& args) {
  write(async_event('e', span, ns, args));
}

void TraceEvents::instant(const TraceThread& thread, std::int64_t ns, std::string_view category,
                          std::string_view name, const json& args) {
  write(fmt::format(R"({},"tid":{},"s":"t","cat":{},"name":{}{})", head('i', ns, thread.process),
                    thread.thread, dumped(category), dumped(name), with_args(args)));
}

void TraceEvents::counter(int process, std::int64_t ns, std::string_view name,
                          std::uint64_t value) {
  write(fmt::format(R"({},"tid":{},"name":{},"args":{{"value":{}}}}})", head('C', ns, process),
                    process, dumped(name), value));
}

Status TraceEvents::finish(const json& other) {
  text_ += any_ ? "\n" : "{\"traceEvents\":[";
  text_ += fmt::format("],\n\"displayTimeUnit\":\"ms\",\n\"otherData\":{}}}\n", dumped(other));
  flush();
  return failed_;
}

void TraceEvents::write(const std::string& event) {
  text_ += any_ ? ",\n" : "{\"traceEvents\":[\n";
  text_ += event;
  any_ = true;
  if (text_.size() >= piece) flush();
}

void TraceEvents::flush() {
  if (failed_) failed_ = sink_(text_);
  text_.clear();
}

}  // namespace cutpoint
