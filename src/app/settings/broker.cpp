#include <iterator>
#include <string>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "app/settings/kinds.hpp"
#include "app/settings/parts.hpp"

namespace logistics::app {
namespace {

using absl::Hours;
using absl::Milliseconds;
using absl::Minutes;
using absl::Seconds;

// A broker's names are 255 bytes at most; ours get ".dlx" or ".dlq" appended.
constexpr std::size_t kBrokerNameBytesMax = 250;

bool IsBrokerName(const std::string& text) {
  return IsSettingToken(text) && text.size() <= kBrokerNameBytesMax && text.rfind("amq.", 0) != 0;
}

Setting BrokerName(SettingName name, Field<std::string> field) {
  return Text(std::move(name),
              absl::StrCat("1-", kBrokerNameBytesMax, " bytes without blanks, not beginning with amq."), IsBrokerName,
              std::move(field));
}

// A list of structures: the YAML file alone can say it (queues.cpp).
Setting Queues() {
  Setting setting = NamedSetting({"topology.queues", "", "queues to declare, each with its dead letter queue"},
                                 "a list of name, exchange, routing_keys, type, delivery_limit, max_length");
  setting.env.clear();
  setting.get = [](const Settings& settings) {
    return absl::StrCat(
        "[",
        absl::StrJoin(settings.broker.queues, ", ",
                      [](std::string* out, const messaging::QueueOptions& queue) { absl::StrAppend(out, queue.name); }),
        "]");
  };
  return setting;
}

std::vector<Setting> ConnectionSettings() {
  return {
      UrlList({"rabbitmq.url", "RABBITMQ_URL", "the broker, or several to be tried in turn; required"},
              {"amqp://", "amqps://"}, FIELD(std::vector<std::string>, broker.urls)),
      BrokerName({"rabbitmq.order_exchange", "RABBITMQ_ORDER_EXCHANGE", "where order events go"},
                 FIELD(std::string, broker.order_exchange)),
      BrokerName({"rabbitmq.inventory_exchange", "RABBITMQ_INVENTORY_EXCHANGE", "where inventory events go"},
                 FIELD(std::string, broker.inventory_exchange)),
      BrokerName({"rabbitmq.shipment_exchange", "RABBITMQ_SHIPMENT_EXCHANGE", "where shipment events go"},
                 FIELD(std::string, broker.shipment_exchange)),
      BrokerName({"rabbitmq.payment_exchange", "RABBITMQ_PAYMENT_EXCHANGE", "where payment events come from"},
                 FIELD(std::string, broker.payment_exchange)),
      WholeNumber({"rabbitmq.retry_attempts", "RABBITMQ_RETRY_ATTEMPTS",
                   "tries of an inbound message that has to wait, before it is dead-lettered"},
                  1, 100, FIELD(int, broker.payments.retry_attempts)),
      Duration({"rabbitmq.heartbeat", "", "a connection silent for two of these is given up"}, Seconds(1), Minutes(10),
               FIELD(absl::Duration, broker.heartbeat)),
      Duration({"rabbitmq.connect_timeout", "", "for one try to connect"}, Milliseconds(100), Minutes(2),
               FIELD(absl::Duration, broker.connect_timeout)),
      Duration(
          {"rabbitmq.operation_timeout", "", "a publish, declaration or confirm that takes longer ends the connection"},
          Milliseconds(100), Minutes(5), FIELD(absl::Duration, broker.operation_timeout)),
      Duration({"rabbitmq.reconnect_min", "", "first wait before the next try to connect"}, Milliseconds(10),
               Minutes(1), FIELD(absl::Duration, broker.reconnect_min)),
      Duration({"rabbitmq.reconnect_max", "", "longest of these waits"}, Milliseconds(10), Minutes(10),
               FIELD(absl::Duration, broker.reconnect_max)),
      Text(
          {"rabbitmq.tls_ca_file", "", "amqps: authorities to trust; empty = the system's"}, "a file",
          [](const std::string&) { return true; }, FIELD(std::string, broker.tls_ca_file)),
      Boolean({"rabbitmq.tls_verify", "", "amqps: check the broker's certificate and host name"},
              FIELD(bool, broker.tls_verify)),
  };
}

std::vector<Setting> ConsumerSettings() {
  return {
      Boolean({"consumers.payments.enabled", "", "whether payment events of other services are handled"},
              FIELD(bool, broker.payments.enabled)),
      BrokerName({"consumers.payments.queue", "", "the queue of these events; has NAME.dlq beside it"},
                 FIELD(std::string, broker.payments.queue)),
      WholeNumber({"consumers.payments.prefetch", "", "messages taken and not acked"}, 1, 1000,
                  FIELD(int, broker.payments.prefetch)),
      WholeNumber({"consumers.payments.workers", "", "messages handled at once; those of one order stay in order"}, 1,
                  64, FIELD(int, broker.payments.workers)),
      Duration(
          {"consumers.payments.retry_delay", "", "before a message that has to wait is tried again; then fivefold"},
          Milliseconds(10), Minutes(10), FIELD(absl::Duration, broker.payments.retry_delay)),
      Duration({"consumers.payments.hand_back_after", "",
                "with the database unavailable for so long, messages go back to the queue, for another replica"},
               Seconds(1), Hours(1), FIELD(absl::Duration, broker.payments.hand_back_after)),
      Duration({"consumers.done_ttl", "", "how long a handled message is known, should it come again"}, Hours(24),
               Hours(8760), FIELD(absl::Duration, database.inbox_done_ttl)),
  };
}

std::vector<Setting> OutboxSettings() {
  return {
      Choice<messaging::Unroutable>({"outbox.unroutable", "", "how an event is treated that no queue takes"},
                                    {{"drop", messaging::Unroutable::kDrop}, {"hold", messaging::Unroutable::kHold}},
                                    FIELD(messaging::Unroutable, broker.unroutable)),
      Duration({"outbox.unroutable_grace", "",
                "drop: how long an event waits whose routing key some queue took events of before"},
               absl::ZeroDuration(), Hours(168), FIELD(absl::Duration, broker.unroutable_grace)),
      WholeNumber({"outbox.window", "", "messages published and not yet confirmed"}, 1, 10000,
                  FIELD(int, broker.window)),
      WholeNumber({"outbox.read_page", "", "rows read at once"}, 1, 5000, FIELD(int, broker.read_page)),
      Duration({"outbox.lease_ttl", "", "how long the publishing replica may be silent before another takes over"},
               Seconds(1), Minutes(10), FIELD(absl::Duration, broker.lease_ttl)),
      Duration({"outbox.poll", "", "between looks for rows whose wake-up got lost"}, Milliseconds(50), Hours(1),
               FIELD(absl::Duration, broker.outbox_poll)),
      Text(
          {"topology.order_queue", "RABBITMQ_ORDER_QUEUE",
           "a queue for all order events, read by someone else; empty = none"},
          absl::StrCat("empty, or 1-", kBrokerNameBytesMax, " bytes without blanks, not beginning with amq."),
          [](const std::string& text) { return text.empty() || IsBrokerName(text); }, FIELD(std::string, order_queue)),
      Queues(),
      Duration({"topology.redeclare_interval", "", "how often exchanges, queues and bindings are declared again"},
               Seconds(1), Hours(24), FIELD(absl::Duration, broker.redeclare_interval)),
  };
}

}  // namespace

std::vector<Setting> BrokerSettings() {
  std::vector<Setting> all;
  for (std::vector<Setting> part : {ConnectionSettings(), ConsumerSettings(), OutboxSettings()}) {
    std::move(part.begin(), part.end(), std::back_inserter(all));
  }
  return all;
}

}  // namespace logistics::app
