#pragma once

#include <functional>
#include <map>
#include <string>
#include <thread>
#include <vector>

#include "e2e/world.hpp"
#include "support/inventory_peer.hpp"

namespace logistics::e2e {

// The peer's calls, as its switches name them.
inline constexpr char kReserve[] = "CheckAndReserveStock";
inline constexpr char kRelease[] = "ReleaseReservedStock";
inline constexpr char kCommit[] = "CommitReservation";
inline constexpr char kAdjust[] = "AdjustInventory";

// A world whose stock the Go stand-in keeps. Its tables are in the same database as the daemon's, so that one statement
// can compare both sides of the books.
class RemoteWorld {
 public:
  // Waits are short, so that tests are; `flags` come on top.
  explicit RemoteWorld(const Flags& flags = {}, const support::InventoryPeer::Flags& peer_flags = {});

  // A daemon that is told of the peer as operators do it, by INVENTORY_SERVICE_URL.
  support::Command Serve() const;

  // A product of the peer's catalogue, in one warehouse.
  Product AddProduct(int quantity);

  // What the peer says of the product's level.
  support::PeerLevel LevelOf(const Product& product) const;
  // The id of the one order that was ever begun, made or not.
  std::string OnlyReservation() const;
  std::int64_t Intents() const;
  std::int64_t Settlements() const;

  // As if a long time had passed since the daemons that were killed, or that stand still, left their intents and
  // claims: a test does not wait for minutes.
  void LetLeftoversAge() const;

  // Waits until nobody is in the making of an order and the peer was told everything. Then each side's books are right
  // and both agree: at the peer quantity = available + reserved; reserved is what our orders hold; quantity is what was
  // delivered less what our orders have taken off the books.
  void ExpectSettledAndConserved() const;

  World world;
  support::InventoryPeer peer;

 private:
  std::map<std::string, std::int64_t> delivered_;  // by product id
};

// Calls made from threads of their own, all at once; what each was answered.
class Calls {
 public:
  Calls(int count, std::function<Answer()> call);
  ~Calls() { Join(); }
  Calls(const Calls&) = delete;
  Calls& operator=(const Calls&) = delete;

  const std::vector<Answer>& Join();

 private:
  std::vector<Answer> answers_;  // each belongs to its thread until Join
  std::vector<std::thread> threads_;
};

// UNAVAILABLE with a hint when to come again: what an order gets that the peer's silence keeps from being made.
void ExpectUnavailable(const Answer& answer);

}  // namespace logistics::e2e
