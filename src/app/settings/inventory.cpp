#include <iterator>
#include <utility>

#include "app/settings/kinds.hpp"
#include "app/settings/parts.hpp"
#include "remote_inventory/peer_url.hpp"

namespace logistics::app {
namespace {

using absl::Hours;
using absl::Milliseconds;
using absl::Minutes;
using absl::Seconds;

constexpr char kEmbedded[] = "embedded";

Setting ServiceUrl() {
  Setting setting = NamedSetting({"inventory.service_url", "INVENTORY_SERVICE_URL",
                                  "who keeps the stock: the daemon itself, or the inventory service there"},
                                 "embedded, http://host:port or https://host:port (TLS), of a name, an IPv4 address or "
                                 "a bracketed IPv6 address; http:// also several addresses separated by commas, all "
                                 "IPv4 or all IPv6");
  setting.url = true;
  setting.set = [](const std::string& text, Settings& settings) {
    if (text != kEmbedded && !remote_inventory::ParsePeerUrl(text).ok()) return false;
    settings.inventory_peer.url = text == kEmbedded ? "" : text;
    return true;
  };
  setting.get = [](const Settings& settings) {
    return settings.inventory_peer.url.empty() ? std::string(kEmbedded) : settings.inventory_peer.url;
  };
  return setting;
}

Setting SettleUrl() {
  Setting setting = Text(
      {"inventory.settle_url", "", "embedded: the inventory service that keeps the stock of earlier orders"},
      "empty, or as inventory.service_url",
      [](const std::string& text) { return text.empty() || remote_inventory::ParsePeerUrl(text).ok(); },
      FIELD(std::string, inventory_settle_url));
  setting.url = true;
  return setting;
}

std::vector<Setting> BothModes() {
  return {
      ServiceUrl(),
      SettleUrl(),
      Boolean({"inventory.switch_mode", "", "the database was used with the other inventory mode, and that is meant"},
              FIELD(bool, inventory_switch_mode)),
      Choice<domain::CommitOn>({"inventory.commit_on", "", "when stock leaves the books"},
                               {{"shipped", domain::CommitOn::kShipped}, {"created", domain::CommitOn::kCreated}},
                               FIELD(domain::CommitOn, database.stock_policy.commit_on)),
      Boolean({"inventory.restock_returns", "", "whether a returned order's stock goes back to its level"},
              FIELD(bool, database.stock_policy.restock_returns)),
      Duration({"inventory.reservation_ttl", "", "how long stock is held for an order that stays pending"}, Seconds(1),
               Hours(8760), FIELD(absl::Duration, database.reservation_ttl)),
  };
}

// How the peer is reached.
std::vector<Setting> Connection() {
  using remote_inventory::Compression;
  return {
      Duration({"inventory.remote.call_timeout", "", "longest wait for an answer of the inventory service"},
               Milliseconds(10), Minutes(5), FIELD(absl::Duration, inventory_peer.call_timeout)),
      Duration({"inventory.remote.connect_timeout", "", "for one try to connect"}, Milliseconds(100), Minutes(2),
               FIELD(absl::Duration, inventory_peer.connect_timeout)),
      Duration({"inventory.remote.tcp_keepalive", "",
                "a connection this long silent is checked by TCP, and given up "
                "when as long nothing is acknowledged"},
               Seconds(1), Hours(2), FIELD(absl::Duration, inventory_peer.tcp_keepalive)),
      WholeNumber({"inventory.remote.message_bytes_max", "", "largest request or answer in bytes"}, 4096,
                  256 * 1024 * 1024, FIELD(int, inventory_peer.message_bytes_max)),
      Choice<Compression>({"inventory.remote.compression", "", "of requests; the inventory service has to know gzip"},
                          {{"none", Compression::kNone}, {"gzip", Compression::kGzip}},
                          FIELD(Compression, inventory_peer.compression)),
      Text(
          {"inventory.remote.tls_ca_file", "", "https: authorities to trust; empty = the system's"}, "a file",
          [](const std::string&) { return true; }, FIELD(std::string, inventory_peer.tls_ca_file)),
      Duration({"inventory.remote.reconnect_min", "", "first wait before the next try to connect"}, Milliseconds(100),
               Minutes(1), FIELD(absl::Duration, inventory_peer.reconnect_min)),
      Duration({"inventory.remote.reconnect_max", "", "longest of these waits"}, Milliseconds(100), Minutes(10),
               FIELD(absl::Duration, inventory_peer.reconnect_max)),
  };
}

// How failures and locations of the peer are treated.
std::vector<Setting> Care() {
  using remote_inventory::MultiLocation;
  return {
      WholeNumber({"inventory.remote.read_attempts_max", "", "tries of a read; nothing else is tried again"}, 1, 10,
                  FIELD(int, inventory_peer.reads.attempts_max)),
      WholeNumber({"inventory.remote.breaker_failures", "", "failures in a row after which the peer is not asked"}, 1,
                  1000, FIELD(int, inventory_peer.breaker.failures)),
      Duration({"inventory.remote.breaker_open_for", "", "for so long"}, Milliseconds(10), Minutes(10),
               FIELD(absl::Duration, inventory_peer.breaker.open_for)),
      WholeNumber({"inventory.remote.breaker_probes", "", "calls let through then, and successes that end it"}, 1, 100,
                  FIELD(int, inventory_peer.breaker.probes)),
      Choice<MultiLocation>({"inventory.remote.multi_location", "",
                             "how an order is treated whose product the peer stocks in several locations"},
                            {{"refuse", MultiLocation::kRefuse}, {"warn", MultiLocation::kWarn}},
                            FIELD(MultiLocation, inventory_peer.directory.multi_location)),
      Duration({"inventory.remote.remember_for", "", "how long a product's sku, id and locations are remembered"},
               Milliseconds(100), Hours(24), FIELD(absl::Duration, inventory_peer.directory.remember_for)),
  };
}

std::vector<Setting> Saga() {
  return {
      Duration({"inventory.remote.release_again_after", "",
                "after an unknown outcome the release is sent twice, so far apart"},
               Milliseconds(100), Hours(1), FIELD(absl::Duration, saga.release_again_after)),
      Duration({"inventory.remote.intent_ttl", "", "an intent this old was left by a crash and is released"},
               Seconds(1), Hours(24), FIELD(absl::Duration, saga.intent_ttl)),
      Duration({"inventory.remote.settle_alarm_after", "", "a settlement that waits for so long raises an alarm"},
               Seconds(1), Hours(8760), FIELD(absl::Duration, saga.settle_alarm_after)),
      WholeNumber({"inventory.remote.settle_concurrency", "", "releases and commits in flight at once"}, 1, 64,
                  FIELD(int, saga.settle_concurrency)),
      Duration(
          {"inventory.remote.reconcile_interval", "", "how often our reservations are compared with the peer's levels"},
          Seconds(1), Hours(24), FIELD(absl::Duration, saga.reconcile_interval)),
      WholeNumber({"inventory.remote.calls_max", "", "orders that wait for the peer at once; one more is refused"}, 1,
                  4096, FIELD(int, saga.calls_max)),
  };
}

}  // namespace

std::vector<Setting> InventorySettings() {
  std::vector<Setting> all;
  for (std::vector<Setting> part : {BothModes(), Connection(), Care(), Saga()}) {
    std::move(part.begin(), part.end(), std::back_inserter(all));
  }
  return all;
}

}  // namespace logistics::app
