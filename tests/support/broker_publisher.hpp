#pragma once

#include <memory>
#include <string>
#include <vector>

namespace logistics::support {

struct OutgoingMessage {
  std::string exchange;
  std::string routing_key;
  std::string message_id;
  std::string type;
  std::string body;
};

// Publishes as another service would: persistent JSON, every message confirmed by the broker and taken by a queue.
// Belongs to one thread.
class TestPublisher {
 public:
  explicit TestPublisher(const std::string& url);
  ~TestPublisher();
  TestPublisher(const TestPublisher&) = delete;
  TestPublisher& operator=(const TestPublisher&) = delete;

  // In their order; returns when all are confirmed. Throws std::runtime_error: some of them may not have arrived, and
  // the publisher is of no use any more.
  void Publish(const std::vector<OutgoingMessage>& messages);

 private:
  void Send(const OutgoingMessage& message);
  void AwaitConfirms();

  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace logistics::support
