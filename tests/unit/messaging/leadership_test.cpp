#include "messaging/relay/leadership.hpp"

#include <gtest/gtest.h>

#include <memory>
#include <utility>

#include "fakes/counting_metrics.hpp"
#include "fakes/memory_outbox.hpp"
#include "fakes/recording_health.hpp"

namespace logistics::messaging {
namespace {

constexpr std::chrono::seconds kTtl{10};

class LeadershipTest : public testing::Test {
 protected:
  LeadershipTest() { options_.lease_ttl = absl::Seconds(10); }

  std::unique_ptr<fakes::MemoryOutbox> NewOutbox() {
    auto outbox = std::make_unique<fakes::MemoryOutbox>(table_, 1);
    outbox->BeforeAnswers([this](std::size_t) { now_ += std::exchange(stall_, std::chrono::seconds(0)); });
    return outbox;
  }
  Leadership::Term Acquire() {
    leadership_.Maintain(/*broker_connected=*/true);
    return leadership_.term();
  }
  // A call that lasts for `duration` and is answered well.
  bool CallThatLasts(std::chrono::seconds duration) {
    return leadership_.Ask([&](ports::Outbox&) {
      now_ += duration;
      return absl::OkStatus();
    });
  }
  double Leader() { return metrics_.Value("leader"); }

  Leadership::Time now_ = Leadership::Time() + std::chrono::hours(1);
  std::chrono::seconds stall_{0};  // of the next call that acquires or reads
  BrokerOptions options_;
  fakes::MemoryOutboxTable table_;
  fakes::CountingMetrics metrics_;
  fakes::RecordingHealth health_;
  Leadership leadership_{NewOutbox(), options_, metrics_.GetGauge("leader", ""), health_, [this] { return now_; }};
};

TEST_F(LeadershipTest, Acquired_BeginsATermThatRenewalsKeep) {
  EXPECT_EQ(leadership_.term(), 0);
  EXPECT_FALSE(leadership_.Leads(now_));
  EXPECT_EQ(Acquire(), 1);
  EXPECT_EQ(Leader(), 1);
  for (int i = 0; i < 10; ++i) {
    now_ = leadership_.NextDue();
    EXPECT_EQ(Acquire(), 1);
    EXPECT_TRUE(leadership_.Leads(now_ + kTtl / 2));
  }
}

TEST_F(LeadershipTest, Lease_EndsHereBeforeItEndsAtTheDatabase) {
  Acquire();
  EXPECT_TRUE(leadership_.Leads(now_ + kTtl * 8 / 10));
  EXPECT_FALSE(leadership_.Leads(now_ + kTtl * 9 / 10));
}

TEST_F(LeadershipTest, AnotherReplica_LeadsUntilItReleases) {
  table_.GiveLeaseTo(2);
  EXPECT_EQ(Acquire(), 0);
  EXPECT_GT(leadership_.NextDue(), now_);
  table_.GiveLeaseTo(0);
  now_ = leadership_.NextDue();
  EXPECT_EQ(Acquire(), 1);
  leadership_.Release("test");
  EXPECT_EQ(leadership_.term(), 0);
  EXPECT_EQ(table_.holder(), 0);
  EXPECT_EQ(Leader(), 0);
}

TEST_F(LeadershipTest, RenewalRefused_EndsTheTerm) {
  Acquire();
  table_.GiveLeaseTo(2);
  now_ = leadership_.NextDue();
  EXPECT_EQ(Acquire(), 0);
  table_.GiveLeaseTo(0);
  now_ = leadership_.NextDue();
  EXPECT_EQ(Acquire(), 2);
}

TEST_F(LeadershipTest, AnswerOfAnEarlierTerm_IsDropped) {
  const Leadership::Term first = Acquire();
  leadership_.Release("test");
  EXPECT_FALSE(leadership_.Accept(first, absl::OkStatus())) << "there is no term";
  now_ = leadership_.NextDue();
  const Leadership::Term second = Acquire();
  ASSERT_NE(first, second);
  EXPECT_FALSE(leadership_.Accept(first, absl::OkStatus()));
  EXPECT_TRUE(leadership_.Accept(second, absl::OkStatus()));
}

TEST_F(LeadershipTest, LeaseRanOutDuringACall_DropsTheAnswerAndEndsTheTerm) {
  Acquire();
  EXPECT_TRUE(CallThatLasts(kTtl / 2));
  EXPECT_FALSE(CallThatLasts(kTtl / 2));
  EXPECT_FALSE(leadership_.Leads(now_));
  EXPECT_EQ(leadership_.term(), 0);
  EXPECT_EQ(Acquire(), 2);
}

TEST_F(LeadershipTest, RenewalThatCameTooLate_BeginsANewTerm) {
  Acquire();
  now_ = leadership_.NextDue();
  stall_ = kTtl * 7 / 10;
  EXPECT_EQ(Acquire(), 2) << "another replica may have led in between";
  EXPECT_TRUE(leadership_.Leads(now_));
}

TEST_F(LeadershipTest, AcquisitionThatLastedLongerThanItsLease_IsTriedAgainAtOnce) {
  stall_ = 2 * kTtl;
  Acquire();
  EXPECT_FALSE(leadership_.Leads(now_));
  EXPECT_LE(leadership_.NextDue(), now_);
  Acquire();
  EXPECT_TRUE(leadership_.Leads(now_));
}

TEST_F(LeadershipTest, LostAtTheDatabase_EndsTheTerm) {
  Acquire();
  EXPECT_FALSE(leadership_.Ask([](ports::Outbox&) { return absl::FailedPreconditionError("the lease was lost"); }));
  EXPECT_EQ(leadership_.term(), 0);
  EXPECT_GT(leadership_.NextDue(), now_);
  EXPECT_FALSE(health_.Last("relay").has_value()) << "the database is well";
}

TEST_F(LeadershipTest, UnavailableDatabase_EndsTheTermAndIsTriedAgainAfterADelay) {
  Acquire();
  table_.SetUnavailable(true);
  EXPECT_FALSE(leadership_.Ask([](ports::Outbox& outbox) { return outbox.StartPosition(); }).has_value());
  EXPECT_EQ(leadership_.term(), 0);
  EXPECT_GT(leadership_.database_at(), now_);
  EXPECT_EQ(health_.Last("relay")->state, ports::HealthState::kDegraded);
  table_.SetUnavailable(false);
  EXPECT_EQ(Acquire(), 0) << "not before the delay is over";
  now_ = leadership_.NextDue();
  EXPECT_EQ(Acquire(), 2);
  EXPECT_EQ(health_.Last("relay")->state, ports::HealthState::kUp);
}

TEST_F(LeadershipTest, NoBrokerForALeasesTime_LeavesTheLeaseToOthers) {
  Acquire();
  const Leadership::Time lost = now_;
  while (now_ - lost <= kTtl) {
    EXPECT_EQ(table_.holder(), 1);
    now_ = leadership_.NextDue();
    leadership_.Maintain(/*broker_connected=*/false);
  }
  EXPECT_EQ(table_.holder(), 0);
  EXPECT_EQ(leadership_.term(), 0);
  now_ = leadership_.NextDue();
  leadership_.Maintain(/*broker_connected=*/false);
  EXPECT_EQ(table_.holder(), 0);
  now_ = leadership_.NextDue();
  EXPECT_EQ(Acquire(), 2);
}

TEST_F(LeadershipTest, CallOutsideOfATerm_HasAnAnswer) {
  EXPECT_TRUE(leadership_.Ask([](ports::Outbox& outbox) { return outbox.StartPosition(); }).has_value());
}

}  // namespace
}  // namespace logistics::messaging
