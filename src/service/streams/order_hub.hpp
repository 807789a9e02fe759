#pragma once

#include <chrono>
#include <condition_variable>
#include <cstdint>
#include <deque>
#include <memory>
#include <mutex>
#include <optional>
#include <string_view>
#include <thread>
#include <utility>
#include <vector>

#include "absl/container/flat_hash_map.h"
#include "logistics/service/streams/fan_out.hpp"
#include "logistics/service/streams/order_updates.hpp"
#include "service/streams/buffered_feed.hpp"
#include "service/streams/recent_changes.hpp"

namespace logistics::service {

// One thread reads the one order of changes and fans it out to the streams that are live. Some more fill the streams
// that are not: those that have just come, resume or fell behind; each of those is with one thread at a time.
class OrderUpdates::Hub {
 public:
  Hub(ports::OrderLog& log, ports::Metrics& metrics, const OrderUpdatesOptions& options);
  ~Hub();
  Hub(const Hub&) = delete;
  Hub& operator=(const Hub&) = delete;

  void Start();
  void Wake();
  absl::StatusOr<std::shared_ptr<OrderFeed>> Subscribe(const ports::OrderScope& scope, std::optional<ResumePoint> from,
                                                       bool include_snapshot, std::function<void()> wake);
  void Unsubscribe(const std::shared_ptr<OrderFeed>& feed);
  void Stop();

 private:
  using Clock = BufferedFeed::Clock;
  // Ids of different kinds may be equal.
  enum class ScopeKind { kOrder, kCustomer };
  using ScopeKey = std::pair<ScopeKind, domain::Uuid>;

  // Where a stream is on its way to be live.
  struct Stream {
    enum class Phase {
      kJoining,   // nothing is known but what it asked for
      kSnapshot,  // is told the orders as they stand
      kBehind,    // is told what changed since its place
      kLive,      // hears of each change as it is read
    };
    std::shared_ptr<BufferedFeed> feed;
    std::optional<ResumePoint> from;
    bool include_snapshot = false;

    // Guarded by Hub::mutex_.
    Phase phase = Phase::kJoining;
    bool waiting = false;  // in the queue of those that lag
    bool worked_on = false;
    bool again = false;  // to be put into the queue when the thread that has it lets go
    bool gone = false;
    bool greeted = false;  // has got its first token

    // Of the thread that works on it.
    std::optional<ports::OrderStates::After> after;  // kSnapshot: the last order that was told
    bool snapshot_begun = false;
  };
  using StreamPtr = std::shared_ptr<Stream>;

  // What the database was when it was last looked at.
  struct Known {
    ports::LogHead head;
    Clock::time_point at;
  };

  // What goes on for all of them; order_hub_reading.cpp, from LookAfterReaders on order_hub.cpp.
  void Loop(const std::stop_token& stop);
  // False, as of the next two: the log cannot be read now, or is another one.
  bool BeginReading();
  bool ReadOn(const std::stop_token& stop);
  bool IsStillTheSame();
  void StartOver();
  void FanOut(const ports::OrderChanges& page);
  void LookAfterReaders();
  void EndStream(Stream& stream, const absl::Status& status, const std::optional<ResumePoint>& live);
  // These require mutex_.
  void FallBehind(Stream& stream);
  bool OfferLiveToken(const Stream& stream);  // true: wake its reader
  std::optional<ResumePoint> LivePoint() const;
  absl::Time DatabaseNow() const;

  // What goes on for one of them; order_hub_lagging.cpp.
  enum class Step {
    kGoOn,
    kParked,  // until its reader has room again
    kDone,    // live, or ended
    kLater,   // the database is away
  };
  void FillLoop(const std::stop_token& stop);
  Step Fill(Stream& stream, const std::stop_token& stop);
  Step FillSome(Stream& stream);
  Step Join(Stream& stream);
  Step Resume(Stream& stream, const ResumePoint& from, const ResumePoint& live);
  Step TellStates(Stream& stream);
  std::optional<Step> TellRecent(Stream& stream);  // nullopt: its place is too far back for that
  Step TellFromDatabase(Stream& stream);
  static Step Refuse(Stream& stream, const absl::Status& status);
  static Step NotNow(Stream& stream, const absl::Status& status);
  Stream::Phase PhaseOf(const Stream& stream);
  void SetPhase(Stream& stream, Stream::Phase phase);
  void QueueAgain(const BufferedFeed* feed);
  // These require mutex_.
  void Queue(const StreamPtr& stream);
  bool GoLive(Stream& stream);  // true: wake its reader

  static constexpr absl::Duration kReadTime = absl::Seconds(10);
  static constexpr absl::Duration kComeAgain = absl::Seconds(1);  // the hint of what may be tried again
  static ports::CallContext ReadContext();
  static std::vector<ScopeKey> KeysOf(const ports::OrderScope& scope);

  ports::OrderLog& log_;
  const OrderUpdatesOptions options_;
  const Clock::duration tick_;
  ports::Counter& lagged_;
  ports::Counter& stalled_;
  ports::Gauge& behind_;

  std::mutex mutex_;
  std::condition_variable_any changed_;  // the reading thread has something to do
  std::condition_variable_any lag_;      // a stream waits to be filled
  bool woken_ = false;                   // guarded by mutex_, as all that follows
  bool idle_ = false;                    // the last stream has gone
  bool stopped_ = false;
  // None while nothing is read. Like recent_ written by the reading thread only.
  std::optional<Known> known_;
  std::int64_t ready_at_ = 0;  // the head when reading began
  bool ready_ = false;         // and reading has come that far
  RecentChanges recent_;       // its end is where reading has come to
  absl::flat_hash_map<const OrderFeed*, StreamPtr> streams_;
  FanOutIndex<ScopeKey, Stream> index_;  // those that are live
  std::deque<StreamPtr> lagging_;

  bool look_ = false;    // the reading thread's own: ask whether this is still the same database
  std::jthread thread_;  // last, with the fillers: joined first
  std::vector<std::jthread> fillers_;
};

}  // namespace logistics::service
