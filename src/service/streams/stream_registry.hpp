#pragma once

#include <chrono>
#include <condition_variable>
#include <cstdint>
#include <mutex>
#include <optional>
#include <stop_token>
#include <utility>
#include <vector>

#include "absl/container/flat_hash_map.h"
#include "logistics/ports/metrics.hpp"
#include "logistics/service/streams/fan_out.hpp"
#include "logistics/service/streams/order_updates.hpp"
#include "service/streams/live_log.hpp"
#include "service/streams/order_stream.hpp"

namespace logistics::service {

// The streams of this replica, which of them are live, and how far the one order of changes was read for them. The live
// reader and CatchUp meet here: a stream becomes live, or falls behind, under this lock. Thread-safe.
//
// A term of reading ends when the last stream leaves or the database is replaced. Pages and heads carry the term for
// which they were read and are dropped in another: no stream sees a position of a term before its own.
class StreamRegistry {
 public:
  StreamRegistry(ports::Metrics& metrics, const OrderUpdatesOptions& options);

  // Streams come and go. UNAVAILABLE after Stop, RESOURCE_EXHAUSTED at streams_max.
  absl::Status Add(const OrderStreamPtr& stream);
  void Remove(const OrderFeed& feed);
  // Ends all streams with their tokens, and refuses new ones.
  void Stop();
  // Something was committed.
  void Wake();

  // The live reader's side.

  // Waits for streams and, where reading goes on, for a wake-up or the poll. `failed`: the last read did, and some time
  // passes first. nullopt: `stop`.
  std::optional<std::int64_t> AwaitTurn(const std::stop_token& stop, bool failed);
  // These four do nothing when the term is over, and give false.

  // Reading begins at `place`, which lies at or before the head.
  bool Begin(std::int64_t term, const ports::LogHead& head, const ports::LogPlace& place);
  // The database is still the same.
  bool Confirm(std::int64_t term, const ports::LogHead& head);
  // Offers a page to the live streams, and keeps it for those that catch up.
  bool FanOut(std::int64_t term, const ports::OrderChanges& page);
  // The database was replaced by another state of it: ends all streams, and the term.
  bool EndTerm(std::int64_t term);

  // Ends readers that take nothing, offers tokens to those without a message, counts those that are not live.
  void Supervise();

  // CatchUp's side.

  // Until reading has come to where the head was when the term began. False: `stop`.
  bool AwaitReady(const std::stop_token& stop);
  // How far reading has come; nullopt: not ready.
  std::optional<ResumePoint> LivePoint();
  // When this commit was made, as far as it is kept in memory.
  std::optional<absl::Time> StampOf(std::int64_t number);
  enum class FromRecent {
    kLive,    // and needs no more
    kMore,    // some were offered, more follow
    kFull,    // until its reader has room again
    kTooFar,  // its place lies before what is kept
    kNotReady,
  };
  // Offers recent changes behind the place of the stream, which is live when none are left.
  FromRecent OfferRecent(OrderStream& stream);

 private:
  using Clock = std::chrono::steady_clock;
  // Ids of different kinds may be equal.
  enum class ScopeKind { kOrder, kCustomer };
  using ScopeKey = std::pair<ScopeKind, domain::Uuid>;

  // A feed to end, and the present for a reader that has written everything.
  struct Ending {
    std::shared_ptr<OrderFeed> feed;
    std::optional<OrderFeedItem> present;
  };

  // All of these require mutex_.
  void CloseTerm();
  void Publish(const std::shared_ptr<const ports::OrderChange>& change, std::vector<std::shared_ptr<OrderFeed>>& woken);
  void FallBehind(OrderStream& stream);
  bool GoLive(OrderStream& stream);          // true: wake its reader
  bool OfferLiveToken(OrderStream& stream);  // true: wake its reader
  std::vector<Ending> Endings() const;

  static void EndAll(const std::vector<Ending>& endings, const absl::Status& status);
  static std::vector<ScopeKey> KeysOf(const ports::OrderScope& scope);

  const OrderUpdatesOptions options_;
  const Clock::duration tick_;
  ports::Counter& fell_behind_;
  ports::Counter& stalled_;
  ports::Gauge& behind_;

  std::mutex mutex_;
  std::condition_variable_any changed_;       // the live reader has something to do
  std::condition_variable_any became_ready_;  // streams can join
  bool woken_ = false;                        // guarded by mutex_, as all that follows
  bool stopped_ = false;
  std::int64_t term_ = 0;
  LiveLog log_;
  absl::flat_hash_map<const OrderFeed*, OrderStreamPtr> streams_;
  FanOutIndex<ScopeKey, OrderStream> index_;  // the live ones
};

}  // namespace logistics::service
