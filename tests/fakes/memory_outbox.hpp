#pragma once

#include <algorithm>
#include <chrono>
#include <condition_variable>
#include <cstdint>
#include <functional>
#include <map>
#include <mutex>
#include <optional>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "logistics/ports/outbox.hpp"

namespace logistics::fakes {

// The outbox table and its lease, in memory, shared by several MemoryOutbox. Thread-safe.
class MemoryOutboxTable {
 public:
  // One commit: gives the messages the next number, in the order given.
  void Commit(std::vector<ports::OutboxMessage> messages) {
    const std::scoped_lock lock(mutex_);
    ++number_;
    std::int32_t ordinal = 0;
    for (ports::OutboxMessage& message : messages) {
      message.position = {number_, ordinal++};
      rows_.emplace(message.position, Row{std::move(message), false});
    }
  }

  // From now on every call answers UNAVAILABLE, or no longer.
  void SetUnavailable(bool unavailable) {
    const std::scoped_lock lock(mutex_);
    unavailable_ = unavailable;
  }
  // As after a crash of Postgres: deletes are not waited for on its disk, so all of them may be undone, with the start
  // position that went with them.
  void LoseDeletes() {
    const std::scoped_lock lock(mutex_);
    rows_.merge(deleted_);
    deleted_.clear();
    start_ = {};
  }
  // As if the rows had never been committed, which a failover can bring about.
  void LoseRows() {
    const std::scoped_lock lock(mutex_);
    rows_.clear();
  }
  // As if the lease had run out and `holder` had acquired it; 0 = no replica.
  void GiveLeaseTo(int holder) {
    const std::scoped_lock lock(mutex_);
    holder_ = holder;
    lease_until_ = holder == 0 ? Time::min() : Time::max();
    changed_.notify_all();
  }

  std::size_t rows() const {
    const std::scoped_lock lock(mutex_);
    return rows_.size();
  }
  std::size_t quarantined_rows() const {
    const std::scoped_lock lock(mutex_);
    return QuarantinedRows();
  }
  int holder() const {
    const std::scoped_lock lock(mutex_);
    return holder_;
  }
  ports::OutboxPosition start() const {
    const std::scoped_lock lock(mutex_);
    return start_;
  }
  // The end of the last commit.
  ports::OutboxPosition End() const {
    const std::scoped_lock lock(mutex_);
    return {number_, number_ == 0 ? 0 : ports::OutboxPosition::kEndOfCommit};
  }
  // Rows outside the quarantine that lie at or below the start position: a crash would lose them. Always empty.
  std::vector<ports::OutboxPosition> lost() const {
    const std::scoped_lock lock(mutex_);
    std::vector<ports::OutboxPosition> lost;
    for (const auto& [position, row] : rows_) {
      if (!row.quarantined && position <= start_) lost.push_back(position);
    }
    return lost;
  }

  bool WaitForRows(std::size_t rows, absl::Duration timeout) const {
    return WaitFor([this, rows] { return rows_.size() == rows; }, timeout);
  }
  bool WaitForQuarantinedRows(std::size_t rows, absl::Duration timeout) const {
    return WaitFor([this, rows] { return QuarantinedRows() == rows; }, timeout);
  }
  bool WaitForHolder(int holder, absl::Duration timeout) const {
    return WaitFor([this, holder] { return holder_ == holder; }, timeout);
  }

 private:
  friend class MemoryOutbox;
  using Clock = std::chrono::steady_clock;
  using Time = Clock::time_point;
  struct Row {
    ports::OutboxMessage message;
    bool quarantined = false;
  };

  bool WaitFor(const std::function<bool()>& condition, absl::Duration timeout) const {
    std::unique_lock lock(mutex_);
    return changed_.wait_for(lock, absl::ToChronoMilliseconds(timeout), condition);
  }
  std::size_t QuarantinedRows() const {
    return static_cast<std::size_t>(
        std::count_if(rows_.begin(), rows_.end(), [](const auto& row) { return row.second.quarantined; }));
  }

  mutable std::mutex mutex_;  // guards all below
  mutable std::condition_variable changed_;
  std::map<ports::OutboxPosition, Row> rows_;
  std::map<ports::OutboxPosition, Row> deleted_;
  std::int64_t number_ = 0;
  ports::OutboxPosition start_;
  int holder_ = 0;
  Time lease_until_ = Time::min();
  bool unavailable_ = false;
};

// One replica's outbox over a shared table. Follows the contract of ports::Outbox.
class MemoryOutbox final : public ports::Outbox {
 public:
  // `replica` from 1.
  MemoryOutbox(MemoryOutboxTable& table, int replica) : table_(table), replica_(replica) {}

  // Runs before each answer of AcquireLease and ReadAfter, with the number of its messages: a slow database.
  void BeforeAnswers(std::function<void(std::size_t messages)> stall) { stall_ = std::move(stall); }

  absl::StatusOr<bool> AcquireLease(absl::Duration ttl) override {
    const absl::StatusOr<bool> acquired = Acquire(ttl);
    if (stall_) stall_(0);
    return acquired;
  }

  absl::Status ReleaseLease() override {
    const std::scoped_lock lock(table_.mutex_);
    if (table_.unavailable_) return Unavailable();
    if (table_.holder_ == replica_) table_.holder_ = 0;
    table_.changed_.notify_all();
    return absl::OkStatus();
  }

  absl::StatusOr<ports::OutboxPosition> StartPosition() override {
    const std::scoped_lock lock(table_.mutex_);
    if (table_.unavailable_) return Unavailable();
    read_.clear();
    return table_.start_;
  }

  // Pages of messages instead of commits, so that tests can cut a commit.
  absl::StatusOr<ports::OutboxPage> ReadAfter(const ports::OutboxPosition& position, int limit) override {
    const ports::OutboxPosition end = table_.End();
    auto messages = Read(position, limit, /*quarantined=*/false);
    if (stall_) stall_(messages.ok() ? messages->size() : 0);
    if (!messages.ok()) return messages.status();
    for (const ports::OutboxMessage& message : *messages) read_.insert(message.position);
    ports::OutboxPage page;
    page.more = messages->size() == static_cast<std::size_t>(limit);
    page.position = std::max(position, page.more ? position : end);
    // A commit may have come between the two looks.
    if (!messages->empty()) page.position = std::max(page.position, messages->back().position);
    page.messages = *std::move(messages);
    return page;
  }

  absl::Status DeleteConfirmed(const std::vector<ports::OutboxMessage>& confirmed,
                               const ports::OutboxPosition& start) override {
    const std::scoped_lock lock(table_.mutex_);
    const absl::Status refused = MayWrite();
    if (!refused.ok()) return refused;
    for (const ports::OutboxMessage& message : confirmed) {
      const bool read = message.quarantined || read_.contains(message.position);
      if (!read || !table_.rows_.contains(message.position)) {
        return absl::UnavailableError("the outbox has changed under the relay");
      }
    }
    for (const ports::OutboxMessage& message : confirmed) {
      table_.deleted_.insert(table_.rows_.extract(message.position));
    }
    table_.start_ = std::max(table_.start_, start);
    table_.changed_.notify_all();
    return absl::OkStatus();
  }

  absl::StatusOr<std::vector<ports::OutboxPosition>> Quarantine(const std::vector<ports::OutboxMessage>& messages,
                                                                const std::string& /*reason*/) override {
    const std::scoped_lock lock(table_.mutex_);
    const absl::Status refused = MayWrite();
    if (!refused.ok()) return refused;
    std::vector<ports::OutboxPosition> stored;
    for (const ports::OutboxMessage& message : messages) {
      const auto row = table_.rows_.find(message.position);
      if (row == table_.rows_.end() || row->second.quarantined) continue;
      row->second.quarantined = true;
      row->second.message.quarantined = true;
      stored.push_back(message.position);
    }
    table_.changed_.notify_all();
    return stored;
  }

  absl::StatusOr<std::vector<ports::OutboxMessage>> ReadQuarantined(const ports::OutboxPosition& position,
                                                                    int limit) override {
    return Read(position, limit, /*quarantined=*/true);
  }

 private:
  absl::StatusOr<bool> Acquire(absl::Duration ttl) {
    const std::scoped_lock lock(table_.mutex_);
    if (table_.unavailable_) return Unavailable();
    const auto now = MemoryOutboxTable::Clock::now();
    if (table_.holder_ != replica_ && table_.holder_ != 0 && now < table_.lease_until_) return false;
    table_.holder_ = replica_;
    table_.lease_until_ = now + absl::ToChronoNanoseconds(ttl);
    table_.changed_.notify_all();
    return true;
  }

  static absl::Status Unavailable() { return absl::UnavailableError("the database is unavailable"); }

  absl::Status MayWrite() const {
    if (table_.unavailable_) return Unavailable();
    const bool holds = table_.holder_ == replica_ && MemoryOutboxTable::Clock::now() < table_.lease_until_;
    return holds ? absl::OkStatus() : absl::FailedPreconditionError("the lease is lost");
  }

  absl::StatusOr<std::vector<ports::OutboxMessage>> Read(const ports::OutboxPosition& position, int limit,
                                                         bool quarantined) const {
    const std::scoped_lock lock(table_.mutex_);
    if (table_.unavailable_) return Unavailable();
    std::vector<ports::OutboxMessage> page;
    for (auto row = table_.rows_.upper_bound(position); row != table_.rows_.end(); ++row) {
      if (page.size() == static_cast<std::size_t>(limit)) break;
      if (row->second.quarantined == quarantined) page.push_back(row->second.message);
    }
    return page;
  }

  MemoryOutboxTable& table_;
  const int replica_;
  std::set<ports::OutboxPosition> read_;  // since StartPosition()
  std::function<void(std::size_t)> stall_;
};

}  // namespace logistics::fakes
