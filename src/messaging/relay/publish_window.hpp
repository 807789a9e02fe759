#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <map>
#include <optional>
#include <random>
#include <vector>

#include "absl/container/flat_hash_map.h"
#include "absl/time/time.h"
#include "logistics/ports/outbox.hpp"
#include "messaging/amqp/options.hpp"
#include "messaging/relay/ordering.hpp"

namespace logistics::messaging {

enum class PublishResult { kConfirmed, kNacked, kReturned };

// What became of one publication.
struct Settlement {
  PublishResult result = PublishResult::kConfirmed;
  absl::Duration latency;  // from Published to the broker's word
  OrderingId key;
  Route route;
  bool was_held = false;  // it came in by AddHeld
};

// What is done with: rows to delete, and how far the outbox is done.
struct Confirmed {
  std::vector<ports::OutboxMessage> messages;
  std::vector<OrderingId> held_keys;  // of those messages that came in by AddHeld, one entry a message
  ports::OutboxPosition start;        // nothing unsettled lies at or below it
};

// Which messages may go out, which are out, and what follows from the broker's answers. Pure: no I/O, no clock; random
// numbers only for the jitter of retries. Belongs to one thread.
//
// Invariants: at most one message of an ordering key is out; the messages of a key go out in the order of Add; at most
// `capacity` messages are out; a message leaves only as confirmed, as returned, or into TakeToHold.
class PublishWindow {
 public:
  using Time = std::chrono::steady_clock::time_point;

  struct Options {
    int capacity = 1000;
    Unroutable unroutable = Unroutable::kDrop;
    absl::Duration retry_min;  // a nacked key waits this long, then twice as long…
    absl::Duration retry_max;  // …up to this
  };
  PublishWindow(const Options& options, std::uint64_t seed);
  // Entries point at each other.
  PublishWindow(const PublishWindow&) = delete;
  PublishWindow& operator=(const PublishWindow&) = delete;

  // Takes in a message that was read from the outbox; positions rise from call to call.
  void Add(ports::OutboxMessage message);
  // Takes in a message that is held in the outbox, for one more try: returned or nacked again it leaves the window and
  // stays held. Its key must have nothing here that came by Add. A position that is here already is ignored.
  void AddHeld(ports::OutboxMessage message);

  // The message that should go out now; null when there is none (nothing is ready, or the window is full).
  const ports::OutboxMessage* Next(Time now);
  // The message that Next gave went out with this delivery tag; tags of a channel count up by one.
  void Published(std::uint64_t tag, Time now);
  // The message that Next gave cannot be published at all: it and those of its key behind it are to be held. Returns
  // the key.
  OrderingId RefuseNext();

  // The broker's words; unknown tags and ids are ignored. What they settle is appended to `settled`.
  void Returned(const domain::Uuid& message_id);
  void Ack(std::uint64_t tag, bool multiple, Time now, std::vector<Settlement>& settled);
  void Nack(std::uint64_t tag, bool multiple, Time now, std::vector<Settlement>& settled);

  // The connection is gone: what was out will go out again, in order.
  void ConnectionLost();
  // The broker refused a message and did not say which: what was out goes out again, one by one, until one is refused
  // alone. When this was that refusal, that message and those of its key behind it are to be held; returns the key.
  std::optional<OrderingId> ChannelFailed();

  // Confirmed (and dropped) messages since the last call. `start` never falls.
  Confirmed TakeConfirmed();
  // Messages to be marked as held, in order: to be stored before the next TakeConfirmed is.
  std::vector<ports::OutboxMessage> TakeToHold();

  // Forgets everything; reading begins again behind `position`.
  void Reset(const ports::OutboxPosition& position);

  std::size_t size() const { return fresh_.size() + held_.size(); }  // not settled yet
  std::size_t held_size() const { return held_.size(); }
  std::size_t ready() const { return ready_.size(); }
  std::size_t in_flight() const { return in_flight_count_; }
  std::size_t confirmed() const { return confirmed_.messages.size(); }
  bool one_by_one() const { return suspects_ > 0; }
  // When a nacked key may be tried again, and when the oldest message that is out went out. InfiniteFuture: none.
  Time NextRetry() const;
  Time OldestInFlight() const;

 private:
  struct Entry {
    ports::OutboxMessage message;
    OrderingId key;
    Entry* behind = nullptr;  // the next of the same key
    std::uint64_t tag = 0;    // while it is out
    Time published_at;
    int nacks = 0;
    bool held = false;
    bool returned = false;
    bool suspect = false;
    ports::OutboxPosition settled_behind;  // the highest that was settled between this and the next unsettled one
  };
  struct Chain {
    Entry* front = nullptr;
    Entry* back = nullptr;
  };
  using Entries = std::map<ports::OutboxPosition, Entry>;

  void Insert(Entries& entries, ports::OutboxMessage message, bool held);
  void MoveDueRetries(Time now);
  // The entry that is out as `tag`, taken out of flight; null when there is none.
  Entry* TakeInFlight(std::uint64_t tag);
  void DropSettledFront();
  template <typename Settle>
  void ForTags(std::uint64_t tag, bool multiple, Settle settle);
  void SettleAcked(Entry& entry, Time now, std::vector<Settlement>& settled);
  void SettleNacked(Entry& entry, Time now, std::vector<Settlement>& settled);
  void Confirm(Entry& entry);
  void HoldChain(Entry& front);
  void Erase(Entry& entry);
  void ReturnFlightToReady();
  void NoLongerSuspect(Entry& entry);

  const Options options_;
  std::mt19937_64 random_;
  Entries fresh_;
  Entries held_;
  absl::flat_hash_map<OrderingId, Chain> chains_;
  std::deque<Entry*> ready_;
  std::multimap<Time, Entry*> retries_;
  std::deque<Entry*> in_flight_;  // by tag from first_tag_ on; null = settled
  std::uint64_t first_tag_ = 0;
  std::size_t in_flight_count_ = 0;
  absl::flat_hash_map<domain::Uuid, Entry*> in_flight_ids_;
  std::size_t suspects_ = 0;  // not settled since the refusal; while there are any, one message is out at a time
  Confirmed confirmed_;
  std::vector<ports::OutboxMessage> to_hold_;
  ports::OutboxPosition last_added_;
  ports::OutboxPosition settled_prefix_;  // everything up to here is settled
};

}  // namespace logistics::messaging
