// SPDX-License-Identifier: Apache-2.0
#include "tests/scenarios/dissection.h"

#include <algorithm>
#include <arpa/inet.h>
#include <array>
#include <fmt/format.h>
#include <netinet/in.h>
#include <sstream>
#include <stdexcept>
#include <sys/socket.h>
#include <tuple>
#include <utility>

#include "controller/util/clock.h"
#include "controller/util/unique_fd.h"

namespace cutpoint {
namespace {

using Words = std::vector<std::string>;

const Words& of(const Frame& frame, const std::string& field) {
  static const Words none;
  const auto found = frame.find(field);
  return found == frame.end() ? none : found->second;
}

// Values of a field that not every message has, taken one by one.
class Values {
 public:
  Values(const Frame& frame, const std::string& field) : values_(of(frame, field)) {}
  std::string next() { return at_ < values_.size() ? values_[at_++] : "none"; }

 private:
  const Words& values_;
  std::size_t at_ = 0;
};

std::string character(const std::string& number) {
  return {static_cast<char>(std::stoi(number))};
}

// Names: epan/dissectors/packet-pgsql.c. Statements are no messages, and tshark reads no SQL.
void read_postgres(const Frame& frame, bool upstream, Talk& /*talk*/, const Talk& /*other*/,
                   Words& said) {
  static const std::map<std::string, std::string> ours{{"Startup message", "startup"},
                                                       {"Simple query", "query"},
                                                       {"Parse", "parse"},
                                                       {"Bind", "bind"},
                                                       {"Execute", "execute"},
                                                       {"Termination", "terminate"},
                                                       {"Cancel request", "cancel"}};
  Values authentications(frame, "pgsql.authtype");
  Values codes(frame, "pgsql.code");
  Values tags(frame, "pgsql.tag");
  Values states(frame, "pgsql.status");
  for (const std::string& type : of(frame, "pgsql.type")) {
    if (upstream) {
      if (const auto found = ours.find(type); found != ours.end()) said.push_back(found->second);
      if (type == "Copy data") said.emplace_back("copy.data");
      continue;
    }
    if (type == "Authentication request" && authentications.next() == "0")
      said.emplace_back("auth.ok");
    if (type == "Backend key data") said.emplace_back("backend.key");
    if (type == "Error") said.push_back("error " + codes.next());
    if (type == "Notice") std::ignore = codes.next();
    if (type == "Ready for query") said.push_back("ready " + character(states.next()));
    if (type != "Command completion") continue;
    const std::string tag = tags.next();
    if (tag == "COMMIT") said.emplace_back("commit.ack");
    if (tag == "ROLLBACK") said.emplace_back("rollback.ack");
  }
}

// AMQP 0-9-1, 1.8, class and method, by direction.
std::string amqp_moment(const std::string& class_id, const std::string& method, bool upstream) {
  static const std::map<std::string, std::string> client{
      {"10.40", "connection.open"}, {"10.50", "connection.close"}, {"20.10", "channel.open"},
      {"20.40", "channel.close"},   {"60.20", "basic.consume"},    {"60.40", "basic.publish"},
      {"60.70", "basic.get"},       {"60.80", "basic.ack"},        {"60.90", "basic.reject"},
      {"60.120", "basic.nack"},     {"85.10", "confirm.select"},   {"90.20", "tx.commit"}};
  static const std::map<std::string, std::string> broker{
      {"10.50", "connection.close"},     {"10.60", "connection.blocked"},
      {"10.61", "connection.unblocked"}, {"20.40", "channel.close"},
      {"60.30", "consumer.cancel"},      {"60.50", "basic.return"},
      {"60.60", "basic.deliver"},        {"60.71", "basic.get-ok"},
      {"60.80", "confirm.ack"},          {"60.120", "confirm.nack"},
      {"90.21", "tx.commit-ok"}};
  const auto& ours = upstream ? client : broker;
  const auto found = ours.find(class_id + "." + method);
  return found == ours.end() ? "" : found->second;
}

bool has_content(const std::string& moment) {
  return moment == "basic.publish" || moment == "basic.deliver" || moment == "basic.return" ||
         moment == "basic.get-ok";
}

// A message with content is one at its last byte. In the samples a direction has one under way at a
// time.
void read_amqp(const Frame& frame, bool upstream, Talk& talk, const Talk& /*other*/, Words& said) {
  constexpr const char* method_frame = "1";
  constexpr const char* header_frame = "2";
  constexpr const char* body_frame = "3";
  constexpr const char* heartbeat_frame = "8";
  Values classes(frame, "amqp.method.class");
  Values methods(frame, "amqp.method.method");
  Values sizes(frame, "amqp.header.body-size");
  Values channels(frame, "amqp.channel");
  Values lengths(frame, "amqp.length");
  for (const std::string& type : of(frame, "amqp.type")) {
    const std::string channel = channels.next();
    const std::string length = lengths.next();
    if (type == method_frame) {
      const std::string class_id = classes.next();
      const std::string moment = amqp_moment(class_id, methods.next(), upstream);
      const std::string word = channel == "0" ? moment : fmt::format("{} {}", moment, channel);
      if (has_content(moment)) {
        talk.message = word;
      } else if (!moment.empty()) {
        said.push_back(word);
      }
    }
    if (type == heartbeat_frame) said.emplace_back("heartbeat");
    if (type == header_frame) talk.left = std::stoi(sizes.next());
    if (type == body_frame) {
      talk.left -= std::stoi(length);
      said.push_back("content.body " + channel);
    }
    if ((type == header_frame || type == body_frame) && talk.left == 0)
      said.push_back(talk.message);
  }
}

// tshark has one frame for a message, when it is complete.
void read_http(const Frame& frame, bool upstream, Talk& /*talk*/, const Talk& /*other*/,
               Words& said) {
  for (const std::string& value :
       of(frame, upstream ? "http.request.method" : "http.response.code")) {
    said.push_back((upstream ? "request.head " : "response.head ") + value);
    said.emplace_back(upstream ? "request.end" : "response.end");
  }
}

// With the keys, tshark tells what is in a record. The handshake ends with the second Finished, of
// whichever end; what is protected looks like data from outside, in TLS 1.3, from the end's own
// Finished on.
void read_tls(const Frame& frame, bool /*upstream*/, Talk& talk, const Talk& other, Words& said) {
  const Words& messages = of(frame, "tls.handshake.type");
  const auto has = [&](const char* type) {
    return std::find(messages.begin(), messages.end(), type) != messages.end();
  };
  constexpr const char* client_hello = "1";
  constexpr const char* server_hello = "2";
  constexpr const char* finished = "20";
  const bool was_finished = talk.finished;
  if (has(client_hello)) said.emplace_back("client_hello");
  if (has(server_hello)) said.emplace_back("server_hello");
  if (has(finished)) talk.finished = true;
  if (has(finished) && other.finished) said.emplace_back("established");
  const bool looks_like_data = !of(frame, "tls.record.opaque_type").empty();
  constexpr const char* alert = "21";
  constexpr const char* handshake = "22";
  constexpr const char* data = "23";
  for (const std::string& type : of(frame, "tls.record.content_type")) {
    if (type == alert && !looks_like_data) said.emplace_back("alert");
    if (type == data || (looks_like_data && (type == alert || (type == handshake && was_finished))))
      said.emplace_back("app_data");
  }
}

Words split(const std::string& text, char at) {
  Words parts;
  std::istringstream stream(text);
  for (std::string part; std::getline(stream, part, at);) parts.push_back(part);
  return parts;
}

// A connection that everybody can tell from others, made after them: its port.
std::string knock(int port) {
  const UniqueFd socket(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_port = htons(static_cast<std::uint16_t>(port));
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  auto* const generic = reinterpret_cast<sockaddr*>(&address);
  socklen_t size = sizeof address;
  if (::connect(socket.get(), generic, size) != 0 ||
      ::getsockname(socket.get(), generic, &size) != 0) {
    throw std::runtime_error("nobody listens on port " + std::to_string(port));
  }
  return std::to_string(ntohs(address.sin_port));
}

Words dumpcap(const std::string& file, int port) {
  return {"dumpcap", "-i", "lo", "-f", "tcp port " + std::to_string(port), "-w", file};
}

}  // namespace

const Dissector dissect_postgres{
    "pgsql",
    {"pgsql.type", "pgsql.authtype", "pgsql.code", "pgsql.tag", "pgsql.status"},
    read_postgres};
const Dissector dissect_amqp{"amqp",
                             {"amqp.type", "amqp.channel", "amqp.length", "amqp.method.class",
                              "amqp.method.method", "amqp.header.body-size"},
                             read_amqp};
const Dissector dissect_http{"http", {"http.request.method", "http.response.code"}, read_http};
const Dissector dissect_tls{
    "tls", {"tls.record.content_type", "tls.record.opaque_type", "tls.handshake.type"}, read_tls};

Capture::Capture(std::string file, int port)
    : file_(std::move(file)), port_(port), dumpcap_(dumpcap(file_, port)) {
  // Said once the sockets are open, and the file is.
  if (dumpcap_.err_line("File: ").empty())
    throw std::runtime_error("dumpcap: " + dumpcap_.wait().err);
}

void Capture::finish() {
  const std::string knocked = knock(port_);
  const Deadline deadline(Program::longest);
  const Words look{"tshark", "-n", "-r", file_, "-Y", "tcp.port == " + knocked};
  while (Program::run(look).out.empty()) {
    if (deadline.passed()) throw std::runtime_error("dumpcap writes nothing: " + file_);
  }
  const auto ended = dumpcap_.interrupt();
  if (ended.err.find("(100.0%)") == std::string::npos) {
    throw std::runtime_error("dumpcap has lost packets: " + ended.err);
  }
}

Conversations Capture::read(const Dissector& dissector, const std::string& keys) const {
  const std::string port = std::to_string(port_);
  const std::string decoded = keys.empty() ? dissector.protocol : "tls";
  Words command{"tshark", "-n", "-r", file_, "-d", "tcp.port==" + port + "," + decoded};
  if (!keys.empty()) {
    for (const std::string& word : {std::string("-o"), "tls.keylog_file:" + keys, std::string("-d"),
                                    "tls.port==" + port + "," + dissector.protocol}) {
      command.push_back(word);
    }
    if (dissector.protocol == "tls") command.resize(command.size() - 2);
  }
  for (const char* word : {"-T", "fields", "-E", "separator=|", "-E", "aggregator=;", "-e",
                           "tcp.srcport", "-e", "tcp.dstport"}) {
    command.emplace_back(word);
  }
  for (const std::string& field : dissector.fields) {
    command.emplace_back("-e");
    command.push_back(field);
  }
  const auto ended = Program::run(command);
  if (ended.code != 0) throw std::runtime_error("tshark: " + ended.err);

  Conversations conversations;
  std::map<std::string, std::array<Talk, 2>> talks;  // by the client's port: up, down
  std::istringstream lines(ended.out);
  for (std::string line; std::getline(lines, line);) {
    const Words columns = split(line, '|');
    const bool upstream = columns.at(1) == port;
    const std::string& client = columns.at(upstream ? 0 : 1);
    Frame frame;
    for (std::size_t i = 2; i < columns.size(); ++i)
      frame[dissector.fields[i - 2]] = split(columns[i], ';');
    Said& said = conversations[client];
    auto& [up, down] = talks[client];
    dissector.read(frame, upstream, upstream ? up : down, upstream ? down : up,
                   upstream ? said.upstream : said.downstream);
  }
  std::erase_if(conversations, [](const auto& entry) { return entry.second == Said{}; });
  return conversations;
}

}  // namespace cutpoint
