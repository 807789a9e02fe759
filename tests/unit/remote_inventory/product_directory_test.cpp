#include "remote_inventory/product_directory.hpp"

#include <atomic>
#include <condition_variable>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

#include "absl/time/clock.h"
#include "fakes/fake_clock.hpp"
#include "fakes/status_matchers.hpp"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "logistics/domain/errors.hpp"
#include "unit/remote_inventory/scripted_peer.hpp"

namespace logistics::remote_inventory {
namespace {

using domain::OrderLine;
using domain::ProductId;
using fakes::IsOk;
using fakes::StatusIs;
using testing::AllOf;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::SizeIs;

class ProductDirectoryTest : public testing::Test {
 protected:
  static OrderLine ById(const ProductId& id, const std::string& sku = "") {
    OrderLine line;
    line.product_id = id;
    line.sku = sku;
    line.quantity = 1;
    return line;
  }
  static OrderLine BySku(const std::string& sku) {
    OrderLine line;
    line.sku = sku;
    line.quantity = 1;
    return line;
  }
  absl::StatusOr<std::vector<OrderLine>> Resolve(const std::vector<OrderLine>& lines) {
    return directory_.Resolve(lines, context_);
  }

  DirectoryOptions options_;
  fakes::FakeClock clock_;
  ScriptedPeer peer_;
  ports::CallContext context_{.correlation_id = "c", .traceparent = "", .deadline = absl::Now() + absl::Seconds(30)};
  PeerProductDirectory directory_{options_, peer_, clock_};
};

TEST_F(ProductDirectoryTest, FillsInWhatALineDoesNotName) {
  const ProductId chair = peer_.Add("CHAIR", 1);
  const ProductId table = peer_.Add("TABLE", 1);
  ASSERT_OK_AND_ASSIGN(const std::vector<OrderLine> lines, Resolve({ById(chair), BySku("TABLE"), BySku("CHAIR")}));
  ASSERT_THAT(lines, SizeIs(3));
  EXPECT_EQ(lines[0].sku, "CHAIR");
  EXPECT_EQ(lines[1].product_id, table);
  EXPECT_EQ(lines[2].product_id, chair);
}

TEST_F(ProductDirectoryTest, Remembers_UntilTheTimeIsOver) {
  const ProductId chair = peer_.Add("CHAIR", 1);
  for (int i = 0; i < 3; ++i) EXPECT_THAT(Resolve({ById(chair), ById(chair)}), IsOk());
  EXPECT_EQ(peer_.product_questions, 1);
  EXPECT_EQ(peer_.level_questions, 1);
  clock_.Advance(options_.remember_for);
  EXPECT_THAT(Resolve({ById(chair)}), IsOk());
  EXPECT_EQ(peer_.product_questions, 2);
  EXPECT_EQ(peer_.level_questions, 2);
}

TEST_F(ProductDirectoryTest, SkuIsFoundOnALaterPageAndTheListingServesAllItHad) {
  for (int i = 0; i < 2 * PeerProductDirectory::kListPageSize; ++i) peer_.Add("S" + std::to_string(i), 1);
  ASSERT_OK_AND_ASSIGN(const std::vector<OrderLine> lines, Resolve({BySku("S150")}));
  EXPECT_EQ(peer_.list_questions, 2);
  EXPECT_EQ(peer_.product_questions, 0);
  EXPECT_THAT(Resolve({BySku("S3"), ById(*lines[0].product_id, "S150")}), IsOk());
  EXPECT_EQ(peer_.list_questions, 2);
}

TEST_F(ProductDirectoryTest, UnknownProductsAreAllNamed) {
  const ProductId chair = peer_.Add("CHAIR", 1);
  const absl::Status status = Resolve({BySku("NONE"), ById(chair), ById(ProductId())}).status();
  EXPECT_THAT(status, StatusIs(absl::StatusCode::kNotFound, HasSubstr("sku \"NONE\" does not exist (and 1 more)")));
  const std::vector<domain::ConditionViolation> unknown = domain::ConditionViolationsOf(status);
  ASSERT_THAT(unknown, SizeIs(2));
  EXPECT_EQ(unknown[1].subject, "items[2]");
}

TEST_F(ProductDirectoryTest, AnUnknownSkuDoesNotListTheCatalogueForEveryOrder) {
  EXPECT_THAT(Resolve({BySku("LATER")}), StatusIs(absl::StatusCode::kNotFound));
  EXPECT_THAT(Resolve({BySku("LATER")}), StatusIs(absl::StatusCode::kNotFound));
  EXPECT_EQ(peer_.list_questions, 1);
  peer_.Add("LATER", 1);
  clock_.Advance(PeerProductDirectory::kUnknownSkuFor);
  EXPECT_THAT(Resolve({BySku("LATER")}), IsOk());
}

TEST_F(ProductDirectoryTest, MismatchOfIdAndSkuIsInvalid) {
  const ProductId chair = peer_.Add("CHAIR", 1);
  EXPECT_THAT(Resolve({ById(chair, "TABLE")}), StatusIs(absl::StatusCode::kInvalidArgument, HasSubstr("items[0].sku")));
}

TEST_F(ProductDirectoryTest, SeveralLocations_AreRefusedWithWhyAndWhatToDo) {
  const ProductId chair = peer_.Add("CHAIR", 1);
  peer_.Add("TABLE", 2);
  const absl::Status status = Resolve({ById(chair), BySku("TABLE")}).status();
  EXPECT_THAT(status, StatusIs(absl::StatusCode::kFailedPrecondition,
                               AllOf(HasSubstr("items[1]"), HasSubstr("\"TABLE\""), HasSubstr("levels in 2 locations"),
                                     HasSubstr("remove the other levels"), HasSubstr("multi_location"))));
  const std::vector<domain::ConditionViolation> violations = domain::ConditionViolationsOf(status);
  ASSERT_THAT(violations, SizeIs(1));
  EXPECT_EQ(violations[0].type, "LOCATION");
  EXPECT_EQ(violations[0].subject, "items[1]");
}

TEST_F(ProductDirectoryTest, SeveralLocations_TheAnswerIsRememberedToo) {
  const ProductId chair = peer_.Add("CHAIR", 2);
  EXPECT_THAT(Resolve({ById(chair)}), StatusIs(absl::StatusCode::kFailedPrecondition));
  peer_.SetLocations(chair, 1);
  EXPECT_THAT(Resolve({ById(chair)}), StatusIs(absl::StatusCode::kFailedPrecondition));
  EXPECT_EQ(peer_.level_questions, 1);
  clock_.Advance(options_.remember_for);
  EXPECT_THAT(Resolve({ById(chair)}), IsOk());
}

TEST_F(ProductDirectoryTest, SeveralLocations_WarnTakesTheOrder) {
  const ProductId chair = peer_.Add("CHAIR", 2);
  options_.multi_location = MultiLocation::kWarn;
  PeerProductDirectory lenient(options_, peer_, clock_);
  EXPECT_THAT(lenient.Resolve({ById(chair)}, context_), IsOk());
}

TEST_F(ProductDirectoryTest, AProductWithoutALevelIsTheReservationsToRefuse) {
  EXPECT_THAT(Resolve({ById(peer_.Add("CHAIR", 0))}), IsOk());
}

TEST_F(ProductDirectoryTest, PeerAway_IsSaidAndNotRemembered) {
  const ProductId chair = peer_.Add("CHAIR", 1);
  peer_.down = absl::UnavailableError("away");
  EXPECT_THAT(Resolve({ById(chair)}), StatusIs(absl::StatusCode::kUnavailable));
  EXPECT_THAT(Resolve({BySku("CHAIR")}), StatusIs(absl::StatusCode::kUnavailable));
  peer_.down = absl::OkStatus();
  EXPECT_THAT(Resolve({ById(chair)}), IsOk());
  EXPECT_THAT(Resolve({BySku("CHAIR")}), IsOk());
}

TEST_F(ProductDirectoryTest, OneQuestionForAProductAtATime) {
  const ProductId chair = peer_.Add("CHAIR", 1);
  constexpr int kThreads = 8;
  std::atomic<int> begun{0};
  // The question is answered only when all have come: who comes while it is asked waits for its answer.
  peer_.on_levels = [&] {
    while (begun < kThreads) std::this_thread::yield();
  };
  std::atomic<int> right{0};
  {
    std::vector<std::jthread> threads;
    for (int i = 0; i < kThreads; ++i) {
      threads.emplace_back([&] {
        ++begun;
        if (Resolve({ById(chair)}).ok()) ++right;
      });
    }
  }
  EXPECT_EQ(right, kThreads);
  EXPECT_EQ(peer_.level_questions, 1);
}

TEST_F(ProductDirectoryTest, WhoWaitsForAnothersQuestionWaitsNoLongerThanItsDeadline) {
  const ProductId chair = peer_.Add("CHAIR", 1);
  std::mutex mutex;
  std::condition_variable changed;
  bool asked = false;
  bool answer = false;
  peer_.on_levels = [&] {
    std::unique_lock lock(mutex);
    asked = true;
    changed.notify_all();
    changed.wait(lock, [&] { return answer; });
  };
  std::jthread first([&] { EXPECT_THAT(Resolve({ById(chair)}), IsOk()); });
  {
    std::unique_lock lock(mutex);
    changed.wait(lock, [&] { return asked; });
  }
  ports::CallContext hurried = context_;
  hurried.deadline = absl::Now() + absl::Milliseconds(20);
  EXPECT_THAT(directory_.Resolve({ById(chair)}, hurried), StatusIs(absl::StatusCode::kUnavailable));
  const std::scoped_lock lock(mutex);
  answer = true;
  changed.notify_all();
}

TEST_F(ProductDirectoryTest, MoreProductsThanAreRemembered_EverySkuIsFound) {
  options_.products_max = 100;
  PeerProductDirectory directory(options_, peer_, clock_);
  for (int i = 0; i < 1'000; ++i) peer_.Add("SKU-" + std::to_string(i), 1);
  // Of each order some that the listing comes to first, and some last.
  for (int i = 0; i < 450; i += 9) {
    std::vector<OrderLine> wanted;
    for (int k = 0; k < 20; ++k) wanted.push_back(BySku("SKU-" + std::to_string((i + k * 50) % 1'000)));
    ASSERT_OK_AND_ASSIGN(const std::vector<OrderLine> lines, directory.Resolve(wanted, context_));
    for (std::size_t k = 0; k < lines.size(); ++k) EXPECT_EQ(lines[k].sku, wanted[k].sku);
  }
  EXPECT_THAT(directory.Resolve({BySku("SKU-1000")}, context_), StatusIs(absl::StatusCode::kNotFound));
  const int asked = peer_.list_questions;
  EXPECT_THAT(directory.Resolve({BySku("SKU-1000")}, context_), StatusIs(absl::StatusCode::kNotFound));
  EXPECT_EQ(peer_.list_questions, asked) << "it was looked for a moment ago";
}

TEST_F(ProductDirectoryTest, ListingThatACallersTimeDoesNotSufficeFor_IsGoneOnWith) {
  for (int i = 0; i < 1'000; ++i) peer_.Add("SKU-" + std::to_string(i), 1);
  for (peer_.list_questions_max = 3; peer_.list_questions_max < 12; peer_.list_questions_max += 4) {
    EXPECT_THAT(Resolve({BySku("SKU-999")}), StatusIs(absl::StatusCode::kUnavailable));
  }
  EXPECT_THAT(Resolve({BySku("SKU-999")}), IsOk());
  EXPECT_EQ(peer_.list_questions, 13) << "ten pages, and the three that were not answered";
}

}  // namespace
}  // namespace logistics::remote_inventory
