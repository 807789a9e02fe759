#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <map>
#include <optional>
#include <vector>

#include "absl/container/flat_hash_map.h"
#include "absl/time/time.h"
#include "logistics/ports/outbox.hpp"
#include "messaging/amqp/options.hpp"
#include "messaging/relay/known_routes.hpp"
#include "messaging/relay/ordering.hpp"

namespace logistics::messaging {

enum class PublishResult { kConfirmed, kNacked, kReturned, kUnconfirmed };

// How the broker answered one publication.
struct PublishOutcome {
  PublishResult result = PublishResult::kConfirmed;
  absl::Duration latency;  // from Published to the answer
  OrderingId key;
  Route route;                   // of a confirmed message only when it was quarantined
  bool was_quarantined = false;  // it came in by AddQuarantined
  bool dropped = false;          // returned, and nobody is to get it
};

// Rows to delete, and the new start position.
struct Confirmed {
  std::vector<ports::OutboxMessage> messages;
  std::vector<OrderingId> quarantined_keys;  // one entry for each message that came in by AddQuarantined
  ports::OutboxPosition start;               // nothing unresolved lies at or below it
};

// The messages that may be published, those in flight, and the consequences of the broker's answers. Pure: no I/O, no
// clock. Belongs to one thread.
//
// Invariants: at most one message of an ordering key is in flight; the messages of a key go out in the order of Add; at
// most `capacity` messages are in flight; a message leaves only as confirmed, as returned, or into TakeToQuarantine.
//
// While a broker confirms nothing, each lost connection halves the messages that may be in flight, down to one: all of
// them go out again. Each confirm adds one.
class PublishWindow {
 public:
  using Time = std::chrono::steady_clock::time_point;

  struct Options {
    int capacity = 1000;
    Unroutable unroutable = Unroutable::kDrop;
  };
  // `routes` decides under `drop` whether a returned message is dropped; outlives the window.
  PublishWindow(const Options& options, KnownRoutes& routes)
      : options_(options), routes_(routes), capacity_(static_cast<std::size_t>(options.capacity)) {}
  // Entries point at each other.
  PublishWindow(const PublishWindow&) = delete;
  PublishWindow& operator=(const PublishWindow&) = delete;

  // Adds a message of the outbox; positions rise from call to call.
  void Add(ports::OutboxMessage message);
  // Nothing more is to be added up to `position`, which is not before the last message added.
  void Skip(const ports::OutboxPosition& position);
  // Adds a quarantined message for one more try: returned or nacked again, it leaves the window and stays quarantined.
  // Its key must have nothing here that came by Add. A position that is here already is ignored.
  void AddQuarantined(ports::OutboxMessage message);

  // The message that may go out now; null when nothing is ready or the window is full.
  const ports::OutboxMessage* Next() const;
  // The message of Next went out with this delivery tag; the tags of a channel count up by one.
  void Published(std::uint64_t tag, Time now);
  // The message of Next cannot be published at all: it goes to quarantine, with those of its key behind it. Returns the
  // key.
  OrderingId RefuseNext();

  // The broker's answers; unknown tags and ids are ignored. The outcomes are appended. A nacked message goes to
  // quarantine, with those of its key behind it.
  void Returned(const domain::Uuid& message_id);
  void Ack(std::uint64_t tag, bool multiple, Time now, std::vector<PublishOutcome>& outcomes);
  void Nack(std::uint64_t tag, bool multiple, Time now, std::vector<PublishOutcome>& outcomes);

  // The connection is lost: the messages in flight will go out again, in order.
  void ConnectionLost();
  // The same, because nothing was confirmed for too long. They go out behind all others, which may fare better.
  void ConfirmsOverdue();
  // The oldest message in flight waits for its confirm no longer, while others are confirmed: it goes to quarantine,
  // with those of its key behind it.
  void GiveUpOldest(Time now, std::vector<PublishOutcome>& outcomes);
  // The broker refused a message and did not say which: the messages in flight go out again, one by one, until one is
  // refused alone. That one goes to quarantine, with those of its key behind it, and its key is returned.
  std::optional<OrderingId> ChannelFailed();

  // Confirmed (and dropped) messages since the last call. `start` never falls.
  Confirmed TakeConfirmed();
  // Whether TakeConfirmed would give a later start than the last time.
  bool start_moved() const { return resolved_prefix_ > confirmed_.start; }
  // Messages for the quarantine, in order; the caller stores them before the next TakeConfirmed.
  std::vector<ports::OutboxMessage> TakeToQuarantine();

  // Forgets everything; the next Add is after `position`.
  void Reset(const ports::OutboxPosition& position);

  std::size_t size() const { return fresh_.size() + quarantined_.size(); }  // unresolved
  std::size_t quarantined_size() const { return quarantined_.size(); }
  std::size_t ready() const { return ready_.size(); }
  std::size_t in_flight() const { return in_flight_count_; }
  std::size_t confirmed() const { return confirmed_.messages.size(); }
  bool one_by_one() const { return suspects_ > 0; }
  // When the oldest message in flight went out. Time::max(): none.
  Time OldestInFlight() const;
  // When the last message was confirmed.
  Time last_confirm() const { return last_confirm_; }

 private:
  struct Entry {
    ports::OutboxMessage message;
    OrderingId key;
    Entry* behind = nullptr;  // the next of the same key
    std::uint64_t tag = 0;    // while in flight
    Time published_at;
    bool quarantined = false;
    bool returned = false;
    bool suspect = false;
    ports::OutboxPosition resolved_behind;  // the highest resolved one between this and the next unresolved one
  };
  struct Chain {
    Entry* front = nullptr;
    Entry* back = nullptr;
  };
  using Entries = std::map<ports::OutboxPosition, Entry>;

  void Insert(Entries& entries, ports::OutboxMessage message, bool quarantined);
  // Takes the entry of `tag` out of flight; null when there is none.
  Entry* TakeInFlight(std::uint64_t tag);
  void DropResolvedFront();
  template <typename Resolve>
  void ForTags(std::uint64_t tag, bool multiple, Resolve resolve);
  void ResolveAcked(Entry& entry, Time now, std::vector<PublishOutcome>& outcomes);
  void ResolveNacked(Entry& entry, Time now, std::vector<PublishOutcome>& outcomes);
  bool Drops(const ports::OutboxMessage& message, Time now);
  void Confirm(Entry& entry);
  void QuarantineChain(Entry& front);
  void Erase(Entry& entry);
  void ReturnFlightToReady(bool first);
  void NoLongerSuspect(Entry& entry);

  const Options options_;
  KnownRoutes& routes_;
  std::size_t capacity_;  // at present
  Time last_confirm_ = Time::min();
  Entries fresh_;
  Entries quarantined_;
  absl::flat_hash_map<OrderingId, Chain> chains_;
  std::deque<Entry*> ready_;
  std::deque<Entry*> in_flight_;  // by tag from first_tag_ on; null = resolved
  std::uint64_t first_tag_ = 0;
  std::size_t in_flight_count_ = 0;
  absl::flat_hash_map<domain::Uuid, Entry*> in_flight_ids_;
  std::size_t suspects_ = 0;  // unresolved since the refusal; while there are any, one message is in flight at a time
  Confirmed confirmed_;
  std::vector<ports::OutboxMessage> to_quarantine_;
  ports::OutboxPosition last_added_;
  ports::OutboxPosition resolved_prefix_;  // everything up to here is resolved
};

}  // namespace logistics::messaging
