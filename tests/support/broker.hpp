// Real RabbitMQ for tests: a vhost of one's own, and a consumer to read it with.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "absl/time/clock.h"
#include "absl/time/time.h"
#include "fakes/eventually.hpp"
#include "nlohmann/json_fwd.hpp"

namespace logistics::support {

// A private vhost of the broker that LOGISTICS_TEST_AMQP_URL and LOGISTICS_TEST_RABBITMQ_API name. It is deleted by a
// later test, a minute after its process has ended: RabbitMQ 3.10 loses its supervisor of at-least-once dead-lettering
// (rabbit_fifo_dlx_sup, until it is restarted) when queues are deleted while they are still starting.
// What goes wrong here throws std::runtime_error with a sentence that says what to do: the test fails, it never skips.
class TestBroker {
 public:
  TestBroker();
  TestBroker(const TestBroker&) = delete;
  TestBroker& operator=(const TestBroker&) = delete;

  // amqp://…/<the private vhost>; the second form with other credentials or by way of a proxy's port.
  std::string url() const;
  std::string UrlThrough(int port) const;
  std::string UrlWithPassword(const std::string& password) const;
  const std::string& host() const { return host_; }
  int port() const { return port_; }

  // What the management API says of it; nullopt when there is no such thing.
  std::optional<nlohmann::json> Queue(const std::string& name) const;
  std::optional<nlohmann::json> Exchange(const std::string& name) const;
  // (exchange, routing key) of a queue's bindings, without the default exchange's.
  std::vector<std::pair<std::string, std::string>> BindingsOf(const std::string& queue) const;

  void DeclareQueue(const std::string& name, const nlohmann::json& arguments) const;
  void DeclareTopicExchange(const std::string& name) const;
  void Bind(const std::string& queue, const std::string& exchange, const std::string& routing_key) const;
  void Unbind(const std::string& queue, const std::string& exchange, const std::string& routing_key) const;
  // `properties` as the management API takes them: message_id, type, headers, ... False: no queue took it.
  bool Publish(const std::string& exchange, const std::string& routing_key, const std::string& body,
               const nlohmann::json& properties) const;
  void Purge(const std::string& queue) const;
  void DeleteQueue(const std::string& name) const;
  void DeleteExchange(const std::string& name) const;
  // Routing keys that may be published to `exchange` (a regular expression): others end the channel.
  void AllowRoutingKeys(const std::string& exchange, const std::string& pattern) const;
  void AllowAllRoutingKeys() const;
  // url() of a user of this vhost with these permissions alone, each a regular expression of names.
  std::string UrlOfLimitedUser(const std::string& configure, const std::string& write, const std::string& read) const;
  // What the daemon's connections to this vhost have announced to understand; waits until there is one.
  std::vector<std::string> DaemonCapabilities() const;
  // Ends every connection of the daemon's to this vhost; waits until there is one. Returns how many.
  int CloseDaemonConnections() const;

 private:
  struct Answer {
    int status = 0;
    std::string body;
  };
  Answer Call(const std::string& method, const std::string& path, const std::string& body = "") const;
  void DeleteVhostsOfEndedTests() const;
  void Must(const std::string& method, const std::string& path, const std::string& body = "") const;

  std::string api_host_;
  int api_port_ = 0;
  std::string user_;
  std::string password_;
  std::string host_;
  int port_ = 0;
  std::string vhost_;
};

struct ReceivedMessage {
  std::string exchange;
  std::string routing_key;
  std::string body;
  std::string content_type;
  int delivery_mode = 0;
  std::string message_id;
  std::string type;
  std::string app_id;
  std::string correlation_id;
  std::string traceparent;
  std::string expiration;
  std::int64_t timestamp = 0;
  std::map<std::string, std::string> headers;  // those of text and of whole numbers
};

// Reads one queue, each message acked as it is taken. Belongs to one thread.
class TestConsumer {
 public:
  TestConsumer(const std::string& url, const std::string& queue);
  ~TestConsumer();
  TestConsumer(const TestConsumer&) = delete;
  TestConsumer& operator=(const TestConsumer&) = delete;

  // The next message; nullopt when none comes within `timeout`.
  std::optional<ReceivedMessage> Next(absl::Duration timeout = absl::Seconds(20));
  // The next `count` messages; fewer when one of them does not come within `timeout`.
  std::vector<ReceivedMessage> Take(std::size_t count, absl::Duration timeout = absl::Seconds(20));
  // All that the queue still holds: what comes before a message that this consumer puts behind it. Throws when that
  // does not come.
  std::vector<ReceivedMessage> Rest();

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

// What a server does is waited for by asking it.
using fakes::Eventually;

}  // namespace logistics::support
