#include "support/inventory_peer.hpp"

#include <fmt/format.h>
#include <httplib.h>

#include <nlohmann/json.hpp>
#include <pqxx/pqxx>
#include <random>
#include <stdexcept>

#include "fakes/eventually.hpp"

namespace logistics::support {
namespace {

constexpr char kProgram[] = LOGISTICS_BINARY_DIR "/inventory-sync";
constexpr absl::Duration kPatience = absl::Seconds(60);

PeerSwitch Of(const std::string& method, const std::string& action, const std::string& at) {
  PeerSwitch result;
  result.method = method;
  result.action = action;
  result.at = at;
  return result;
}

std::string NewUuid() {
  static thread_local std::mt19937_64 random{std::random_device{}()};
  const std::uint64_t high = random();
  const std::uint64_t low = random();
  return fmt::format("{:08x}-{:04x}-4{:03x}-8{:03x}-{:012x}", high >> 32, (high >> 16) & 0xffff, high & 0xfff,
                     low >> 52, low & 0xffffffffffff);
}

// The number after `name` in "ready grpc=127.0.0.1:1 control=127.0.0.1:2".
int PortAfter(const std::string& line, const std::string& name) {
  const std::size_t at = line.find(name);
  const std::size_t colon = at == std::string::npos ? at : line.find(':', at);
  if (colon == std::string::npos) throw std::runtime_error("the inventory peer said \"" + line + "\"");
  return std::stoi(line.substr(colon + 1));
}

}  // namespace

PeerSwitch PeerSwitch::Count(int calls) const {
  PeerSwitch result = *this;
  result.count = calls;
  return result;
}

PeerSwitch PeerSwitch::Randomly(double chance, std::uint32_t random_seed) const {
  PeerSwitch result = Always();
  result.probability = chance;
  result.seed = random_seed;
  return result;
}

PeerSwitch Hang(const std::string& method) { return Of(method, "hang", "start"); }

PeerSwitch Delay(const std::string& method, absl::Duration delay) {
  PeerSwitch result = Of(method, "delay", "start");
  result.delay = delay;
  return result;
}

PeerSwitch Fail(const std::string& method, const std::string& code, const std::string& message) {
  PeerSwitch result = Of(method, "fail", "start");
  result.code = code;
  result.message = message;
  return result;
}

PeerSwitch CrashBeforeCommit(const std::string& method, int nth) {
  PeerSwitch result = Of(method, "crash", "before_commit");
  result.nth = nth;
  return result;
}

PeerSwitch CrashAfterCommit(const std::string& method, int nth) {
  PeerSwitch result = Of(method, "crash", "after_commit");
  result.nth = nth;
  return result;
}

PeerSwitch DropReply(const std::string& method) { return Of(method, "hang", "end"); }
PeerSwitch CutReply(const std::string& method) { return Of(method, "cut", "end"); }

PeerSwitch HangAfterItems(int items) {
  PeerSwitch result = Of("CheckAndReserveStock", "hang", "after_commit");
  result.nth = items;
  return result;
}

PeerSwitch LateHold(int from_item, const std::string& code) {
  PeerSwitch result = Of("CheckAndReserveStock", "late", "after_check");
  result.nth = from_item;
  result.code = code;
  return result;
}

InventoryPeer::InventoryPeer(std::string database_url, Flags flags)
    : database_url_(std::move(database_url)), flags_(std::move(flags)) {
  Start();
}

void InventoryPeer::Start() {
  Flags all = flags_;
  all["listen"] = "127.0.0.1:" + std::to_string(grpc_port_);
  all["control"] = "127.0.0.1:" + std::to_string(control_port_);
  Command command{{kProgram}, {{"DATABASE_URL", database_url_}}, /*may_end=*/true};  // by a switch
  for (const auto& [name, value] : all) {
    command.args.push_back("--" + name + "=" + value);
  }
  process_ = std::make_unique<Process>(command);
  std::string line;
  fakes::Eventually(
      [&] {
        line = process_->Output();
        return line.find('\n') != std::string::npos || !process_->running();
      },
      kPatience);
  if (line.find('\n') == std::string::npos) throw std::runtime_error("the inventory peer did not start");
  grpc_port_ = PortAfter(line, "grpc=");
  control_port_ = PortAfter(line, "control=");
}

void InventoryPeer::Crash() { process_->Kill(); }

void InventoryPeer::Restart() {
  // A switch's crash may still be writing its last words.
  if (!process_->Wait(kPatience)) throw std::runtime_error("the inventory peer still runs");
  Start();
}

void InventoryPeer::Seed(const std::vector<PeerProduct>& products) const {
  pqxx::connection connection(database_url_);
  pqxx::work work(connection);
  for (const PeerProduct& product : products) {
    work.exec_params("INSERT INTO inventory_sync.items (id, sku, name) VALUES ($1, $2, $2)", product.id, product.sku);
    for (const auto& [location, quantity] : product.levels) {
      work.exec_params("INSERT INTO inventory_sync.locations (id) VALUES ($1) ON CONFLICT DO NOTHING", location);
      work.exec_params(
          "INSERT INTO inventory_sync.levels (item_id, location_id, quantity, available) VALUES ($1, $2, $3, $3)",
          product.id, location, quantity);
    }
  }
  work.commit();
}

PeerProduct InventoryPeer::AddProduct(std::int64_t quantity, const std::string& location) const {
  PeerProduct product{NewUuid(), "", {{location, quantity}}};
  product.sku = "SKU-" + product.id.substr(0, 13);
  Seed({product});
  return product;
}

int InventoryPeer::Add(const PeerSwitch& wanted) const {
  std::multimap<std::string, std::string> arguments = {
      {"method", wanted.method},
      {"action", wanted.action},
      {"at", wanted.at},
      {"nth", std::to_string(wanted.nth)},
      {"count", std::to_string(wanted.count)},
      {"probability", fmt::format("{}", wanted.probability)},
      {"seed", std::to_string(wanted.seed)},
      {"delay_ms", std::to_string(absl::ToInt64Milliseconds(wanted.delay))},
  };
  if (!wanted.code.empty()) arguments.emplace("code", wanted.code);
  if (!wanted.message.empty()) arguments.emplace("message", wanted.message);
  if (wanted.releases) arguments.emplace("releases", std::to_string(*wanted.releases));
  return nlohmann::json::parse(Post("/switch", arguments)).at("id").get<int>();
}

void InventoryPeer::Clear(int id) const { Post("/clear", {{"id", std::to_string(id)}}); }
void InventoryPeer::ClearAll() const { Post("/clear", {}); }

int InventoryPeer::CountOf(int id, const std::string& what) const {
  for (const nlohmann::json& rule : nlohmann::json::parse(Get("/switch"))) {
    if (rule.at("id") == id) return rule.at(what).get<int>();
  }
  throw std::runtime_error(fmt::format("the inventory peer has no switch {}", id));
}

int InventoryPeer::Hits(int id) const { return CountOf(id, "hits"); }
int InventoryPeer::Waiting(int id) const { return CountOf(id, "waiting"); }

void InventoryPeer::AwaitWaiting(int id, int calls) const {
  if (!fakes::Eventually([&] { return Waiting(id) >= calls; }, kPatience)) {
    throw std::runtime_error(fmt::format("fewer than {} calls wait at switch {}", calls, id));
  }
}

std::int64_t InventoryPeer::Calls(const std::string& method, const std::string& reservation_id) const {
  const std::string path = reservation_id.empty() ? "/calls" : "/calls?id=" + reservation_id;
  return nlohmann::json::parse(Get(path)).value(method, std::int64_t{0});
}

std::vector<std::string> InventoryPeer::Header(const std::string& method, const std::string& name) const {
  return nlohmann::json::parse(Get("/headers?method=" + method)).value(name, std::vector<std::string>{});
}

std::optional<PeerLevel> InventoryPeer::Level(const std::string& product_id, const std::string& location) const {
  pqxx::connection connection(database_url_);
  const pqxx::result rows = pqxx::nontransaction(connection)
                                .exec_params(
                                    "SELECT quantity, reserved, available FROM inventory_sync.levels WHERE item_id = "
                                    "$1 AND location_id = $2",
                                    product_id, location);
  if (rows.empty()) return std::nullopt;
  return PeerLevel{rows[0][0].as<std::int64_t>(), rows[0][1].as<std::int64_t>(), rows[0][2].as<std::int64_t>()};
}

std::map<std::string, int> InventoryPeer::Reservations(const std::string& reservation_id) const {
  pqxx::connection connection(database_url_);
  std::map<std::string, int> counts;
  for (const auto& row :
       pqxx::nontransaction(connection)
           .exec_params("SELECT status, count(*) FROM inventory_sync.reservations WHERE order_id = $1 GROUP BY status",
                        reservation_id)) {
    counts[row[0].as<std::string>()] = row[1].as<int>();
  }
  return counts;
}

std::vector<std::string> InventoryPeer::Drift() const {
  pqxx::connection connection(database_url_);
  // One snapshot, so that what goes on meanwhile is no drift.
  const pqxx::result rows = pqxx::nontransaction(connection).exec(R"(
    SELECT format('%s at %s: quantity %s, reserved %s, available %s', item_id, location_id, quantity, reserved, available)
    FROM inventory_sync.levels
    WHERE quantity <> available + reserved OR least(quantity, reserved, available) < 0
    UNION ALL
    SELECT format('%s: reserved %s, pending %s', l.item_id, sum(l.reserved), coalesce(max(p.pending), 0))
    FROM inventory_sync.levels l
    LEFT JOIN (SELECT item_id, sum(quantity) AS pending FROM inventory_sync.reservations WHERE status = 'pending'
               GROUP BY item_id) p USING (item_id)
    GROUP BY l.item_id
    HAVING sum(l.reserved) <> coalesce(max(p.pending), 0))");
  std::vector<std::string> drift;
  for (const auto& row : rows) drift.push_back(row[0].as<std::string>());
  return drift;
}

std::string InventoryPeer::Get(const std::string& path) const {
  httplib::Client client("127.0.0.1", control_port_);
  const httplib::Result result = client.Get(path.c_str());
  if (!result || result->status != 200) {
    throw std::runtime_error("the inventory peer's control port: " + (result ? result->body : "no answer"));
  }
  return result->body;
}

std::string InventoryPeer::Post(const std::string& path,
                                const std::multimap<std::string, std::string>& arguments) const {
  httplib::Client client("127.0.0.1", control_port_);
  const httplib::Result result = client.Post(path.c_str(), arguments);
  if (!result || result->status != 200) {
    throw std::runtime_error("the inventory peer's control port: " + (result ? result->body : "no answer"));
  }
  return result->body;
}

}  // namespace logistics::support
