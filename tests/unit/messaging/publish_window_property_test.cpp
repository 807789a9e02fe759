// A simulated broker that acks, nacks, returns and breaks at random; whatever it does, the guarantees hold.
#include <gtest/gtest.h>

#include <deque>
#include <map>
#include <random>
#include <set>

#include "fakes/memory_routed_keys.hpp"
#include "fakes/seed.hpp"
#include "messaging/relay/publish_window.hpp"
#include "unit/messaging/outbox_message.hpp"

namespace logistics::messaging {
namespace {

constexpr int kMessages = 400;
constexpr int kCapacity = 16;

class Simulation {
 public:
  Simulation(std::uint64_t seed, Unroutable unroutable) : random_(seed), window_({kCapacity, unroutable}, routes_) {}

  void Run() {
    std::int64_t added = 0;
    while (added < kMessages || window_.size() > 0) {
      now_ += std::chrono::milliseconds(Draw(3));
      if (added < kMessages && Draw(2) == 0) Add(++added);
      routes_.Maintain(now_);
      Publish();
      Broker(/*calm=*/added == kMessages && Draw(3) > 0);
      Collect();
      if (testing::Test::HasFatalFailure()) return;
    }
    Collect();
    EXPECT_EQ(confirmed_.size() + quarantined_.size(), static_cast<std::size_t>(kMessages)) << "something was lost";
    EXPECT_EQ(start_, last_added_);
  }

 private:
  struct Out {
    std::uint64_t tag = 0;
    ports::OutboxMessage message;
  };

  int Draw(int below) { return std::uniform_int_distribution<int>(0, below - 1)(random_); }

  void Add(std::int64_t number) {
    ports::OutboxMessage message = MessageAt(number, static_cast<std::uint64_t>(Draw(8)));
    const OrderingId key = OrderingIdOf(message);
    unresolved_.insert(message.position);
    // The relay, not the window, quarantines a message whose key is in quarantine.
    if (quarantined_keys_.contains(key)) {
      Quarantine(message);
      return;
    }
    last_added_ = message.position;
    window_.Add(std::move(message));
  }

  void Publish() {
    for (int burst = Draw(8); burst > 0; --burst) {
      const ports::OutboxMessage* const message = window_.Next();
      if (message == nullptr) return;
      if (Draw(200) == 0) {
        window_.RefuseNext();
        continue;
      }
      const OrderingId key = OrderingIdOf(*message);
      for (const Out& out : out_) ASSERT_FALSE(OrderingIdOf(out.message) == key) << "two of a key in flight";
      ASSERT_LT(out_.size(), static_cast<std::size_t>(kCapacity));
      if (first_published_.insert(message->position).second) {
        auto& last = last_first_[OrderingKeyNumber(*message)];
        ASSERT_LT(last, message->position) << "first publications of a key out of order";
        last = message->position;
      }
      out_.push_back({++tag_, *message});
      window_.Published(tag_, now_);
    }
  }

  void Broker(bool calm) {
    if (!calm && Draw(60) == 0) {
      window_.ConnectionLost();
      out_.clear();
      tag_ = 0;
      return;
    }
    if (!calm && Draw(60) == 0) {
      window_.ConfirmsOverdue();
      out_.clear();
      tag_ = 0;
      return;
    }
    if (!calm && Draw(60) == 0 && !out_.empty()) {
      window_.GiveUpOldest(now_, outcomes_);
      out_.pop_front();
      return;
    }
    if (!calm && Draw(60) == 0) {
      window_.ChannelFailed();
      out_.clear();
      tag_ = 0;
      return;
    }
    if (out_.empty()) return;
    const std::size_t which = static_cast<std::size_t>(Draw(static_cast<int>(out_.size())));
    const bool multiple = Draw(3) == 0;
    const std::uint64_t tag = out_[which].tag;
    std::deque<Out> answered;
    for (std::size_t i = multiple ? 0 : which; i <= which; ++i) answered.push_back(out_[i]);
    out_.erase(multiple ? out_.begin() : out_.begin() + static_cast<std::ptrdiff_t>(which),
               out_.begin() + static_cast<std::ptrdiff_t>(which) + 1);
    if (!calm && Draw(5) == 0) {
      window_.Nack(tag, multiple, now_, outcomes_);
      return;
    }
    for (const Out& out : answered) {
      if (Draw(20) == 0) window_.Returned(out.message.message_id);
    }
    window_.Ack(tag, multiple, now_, outcomes_);
  }

  void Collect() {
    for (const ports::OutboxMessage& message : window_.TakeToQuarantine()) Quarantine(message);
    const Confirmed confirmed = window_.TakeConfirmed();
    for (const ports::OutboxMessage& message : confirmed.messages) {
      ASSERT_TRUE(confirmed_.insert(message.position).second) << "confirmed twice";
      ASSERT_FALSE(quarantined_.contains(message.position));
      unresolved_.erase(message.position);
    }
    ASSERT_GE(confirmed.start, start_) << "the start fell";
    start_ = confirmed.start;
    if (unresolved_.empty()) return;
    ASSERT_LT(confirmed.start, *unresolved_.begin()) << "the start passed an unsettled message";
  }

  void Quarantine(const ports::OutboxMessage& message) {
    ASSERT_TRUE(quarantined_.insert(message.position).second);
    quarantined_keys_.insert(OrderingKeyNumber(message));
    unresolved_.erase(message.position);
  }

  // OrderingId has a hash and no order; its id has both.
  struct KeySet {
    std::set<domain::Uuid> ids;
    bool contains(const OrderingId& key) const { return ids.contains(key.id); }
    void insert(const domain::Uuid& id) { ids.insert(id); }
  };
  static domain::Uuid OrderingKeyNumber(const ports::OutboxMessage& message) { return OrderingIdOf(message).id; }

  std::mt19937_64 random_;
  fakes::MemoryRoutedKeys routed_keys_;
  KnownRoutes routes_{routed_keys_, absl::Milliseconds(50)};
  PublishWindow window_;
  PublishWindow::Time now_{};
  std::uint64_t tag_ = 0;
  std::deque<Out> out_;
  std::vector<PublishOutcome> outcomes_;
  std::set<ports::OutboxPosition> first_published_;
  std::map<domain::Uuid, ports::OutboxPosition> last_first_;
  std::set<ports::OutboxPosition> unresolved_;
  std::set<ports::OutboxPosition> confirmed_;
  std::set<ports::OutboxPosition> quarantined_;
  KeySet quarantined_keys_;
  ports::OutboxPosition start_;
  ports::OutboxPosition last_added_;
};

class PublishWindowPropertyTest : public testing::TestWithParam<Unroutable> {};

TEST_P(PublishWindowPropertyTest, WhateverTheBrokerDoes_OrderIsKeptAndNothingIsLost) {
  const std::uint64_t seed = fakes::TestSeed();
  constexpr int kRuns = 60;
  for (std::uint64_t run = 0; run < kRuns; ++run) {
    SCOPED_TRACE(testing::Message() << "LOGISTICS_TEST_SEED=" << seed << " run " << run);
    Simulation(seed + run, GetParam()).Run();
    if (HasFailure()) return;
  }
}

INSTANTIATE_TEST_SUITE_P(Unroutable, PublishWindowPropertyTest, testing::Values(Unroutable::kDrop, Unroutable::kHold),
                         [](const auto& info) { return info.param == Unroutable::kDrop ? "Drop" : "Hold"; });

}  // namespace
}  // namespace logistics::messaging
