// What the tests' own clients of a broker have in common.
#pragma once

#include <string>

#if __has_include(<rabbitmq-c/amqp.h>)
#include <rabbitmq-c/amqp.h>
#else
#include <amqp.h>
#endif

namespace logistics::support {

// A connection with one channel, closed properly at the end. What goes wrong throws std::runtime_error. Belongs to one
// thread.
class AmqpClient {
 public:
  explicit AmqpClient(const std::string& url);
  ~AmqpClient();
  AmqpClient(const AmqpClient&) = delete;
  AmqpClient& operator=(const AmqpClient&) = delete;

  static constexpr amqp_channel_t kChannel = 1;
  amqp_connection_state_t connection() const { return connection_; }
  // The last call to the broker was answered as it should be.
  void MustSucceed(const std::string& doing) const;

 private:
  amqp_connection_state_t connection_;
};

inline std::string TextOf(const amqp_bytes_t& bytes) { return {static_cast<const char*>(bytes.bytes), bytes.len}; }
// The text outlives the result.
inline amqp_bytes_t BytesOf(const std::string& text) {
  return {text.size(), const_cast<char*>(text.data())};  // the library's bytes are never const
}

}  // namespace logistics::support
