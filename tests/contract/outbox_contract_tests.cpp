#include "contract/outbox_contract.hpp"

#include <algorithm>
#include <vector>

#include "fakes/eventually.hpp"
#include "fakes/status_matchers.hpp"
#include "gmock/gmock.h"

namespace logistics::contract {
namespace {

using fakes::Eventually;
using fakes::IsOk;
using fakes::IsOkAndHolds;
using fakes::StatusIs;
using ports::OutboxMessage;
using ports::OutboxPage;
using ports::OutboxPosition;
using testing::ElementsAre;
using testing::IsEmpty;
using testing::SizeIs;

constexpr absl::Duration kLongLease = absl::Minutes(5);
constexpr absl::Duration kShortLease = absl::Milliseconds(20);

std::vector<OutboxPosition> PositionsIn(const std::vector<OutboxMessage>& messages) {
  std::vector<OutboxPosition> positions;
  for (const OutboxMessage& message : messages) positions.push_back(message.position);
  return positions;
}

TEST_P(OutboxContract, Lease_IsExclusiveRenewableAndGivenBack) {
  EXPECT_THAT(ours_->AcquireLease(kLongLease), IsOkAndHolds(true));
  EXPECT_THAT(theirs_->AcquireLease(kLongLease), IsOkAndHolds(false));
  EXPECT_THAT(ours_->AcquireLease(kLongLease), IsOkAndHolds(true));
  EXPECT_THAT(theirs_->ReleaseLease(), IsOk()) << "it is not theirs to give";
  EXPECT_THAT(theirs_->AcquireLease(kLongLease), IsOkAndHolds(false));
  EXPECT_THAT(ours_->ReleaseLease(), IsOk());
  EXPECT_THAT(theirs_->AcquireLease(kLongLease), IsOkAndHolds(true));
}

TEST_P(OutboxContract, WithoutTheLease_NothingIsWritten) {
  harness_->Commit(2);
  ASSERT_THAT(ours_->StartPosition(), IsOk());
  const OutboxPage page = ours_->ReadAfter({}, kPage).value();
  ASSERT_THAT(page.messages, SizeIs(2));
  EXPECT_THAT(ours_->DeleteConfirmed(page.messages, page.position), StatusIs(absl::StatusCode::kFailedPrecondition));
  EXPECT_THAT(ours_->Quarantine(page.messages, "why"), StatusIs(absl::StatusCode::kFailedPrecondition));
  ASSERT_THAT(theirs_->AcquireLease(kLongLease), IsOkAndHolds(true));
  ASSERT_THAT(ours_->StartPosition(), IsOk());
  const OutboxPage again = ours_->ReadAfter({}, kPage).value();
  EXPECT_THAT(ours_->DeleteConfirmed(again.messages, again.position), StatusIs(absl::StatusCode::kFailedPrecondition));
  EXPECT_THAT(ours_->Quarantine(again.messages, "why"), StatusIs(absl::StatusCode::kFailedPrecondition));
  EXPECT_EQ(PositionsIn(theirs_->ReadAfter({}, kPage)->messages), PositionsIn(page.messages));
  EXPECT_THAT(theirs_->ReadQuarantined({}, kPage), IsOkAndHolds(IsEmpty()));
}

// A holder that stood still must not write on, whether or not another one came.
TEST_P(OutboxContract, ExpiredLeaseThatNobodyTook_IsFencedUntilItIsRenewed) {
  harness_->Commit(2);
  ASSERT_THAT(ours_->AcquireLease(kShortLease), IsOkAndHolds(true));
  const OutboxPosition start = ours_->StartPosition().value();
  const OutboxPage page = ours_->ReadAfter(start, kPage).value();
  ASSERT_THAT(page.messages, SizeIs(2));
  EXPECT_TRUE(Eventually([&] { return absl::IsFailedPrecondition(ours_->DeleteConfirmed({}, {})); }));
  EXPECT_THAT(ours_->DeleteConfirmed(page.messages, page.position), StatusIs(absl::StatusCode::kFailedPrecondition));
  EXPECT_THAT(ours_->Quarantine(page.messages, "why"), StatusIs(absl::StatusCode::kFailedPrecondition));
  EXPECT_THAT(theirs_->StartPosition(), IsOkAndHolds(start));
  EXPECT_THAT(theirs_->ReadAfter(start, kPage)->messages, SizeIs(2));
  EXPECT_THAT(theirs_->ReadQuarantined({}, kPage), IsOkAndHolds(IsEmpty()));
  ASSERT_THAT(ours_->AcquireLease(kLongLease), IsOkAndHolds(true));
  ASSERT_THAT(ours_->StartPosition(), IsOkAndHolds(start));
  const OutboxPage again = ours_->ReadAfter(start, kPage).value();
  EXPECT_THAT(ours_->DeleteConfirmed(again.messages, again.position), IsOk());
}

TEST_P(OutboxContract, ExpiredLease_IsTakenOverAndTheOldHolderIsFenced) {
  harness_->Commit(1);
  ASSERT_THAT(ours_->AcquireLease(kShortLease), IsOkAndHolds(true));
  ASSERT_THAT(ours_->StartPosition(), IsOk());
  const OutboxPage page = ours_->ReadAfter({}, kPage).value();
  ASSERT_TRUE(Eventually([&] { return theirs_->AcquireLease(kLongLease).value_or(false); }));
  EXPECT_THAT(ours_->DeleteConfirmed(page.messages, page.position), StatusIs(absl::StatusCode::kFailedPrecondition));
  EXPECT_THAT(ours_->AcquireLease(kLongLease), IsOkAndHolds(false));
  EXPECT_THAT(theirs_->ReadAfter({}, kPage)->messages, SizeIs(1));
}

TEST_P(OutboxContract, Pages_AreInOrderAndOverlapNowhere) {
  harness_->Commit(5);
  std::vector<OutboxPosition> read;
  OutboxPage page;
  do {
    page = ours_->ReadAfter(page.position, 2).value();
    const std::vector<OutboxPosition> positions = PositionsIn(page.messages);
    read.insert(read.end(), positions.begin(), positions.end());
    EXPECT_TRUE(positions.empty() || page.position >= positions.back());
  } while (page.more);
  EXPECT_THAT(read, SizeIs(5));
  EXPECT_TRUE(std::is_sorted(read.begin(), read.end()));
  EXPECT_EQ(std::adjacent_find(read.begin(), read.end()), read.end());
  EXPECT_THAT(ours_->ReadAfter(page.position, 2)->messages, IsEmpty());
  harness_->Commit(1);
  const OutboxPage next = ours_->ReadAfter(page.position, 2).value();
  ASSERT_THAT(next.messages, SizeIs(1)) << "numbers rise";
  EXPECT_GT(next.messages.front().position, read.back());
}

TEST_P(OutboxContract, Confirmed_AreDeletedAndTheStartMovesOnlyForward) {
  harness_->Commit(3);
  ASSERT_THAT(ours_->AcquireLease(kLongLease), IsOkAndHolds(true));
  ASSERT_THAT(ours_->StartPosition(), IsOk());
  const OutboxPage page = ours_->ReadAfter({}, kPage).value();
  const OutboxPosition first = page.messages.front().position;
  ASSERT_THAT(ours_->DeleteConfirmed({page.messages[0], page.messages[2]}, first), IsOk());
  EXPECT_THAT(ours_->StartPosition(), IsOkAndHolds(first));
  const OutboxPage left = ours_->ReadAfter({}, kPage).value();
  EXPECT_THAT(PositionsIn(left.messages), ElementsAre(page.messages[1].position));
  ASSERT_THAT(ours_->DeleteConfirmed(left.messages, page.position), IsOk());
  ASSERT_THAT(ours_->DeleteConfirmed({}, first), IsOk());
  EXPECT_THAT(ours_->StartPosition(), IsOkAndHolds(page.position));
}

TEST_P(OutboxContract, Quarantined_LeaveThePagesUntilTheyAreConfirmed) {
  harness_->Commit(3);
  ASSERT_THAT(ours_->AcquireLease(kLongLease), IsOkAndHolds(true));
  ASSERT_THAT(ours_->StartPosition(), IsOk());
  const OutboxPage page = ours_->ReadAfter({}, kPage).value();
  const std::vector<OutboxMessage> two = {page.messages[0], page.messages[2]};
  EXPECT_THAT(ours_->Quarantine(two, "why"), IsOkAndHolds(ElementsAre(two[0].position, two[1].position)));
  EXPECT_THAT(ours_->Quarantine(two, "why"), IsOkAndHolds(IsEmpty())) << "they are there already";
  ASSERT_THAT(ours_->StartPosition(), IsOk());
  EXPECT_THAT(PositionsIn(ours_->ReadAfter({}, kPage)->messages), ElementsAre(page.messages[1].position));
  const std::vector<OutboxMessage> quarantined = ours_->ReadQuarantined({}, kPage).value();
  EXPECT_EQ(PositionsIn(quarantined), PositionsIn(two));
  for (const OutboxMessage& message : quarantined) EXPECT_TRUE(message.quarantined);
  EXPECT_EQ(PositionsIn(ours_->ReadQuarantined({}, 1).value()), PositionsIn({two[0]}));
  EXPECT_EQ(PositionsIn(ours_->ReadQuarantined(two[0].position, 1).value()), PositionsIn({two[1]}));
  ASSERT_THAT(ours_->DeleteConfirmed({quarantined[0]}, {}), IsOk());
  EXPECT_EQ(PositionsIn(ours_->ReadQuarantined({}, kPage).value()), PositionsIn({two[1]}));
}

TEST_P(OutboxContract, RowsThatAreGone_AreSaidAndTheStartStays) {
  harness_->Commit(2);
  ASSERT_THAT(ours_->AcquireLease(kLongLease), IsOkAndHolds(true));
  const OutboxPosition start = ours_->StartPosition().value();
  const OutboxPage page = ours_->ReadAfter(start, kPage).value();
  harness_->LoseRows();
  EXPECT_THAT(ours_->DeleteConfirmed(page.messages, page.position), StatusIs(absl::StatusCode::kUnavailable));
  EXPECT_THAT(ours_->StartPosition(), IsOkAndHolds(start));
}

TEST_P(OutboxContract, MessagesNotReadSinceTheStart_AreNotDeleted) {
  harness_->Commit(2);
  ASSERT_THAT(ours_->AcquireLease(kLongLease), IsOkAndHolds(true));
  const OutboxPosition start = ours_->StartPosition().value();
  const OutboxPage page = ours_->ReadAfter(start, kPage).value();
  ASSERT_THAT(ours_->StartPosition(), IsOk());
  EXPECT_THAT(ours_->DeleteConfirmed(page.messages, page.position), StatusIs(absl::StatusCode::kUnavailable));
  EXPECT_THAT(ours_->StartPosition(), IsOkAndHolds(start));
  EXPECT_THAT(ours_->ReadAfter(start, kPage)->messages, SizeIs(2));
}

}  // namespace
}  // namespace logistics::contract
