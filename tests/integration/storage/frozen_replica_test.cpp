// A replica is frozen between its row locks and its commit: the others go on within the timeouts, and what it does when
// it is thawed is true.
#include <thread>

#include "integration/storage/freezing_encoder.hpp"
#include "integration/storage/storage_fixture.hpp"

namespace logistics::storage {
namespace {

using fakes::IsOk;

class FrozenReplicaTest : public StorageFixture {
 protected:
  DatabaseOptions Impatient() const {
    DatabaseOptions options = Options();
    options.lock_timeout = absl::Milliseconds(700);
    options.idle_in_transaction_timeout = absl::Seconds(1);
    return options;
  }
};

TEST_F(FrozenReplicaTest, HoldingRowLocks_DoesNotStopTheOthers) {
  const auto other = NewReplica(Impatient());
  const domain::ProductId product = ProductWith(other->database(), 10);
  FreezingEncoder freezing(encoder_);
  Replica frozen(*this, Impatient(), freezing);
  const domain::NewOrder of_frozen = OrderOf(product, 1, "the same key");

  absl::StatusOr<domain::Order> thawed;
  {
    std::jthread caller([&] { thawed = Create(frozen.database(), of_frozen); });
    freezing.AwaitFrozen();

    const auto made = Create(other->database(), OrderOf(product, 2));
    EXPECT_THAT(made, IsOk());
    EXPECT_EQ(Reserved(product), 2);
    // The key that the frozen one claimed is free again as well: its claim was never committed.
    EXPECT_THAT(Create(other->database(), OrderOf(product, 1, "the same key")), IsOk());
    freezing.Thaw();
  }
  // Its transaction is long gone. It decides anew, and finds who took the key meanwhile.
  ASSERT_THAT(thawed, IsOk());
  EXPECT_NE(thawed->id, of_frozen.order.id);
  EXPECT_FALSE(Exists(of_frozen.order.id));
  EXPECT_TRUE(Exists(thawed->id));
  EXPECT_EQ(Orders(), 2);
  EXPECT_EQ(Reserved(product), 3);
  ExpectConsistent();
}

TEST_F(FrozenReplicaTest, ThatSoldTheLastPieceBeforeItFroze_DoesNotSellItAgain) {
  const auto other = NewReplica(Impatient());
  const domain::ProductId product = ProductWith(other->database(), 1);
  FreezingEncoder freezing(encoder_);
  Replica frozen(*this, Impatient(), freezing);
  absl::StatusOr<domain::Order> thawed;
  {
    std::jthread caller([&] { thawed = Create(frozen.database(), OrderOf(product, 1)); });
    freezing.AwaitFrozen();
    EXPECT_THAT(Create(other->database(), OrderOf(product, 1)), IsOk());
    freezing.Thaw();
  }
  EXPECT_THAT(thawed, fakes::StatusIs(absl::StatusCode::kFailedPrecondition));
  EXPECT_EQ(Orders(), 1);
  ExpectConsistent();
}

}  // namespace
}  // namespace logistics::storage
