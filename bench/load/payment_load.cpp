// What taking messages in costs: publishes a payment for every order that waits for one, takes such messages with a
// bare consumer, and waits until the daemon has acted on them. Prints a line of JSON. Bounded by its options; used by
// scripts/bench.
#include <chrono>
#include <pqxx/pqxx>
#include <stdexcept>
#include <string>
#include <thread>
#include <vector>

#include "arguments.hpp"
#include "nlohmann/json.hpp"
#include "support/amqp_client.hpp"
#include "support/broker_publisher.hpp"

namespace logistics::bench {
namespace {

using Clock = std::chrono::steady_clock;
using Json = nlohmann::ordered_json;
using std::chrono::seconds;

constexpr seconds kPatience{120};

struct Options {
  std::string amqp_url;
  std::string database_url;
  std::string queue = "logistics_payments";
  int messages = 10'000;
  int prefetch = 32;
};

// The envelope's and the payment's ids are the order's, so that two calls publish the same bytes.
support::OutgoingMessage PaymentOf(const std::string& queue, const std::string& order, const std::string& amount,
                                   const std::string& currency) {
  const std::string body =
      R"({"id":")" + order +
      R"(","event_type":"PaymentProcessed","timestamp":"2026-01-02T03:04:05.678Z","version":"1.0",)"
      R"("data":{"payment_id":")" +
      order + R"(","order_id":")" + order + R"(","amount":")" + amount + R"(","currency":")" + currency +
      R"(","payment_method":"card","transaction_id":"tx-)" + order + R"("}})";
  return {"", queue, order, "PaymentProcessed", body};
}

// To the queue itself: through the exchange others would hear them.
Json Publish(const Options& options) {
  pqxx::connection connection(options.database_url);
  pqxx::nontransaction work(connection);
  std::vector<support::OutgoingMessage> messages;
  // All amounts of the bench's orders are in a currency of two decimals.
  for (const auto& row :
       work.exec("SELECT id, total_minor / 100 || '.' || lpad((total_minor % 100)::text, 2, '0'), currency FROM orders "
                 "WHERE status = 'pending' ORDER BY id LIMIT " +
                 std::to_string(options.messages))) {
    messages.push_back(PaymentOf(options.queue, row[0].c_str(), row[1].c_str(), row[2].c_str()));
  }
  if (messages.size() != static_cast<std::size_t>(options.messages)) throw std::runtime_error("too few pending orders");
  support::TestPublisher(options.amqp_url).Publish(messages);
  return {{"messages", messages.size()}, {"bytes", messages.front().body.size()}};
}

Json Take(const Options& options) {
  const support::AmqpClient client(options.amqp_url);
  amqp_connection_state_t const connection = client.connection();
  amqp_basic_qos(connection, support::AmqpClient::kChannel, 0, static_cast<std::uint16_t>(options.prefetch), 0);
  client.MustSucceed("setting the prefetch");
  amqp_basic_consume(connection, support::AmqpClient::kChannel, support::BytesOf(options.queue), amqp_empty_bytes, 0,
                     /*no_ack=*/0, 0, amqp_empty_table);
  client.MustSucceed("consuming");
  Clock::time_point begin;
  for (int taken = 0; taken < options.messages; ++taken) {
    amqp_maybe_release_buffers(connection);
    const timeval wait{kPatience.count(), 0};
    amqp_envelope_t envelope;
    if (amqp_consume_message(connection, &envelope, &wait, 0).reply_type != AMQP_RESPONSE_NORMAL) {
      throw std::runtime_error("no more messages after " + std::to_string(taken));
    }
    if (taken == 0) begin = Clock::now();
    amqp_basic_ack(connection, support::AmqpClient::kChannel, envelope.delivery_tag, /*multiple=*/0);
    amqp_destroy_envelope(&envelope);
  }
  const double taken_s = std::chrono::duration<double>(Clock::now() - begin).count();
  return {{"messages", options.messages}, {"seconds", taken_s}, {"per_s", options.messages / taken_s}};
}

// From the first commit to the last, by Postgres' clock: the daemon may have started in between.
Json Await(const Options& options) {
  pqxx::connection connection(options.database_url);
  pqxx::nontransaction work(connection);
  const auto give_up = Clock::now() + kPatience;
  while (work.exec1("SELECT count(*) FROM orders WHERE status = 'pending'")[0].as<int>() > 0) {
    if (Clock::now() > give_up) throw std::runtime_error("not all orders were paid");
    std::this_thread::sleep_for(std::chrono::milliseconds(100));
  }
  const auto row = work.exec1(
      "SELECT count(DISTINCT h.order_id), count(DISTINCT c.batch_id), extract(epoch FROM max(c.committed_at) - "
      "min(c.committed_at)) FROM order_status_history h JOIN commits c USING (batch_id) JOIN (SELECT order_id FROM "
      "payments ORDER BY id DESC LIMIT " +
      std::to_string(options.messages) + ") p USING (order_id) WHERE h.version = 2");
  const double seconds_taken = row[2].as<double>();
  return {{"messages", row[0].as<int>()},
          {"commits", row[1].as<int>()},
          {"seconds", seconds_taken},
          {"per_s", row[0].as<int>() / seconds_taken}};
}

}  // namespace
}  // namespace logistics::bench

int main(int argc, char** argv) {
  using namespace logistics::bench;
  Options options;
  Arguments arguments("Measures how fast payment messages are taken.");
  arguments.Text("--amqp-url", options.amqp_url, "the broker");
  arguments.Text("--database-url", options.database_url, "the daemon's");
  arguments.Text("--queue", options.queue, "where the payments are");
  arguments.Number("--messages", options.messages, 1, 1'000'000, "how many");
  arguments.Number("--prefetch", options.prefetch, 1, 1'000, "of the bare consumer");
  arguments.Command("publish", "a payment for each pending order into the queue");
  arguments.Command("take", "with a bare consumer, each acked");
  arguments.Command("await", "until the daemon has acted on them all");
  return arguments.Run(argc, argv, [&] {
    const Json result = arguments.Given("publish") ? Publish(options)
                        : arguments.Given("take")  ? Take(options)
                                                   : Await(options);
    return result.dump();
  });
}
