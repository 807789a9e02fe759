// The Go stand-in for the mesh's inventory service (tests/peers/inventory-sync): started, asked and misled by tests.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "absl/time/time.h"
#include "support/process.hpp"

namespace logistics::support {

// DEFAULT_WAREHOUSE_ID's default.
inline constexpr char kPeerWarehouse[] = "00000000-0000-0000-0000-000000000001";

struct PeerProduct {
  std::string id;
  std::string sku;
  std::map<std::string, std::int64_t> levels;  // location id -> quantity
};

struct PeerLevel {
  std::int64_t quantity = 0;
  std::int64_t reserved = 0;
  std::int64_t available = 0;

  friend bool operator==(const PeerLevel&, const PeerLevel&) = default;
};

// What goes wrong in the peer, and where: README.md of the peer says what each word means.
struct PeerSwitch {
  std::string method = "*";
  std::string action;  // hang, delay, fail, crash, cut, late
  std::string at = "start";
  int nth = 1;
  int count = 1;  // calls that it meets; -1: all
  double probability = 1;
  std::uint32_t seed = 1;
  absl::Duration delay;
  std::string code;  // UNAVAILABLE; empty: the action's default
  std::string message;
  std::optional<int> releases;

  PeerSwitch Count(int calls) const;
  PeerSwitch Always() const { return Count(-1); }
  // Each call with this probability; the same seed meets the same calls, as far as they come in the same order.
  PeerSwitch Randomly(double chance, std::uint32_t random_seed) const;
};

// Before the work; until the switch is cleared or the caller gives up.
PeerSwitch Hang(const std::string& method);
PeerSwitch Delay(const std::string& method, absl::Duration delay);
PeerSwitch Fail(const std::string& method, const std::string& code, const std::string& message = "failed by switch");
// A handler's panic just before or after the nth transaction of the call is committed: the peer is gone.
PeerSwitch CrashBeforeCommit(const std::string& method, int nth = 1);
PeerSwitch CrashAfterCommit(const std::string& method, int nth = 1);
// The work is done, the caller hears nothing until its deadline.
PeerSwitch DropReply(const std::string& method);
// The work is done, and the connection is cut: all calls on it end.
PeerSwitch CutReply(const std::string& method);
// Hangs when `items` of a reserve are held (each in its own transaction) and others are not.
PeerSwitch HangAfterItems(int items);
// A reserve whose items from the given one on are held only by the end of the release that follows (trap 11). Its
// caller hears nothing until its deadline, or `code` at once.
PeerSwitch LateHold(int from_item = 1, const std::string& code = "");

// A running stand-in with tables of its own (schema inventory_sync) in the database that is named. To be made, crashed
// and restarted by a thread that lives as long as the test (Process); the rest is thread-safe. What it cannot do throws
// std::runtime_error.
class InventoryPeer {
 public:
  using Flags = std::map<std::string, std::string>;  // "database-connections" -> "4"

  // Returns when it serves.
  explicit InventoryPeer(std::string database_url, Flags flags = {});

  // For INVENTORY_SERVICE_URL. It stays the same over restarts.
  std::string url() const { return "http://" + address(); }
  std::string address() const { return "127.0.0.1:" + std::to_string(grpc_port_); }
  int port() const { return grpc_port_; }
  Process& process() { return *process_; }

  // SIGKILL. From now on connections are refused.
  void Crash();
  // After Crash, or when a switch has crashed it: the same ports, the same tables, no switches, counters at 0.
  void Restart();

  // Adds to the catalogue; the locations too.
  void Seed(const std::vector<PeerProduct>& products) const;
  // One product with a new id and SKU, in one warehouse.
  PeerProduct AddProduct(std::int64_t quantity, const std::string& location = kPeerWarehouse) const;

  // Puts a switch in force; its id.
  int Add(const PeerSwitch& wanted) const;
  // Ends one switch, or all: what hangs goes on, what is put off lands.
  void Clear(int id) const;
  void ClearAll() const;
  // Calls that the switch has met so far, and those that it holds up now.
  int Hits(int id) const;
  int Waiting(int id) const;
  // Waits until so many calls are held up.
  void AwaitWaiting(int id, int calls = 1) const;

  // Calls since it was started, all or those of one reservation: Calls("ReleaseReservedStock").
  std::int64_t Calls(const std::string& method, const std::string& reservation_id = "") const;
  // Values of one header of the last call.
  std::vector<std::string> Header(const std::string& method, const std::string& name) const;

  // By SQL: also while it is down. No level: nullopt.
  std::optional<PeerLevel> Level(const std::string& product_id, const std::string& location = kPeerWarehouse) const;
  // Reservations under an id by status: {"pending", 2}.
  std::map<std::string, int> Reservations(const std::string& reservation_id) const;
  // Products whose books are wrong, a line each: a level whose quantity is not available + reserved or where one of
  // them is negative, and products whose reserved is not the sum of what is pending. Empty: conservation holds.
  std::vector<std::string> Drift() const;

 private:
  void Start();
  std::string Get(const std::string& path) const;
  std::string Post(const std::string& path, const std::multimap<std::string, std::string>& arguments) const;
  int CountOf(int id, const std::string& what) const;

  const std::string database_url_;
  const Flags flags_;
  int grpc_port_ = 0;  // 0: any
  int control_port_ = 0;
  std::unique_ptr<Process> process_;
};

}  // namespace logistics::support
