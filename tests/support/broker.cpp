#include "support/broker.hpp"

#include <httplib.h>
#include <signal.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <cerrno>
#include <cinttypes>
#include <cstdio>
#include <cstdlib>
#include <stdexcept>

#include "absl/time/clock.h"
#include "nlohmann/json.hpp"

namespace logistics::support {
namespace {

using Json = nlohmann::json;

constexpr char kVhostForm[] = "test-%" SCNd64 "-%d-";
constexpr absl::Duration kVhostAgeMin = absl::Minutes(1);

std::string Required(const char* variable) {
  const char* const value = std::getenv(variable);
  if (value == nullptr || *value == '\0') {
    throw std::runtime_error(std::string(variable) +
                             " is not set: start a private stack with `scripts/stack up` and put `scripts/stack env` "
                             "into the environment, or run scripts/test");
  }
  return value;
}

struct Endpoint {
  std::string user, password, host;
  int port = 0;
};

Endpoint EndpointOf(const std::string& variable) {
  const std::string url = Required(variable.c_str());
  const std::size_t scheme = url.find("://");
  const std::size_t at = url.rfind('@');
  const std::size_t user_end = url.find(':', scheme + 3);
  const std::size_t host_end = url.find(':', at);
  if (scheme == std::string::npos || at == std::string::npos || user_end > at || host_end == std::string::npos) {
    throw std::runtime_error(variable + " is not of the form scheme://user:password@host:port");
  }
  return {url.substr(scheme + 3, user_end - scheme - 3), url.substr(user_end + 1, at - user_end - 1),
          url.substr(at + 1, host_end - at - 1), std::stoi(url.substr(host_end + 1))};
}

std::string NewVhostName() {
  static std::atomic<int> count = 0;
  return "test-" + std::to_string(absl::ToUnixSeconds(absl::Now())) + "-" + std::to_string(::getpid()) + "-" +
         std::to_string(count++);
}

std::string Encoded(const std::string& text) {
  std::string encoded;
  for (const char c : text) {
    if (std::isalnum(static_cast<unsigned char>(c)) != 0 ||
        std::string_view("-_.~").find(c) != std::string_view::npos) {
      encoded += c;
    } else {
      constexpr char kHex[] = "0123456789ABCDEF";
      encoded += {'%', kHex[static_cast<unsigned char>(c) >> 4], kHex[static_cast<unsigned char>(c) & 15]};
    }
  }
  return encoded;
}

}  // namespace

TestBroker::TestBroker() : vhost_(NewVhostName()) {
  const Endpoint amqp = EndpointOf("LOGISTICS_TEST_AMQP_URL");
  const Endpoint api = EndpointOf("LOGISTICS_TEST_RABBITMQ_API");
  api_host_ = api.host;
  api_port_ = api.port;
  user_ = amqp.user;
  password_ = amqp.password;
  host_ = amqp.host;
  port_ = amqp.port;
  DeleteVhostsOfEndedTests();
  Must("PUT", "/api/vhosts/" + vhost_);
  Must("PUT", "/api/permissions/" + vhost_ + "/" + user_, R"({"configure":".*","write":".*","read":".*"})");
}

void TestBroker::DeleteVhostsOfEndedTests() const {
  for (const Json& vhost : Json::parse(Call("GET", "/api/vhosts").body)) {
    const std::string name = vhost.value("name", "");  // of one that another test deletes just now there is none
    std::int64_t created_seconds = 0;
    int process = 0;
    if (std::sscanf(name.c_str(), kVhostForm, &created_seconds, &process) != 2) continue;
    const bool old = absl::Now() - absl::FromUnixSeconds(created_seconds) > kVhostAgeMin;
    const bool ended = ::kill(process, 0) != 0 && errno == ESRCH;
    if (!old || !ended) continue;
    Call("DELETE", "/api/vhosts/" + name);
    Call("DELETE", "/api/users/" + name);
  }
}

std::string TestBroker::url() const { return UrlThrough(port_); }

std::string TestBroker::UrlThrough(int port) const {
  return "amqp://" + user_ + ":" + password_ + "@" + host_ + ":" + std::to_string(port) + "/" + vhost_;
}

std::string TestBroker::UrlWithPassword(const std::string& password) const {
  return "amqp://" + user_ + ":" + password + "@" + host_ + ":" + std::to_string(port_) + "/" + vhost_;
}

TestBroker::Answer TestBroker::Call(const std::string& method, const std::string& path, const std::string& body) const {
  httplib::Client client(api_host_, api_port_);
  client.set_basic_auth(user_.c_str(), password_.c_str());
  client.set_read_timeout(30);
  httplib::Request request;
  request.method = method;
  request.path = path;
  request.body = body;
  request.set_header("Content-Type", "application/json");
  const httplib::Result result = client.send(request);
  if (!result) {
    throw std::runtime_error("RabbitMQ's management API at " + api_host_ + ":" + std::to_string(api_port_) +
                             " does not answer: " + httplib::to_string(result.error()));
  }
  return {result->status, result->body};
}

void TestBroker::Must(const std::string& method, const std::string& path, const std::string& body) const {
  const Answer answer = Call(method, path, body);
  if (answer.status >= 300) {
    throw std::runtime_error(method + " " + path + ": " + std::to_string(answer.status) + " " + answer.body);
  }
}

std::optional<Json> TestBroker::Queue(const std::string& name) const {
  const Answer answer = Call("GET", "/api/queues/" + vhost_ + "/" + Encoded(name));
  if (answer.status != 200) return std::nullopt;
  return Json::parse(answer.body);
}

std::optional<Json> TestBroker::Exchange(const std::string& name) const {
  const Answer answer = Call("GET", "/api/exchanges/" + vhost_ + "/" + Encoded(name));
  if (answer.status != 200) return std::nullopt;
  return Json::parse(answer.body);
}

std::vector<std::pair<std::string, std::string>> TestBroker::BindingsOf(const std::string& queue) const {
  std::vector<std::pair<std::string, std::string>> bindings;
  for (const Json& binding :
       Json::parse(Call("GET", "/api/queues/" + vhost_ + "/" + Encoded(queue) + "/bindings").body)) {
    if (binding["source"] != "") bindings.emplace_back(binding["source"], binding["routing_key"]);
  }
  std::sort(bindings.begin(), bindings.end());
  return bindings;
}

void TestBroker::DeclareQueue(const std::string& name, const Json& arguments) const {
  Must("PUT", "/api/queues/" + vhost_ + "/" + Encoded(name), Json{{"durable", true}, {"arguments", arguments}}.dump());
}

void TestBroker::DeclareTopicExchange(const std::string& name) const {
  Must("PUT", "/api/exchanges/" + vhost_ + "/" + Encoded(name), R"({"type":"topic","durable":true})");
}

void TestBroker::Bind(const std::string& queue, const std::string& exchange, const std::string& routing_key) const {
  Must("POST", "/api/bindings/" + vhost_ + "/e/" + Encoded(exchange) + "/q/" + Encoded(queue),
       Json{{"routing_key", routing_key}}.dump());
}

void TestBroker::Unbind(const std::string& queue, const std::string& exchange, const std::string& routing_key) const {
  Must("DELETE",
       "/api/bindings/" + vhost_ + "/e/" + Encoded(exchange) + "/q/" + Encoded(queue) + "/" + Encoded(routing_key));
}

bool TestBroker::Publish(const std::string& exchange, const std::string& routing_key, const std::string& body,
                         const Json& properties) const {
  const Json message = {
      {"properties", properties}, {"routing_key", routing_key}, {"payload", body}, {"payload_encoding", "string"}};
  const std::string name = exchange.empty() ? "amq.default" : Encoded(exchange);
  const Answer answer = Call("POST", "/api/exchanges/" + vhost_ + "/" + name + "/publish", message.dump());
  if (answer.status != 200) throw std::runtime_error("publishing: " + std::to_string(answer.status) + answer.body);
  return Json::parse(answer.body)["routed"];
}

void TestBroker::Purge(const std::string& queue) const {
  Must("DELETE", "/api/queues/" + vhost_ + "/" + Encoded(queue) + "/contents");
}

void TestBroker::DeleteQueue(const std::string& name) const {
  Must("DELETE", "/api/queues/" + vhost_ + "/" + Encoded(name));
}

void TestBroker::DeleteExchange(const std::string& name) const {
  Must("DELETE", "/api/exchanges/" + vhost_ + "/" + Encoded(name));
}

void TestBroker::AllowRoutingKeys(const std::string& exchange, const std::string& pattern) const {
  Must("PUT", "/api/topic-permissions/" + vhost_ + "/" + user_,
       Json{{"exchange", exchange}, {"write", pattern}, {"read", ".*"}}.dump());
}

void TestBroker::AllowAllRoutingKeys() const { Must("DELETE", "/api/topic-permissions/" + vhost_ + "/" + user_); }

std::string TestBroker::UrlOfLimitedUser(const std::string& configure, const std::string& write,
                                         const std::string& read) const {
  // Named as the vhost, and deleted with it.
  Must("PUT", "/api/users/" + vhost_, Json{{"password", vhost_}, {"tags", ""}}.dump());
  Must("PUT", "/api/permissions/" + vhost_ + "/" + vhost_,
       Json{{"configure", configure}, {"write", write}, {"read", read}}.dump());
  return "amqp://" + vhost_ + ":" + vhost_ + "@" + host_ + ":" + std::to_string(port_) + "/" + vhost_;
}

std::vector<std::string> TestBroker::DaemonCapabilities() const {
  std::vector<std::string> capabilities;
  Eventually([&] {
    for (const Json& connection : Json::parse(Call("GET", "/api/vhosts/" + vhost_ + "/connections").body)) {
      const Json properties = connection.value("client_properties", Json::object());
      if (properties.value("product", "") != "logistics-engine") continue;
      const Json announced_all = properties.value("capabilities", Json::object());
      for (const auto& [name, announced] : announced_all.items()) {
        if (announced == true) capabilities.push_back(name);
      }
    }
    return !capabilities.empty();
  });
  return capabilities;
}

int TestBroker::CloseDaemonConnections() const {
  int closed = 0;
  const bool found = Eventually([&] {
    for (const Json& connection : Json::parse(Call("GET", "/api/vhosts/" + vhost_ + "/connections").body)) {
      if (!connection.contains("client_properties")) continue;
      if (connection["client_properties"].value("product", "") != "logistics-engine") continue;
      if (Call("DELETE", "/api/connections/" + Encoded(connection["name"])).status < 300) ++closed;
    }
    return closed > 0;
  });
  if (!found) throw std::runtime_error("no connection of the daemon's in vhost " + vhost_);
  return closed;
}

}  // namespace logistics::support
