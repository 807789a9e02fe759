// A bare publisher, the yardstick of the relay: publishes the events of orders as the relay does, with a window of
// unconfirmed messages and bursts, and nothing else. Prints a line of JSON. `count` says how many messages lie in
// queues. Used by scripts/bench.
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>

#include <algorithm>
#include <chrono>
#include <cstdio>
#include <deque>
#include <random>
#include <sstream>
#include <stdexcept>
#include <string>

#include "arguments.hpp"
#include "nlohmann/json.hpp"
#include "support/amqp_client.hpp"

namespace logistics::bench {
namespace {

using Clock = std::chrono::steady_clock;
using support::AmqpClient;
using support::BytesOf;

constexpr int kBurst = 128;  // the relay's
constexpr timeval kConfirmTimeout{30, 0};

struct Options {
  std::string amqp_url;
  std::string order_exchange = "order_events";
  std::string inventory_exchange = "inventory_events";
  std::string queues;
  int messages = 10'000;
  int window = 1'000;
};

struct Event {
  std::string exchange;
  std::string routing_key;
  std::string type;
  std::string body;
};

// What an order of two items emits. The ids are always the same: the broker does not look at them.
std::vector<Event> EventsOfOrder(const Options& options) {
  const std::string head = R"({"id":"01a200d7-0a4b-7000-8579-457b27d61e86","event_type":)";
  const std::string time = R"(,"timestamp":"2026-11-22T01:20:22.603374Z","version":"1.0","data":)";
  const std::string order = R"("order_id":"01a200d7-0a49-7001-84a9-f585cf569c80",)";
  return {
      {options.order_exchange, "order.created", "OrderCreated",
       head + R"("OrderCreated")" + time + "{" + order +
           R"("customer_id":"5b2f8f0e-6f0c-4c38-9d0a-3f1d1b7c2a11","status":"pending","total_amount":"39.98",)"
           R"("items_count":2}})"},
      {options.inventory_exchange, "inventory.reserved", "InventoryReserved",
       head + R"("InventoryReserved")" + time + R"({"reservation_id":"01a200d7-0a49-7001-84a9-f585cf569c80",)" + order +
           R"("items":[{"product_id":"00000000-0000-0000-0000-000000000001","sku":"BENCH-1","quantity":1},)"
           R"({"product_id":"00000000-0000-0000-0000-000000000002","sku":"BENCH-2","quantity":1}],)"
           R"("warehouse_id":"00000000-0000-0000-0000-000000000001"}})"}};
}

class Publisher {
 public:
  Publisher(const Options& options, const AmqpClient& client)
      : options_(options), connection_(client.connection()), events_(EventsOfOrder(options)) {}

  void Publish() {
    while (sent_ < options_.messages || !unconfirmed_.empty()) {
      if (sent_ < options_.messages && InFlight() < options_.window) Burst();
      // Nothing more may be sent, or an answer may be there already.
      bool wait = sent_ == options_.messages || InFlight() >= options_.window;
      while (!unconfirmed_.empty() && ReadAnswer(wait)) wait = false;
    }
  }

 private:
  int InFlight() const { return in_flight_; }

  void SetCork(bool on) const {
    const int value = on ? 1 : 0;
    setsockopt(amqp_get_sockfd(connection_), IPPROTO_TCP, TCP_CORK, &value, sizeof value);
  }

  void Burst() {
    SetCork(true);
    for (int i = 0; i < kBurst && sent_ < options_.messages && InFlight() < options_.window; ++i) Send();
    SetCork(false);
  }

  void Send() {
    const Event& event = events_[static_cast<std::size_t>(sent_) % events_.size()];
    char message_id[37];
    std::snprintf(message_id, sizeof message_id, "01a200d7-0a4b-7000-8579-%012x", static_cast<unsigned>(sent_));
    amqp_basic_properties_t properties{};
    properties._flags = AMQP_BASIC_CONTENT_TYPE_FLAG | AMQP_BASIC_DELIVERY_MODE_FLAG | AMQP_BASIC_MESSAGE_ID_FLAG |
                        AMQP_BASIC_TYPE_FLAG | AMQP_BASIC_APP_ID_FLAG | AMQP_BASIC_TIMESTAMP_FLAG |
                        AMQP_BASIC_CORRELATION_ID_FLAG;
    properties.content_type = amqp_cstring_bytes("application/json");
    properties.delivery_mode = AMQP_DELIVERY_PERSISTENT;
    properties.message_id = amqp_cstring_bytes(message_id);
    properties.type = BytesOf(event.type);
    properties.app_id = amqp_cstring_bytes("logistics-engine");
    properties.timestamp = 1'790'000'000;
    properties.correlation_id = amqp_cstring_bytes("01a200a1-2aad-7002-8109-195f1d6588c7");
    const int status =
        amqp_basic_publish(connection_, AmqpClient::kChannel, BytesOf(event.exchange), BytesOf(event.routing_key),
                           /*mandatory=*/1, /*immediate=*/0, &properties, BytesOf(event.body));
    if (status != AMQP_STATUS_OK) throw std::runtime_error(std::string("publishing: ") + amqp_error_string2(status));
    unconfirmed_.push_back(true);
    ++in_flight_;
    ++sent_;
  }

  // False: there is none, and it was not to be waited for.
  bool ReadAnswer(bool wait) {
    amqp_maybe_release_buffers(connection_);
    amqp_frame_t frame;
    const timeval at_once{0, 0};
    const int status = amqp_simple_wait_frame_noblock(connection_, &frame, wait ? &kConfirmTimeout : &at_once);
    if (status == AMQP_STATUS_TIMEOUT && !wait) return false;
    if (status != AMQP_STATUS_OK) throw std::runtime_error(std::string("no confirm: ") + amqp_error_string2(status));
    if (frame.frame_type != AMQP_FRAME_METHOD || frame.payload.method.id != AMQP_BASIC_ACK_METHOD) {
      throw std::runtime_error("a message was not taken by a queue");
    }
    const auto& ack = *static_cast<const amqp_basic_ack_t*>(frame.payload.method.decoded);
    const auto last = static_cast<std::size_t>(ack.delivery_tag - first_tag_);
    for (std::size_t i = ack.multiple != 0 ? 0 : last; i <= last; ++i) {
      if (!unconfirmed_.at(i)) continue;
      unconfirmed_[i] = false;
      --in_flight_;
    }
    while (!unconfirmed_.empty() && !unconfirmed_.front()) {
      unconfirmed_.pop_front();
      ++first_tag_;
    }
    return true;
  }

  const Options& options_;
  amqp_connection_state_t const connection_;
  const std::vector<Event> events_;
  std::deque<bool> unconfirmed_;  // by tag from first_tag_ on
  std::uint64_t first_tag_ = 1;
  int in_flight_ = 0;
  int sent_ = 0;
};

nlohmann::ordered_json Publish(const Options& options) {
  const AmqpClient client(options.amqp_url);
  amqp_confirm_select(client.connection(), AmqpClient::kChannel);
  client.MustSucceed("asking for confirms");
  Publisher publisher(options, client);
  const auto begin = Clock::now();
  publisher.Publish();
  const double seconds = std::chrono::duration<double>(Clock::now() - begin).count();
  return {{"messages", options.messages},
          {"window", options.window},
          {"seconds", seconds},
          {"per_s", options.messages / seconds}};
}

nlohmann::ordered_json Count(const Options& options) {
  const AmqpClient client(options.amqp_url);
  nlohmann::ordered_json counts = nlohmann::ordered_json::object();
  std::istringstream names(options.queues);
  for (std::string name; std::getline(names, name, ',');) {
    const amqp_queue_declare_ok_t* const queue =
        amqp_queue_declare(client.connection(), AmqpClient::kChannel, BytesOf(name), /*passive=*/1, /*durable=*/1,
                           /*exclusive=*/0, /*auto_delete=*/0, amqp_empty_table);
    client.MustSucceed("looking at queue " + name);
    counts[name] = queue->message_count;
  }
  return counts;
}

}  // namespace
}  // namespace logistics::bench

int main(int argc, char** argv) {
  using namespace logistics::bench;
  Options options;
  Arguments arguments("Publishes the events of orders with confirms and measures.");
  arguments.Text("--amqp-url", options.amqp_url, "the broker", true);
  arguments.Text("--order-exchange", options.order_exchange, "of OrderCreated");
  arguments.Text("--inventory-exchange", options.inventory_exchange, "of InventoryReserved");
  arguments.Text("--queues", options.queues, "names with commas between, for count");
  arguments.Number("--messages", options.messages, 1, 100'000'000, "how many");
  arguments.Number("--window", options.window, 1, 10'000, "published and not yet confirmed");
  arguments.Command("publish", "messages, each confirmed");
  arguments.Command("count", "the messages in queues");
  return arguments.Run(argc, argv,
                       [&] { return (arguments.Given("publish") ? Publish(options) : Count(options)).dump(); });
}
