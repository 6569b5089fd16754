// SPDX-License-Identifier: Apache-2.0
#include "controller/kernel/libbpf_log.h"

#include <array>
#include <bpf/libbpf.h>
#include <cstdarg>
#include <cstdio>
#include <mutex>

namespace cutpoint {
namespace {

constexpr std::size_t longest_message = 4096;
constexpr std::size_t longest_log = std::size_t{64} * 1024;

std::mutex mutex;
std::string log;  // NOLINT(cert-err58-cpp): an empty string does not throw

int keep(enum libbpf_print_level level, const char* format, va_list arguments) {
  if (level == LIBBPF_DEBUG) return 0;
  std::array<char, longest_message> text{};
  const int length = std::vsnprintf(text.data(), text.size(), format, arguments);
  const std::lock_guard lock(mutex);
  log += text.data();
  if (log.size() > longest_log) log.erase(0, log.size() - longest_log);
  return length;
}

}  // namespace

void capture_libbpf_log() {
  libbpf_set_print(keep);
}

std::string take_libbpf_log() {
  constexpr std::size_t enough = 600;
  const std::lock_guard lock(mutex);
  std::string text;
  text.swap(log);
  while (!text.empty() && text.back() == '\n') text.pop_back();
  if (text.size() > enough) text = "… " + text.substr(text.size() - enough);
  return text;
}

}  // namespace cutpoint
