#include "storage/outbox/postgres_routed_keys.hpp"

#include <string>
#include <vector>

#include "integration/storage/storage_fixture.hpp"

namespace logistics::storage {
namespace {

using fakes::IsOk;
using ports::RoutedKey;
using testing::IsEmpty;
using testing::SizeIs;

class RoutedKeysTest : public StorageFixture {
 protected:
  std::vector<RoutedKey> Load() {
    const auto keys = store_.Load();
    EXPECT_THAT(keys, IsOk());
    return keys.ok() ? *keys : std::vector<RoutedKey>();
  }

  SessionPool pool_{Options(), 1};
  PostgresRoutedKeys store_{pool_};
};

TEST_F(RoutedKeysTest, StoredKeys_AreReadBackWithTheirAges) {
  EXPECT_THAT(Load(), IsEmpty());
  const RoutedKey created = {domain::EventStream::kOrder, "order.created", absl::Hours(3), std::nullopt};
  const RoutedKey reserved = {domain::EventStream::kInventory, "inventory.reserved", absl::Hours(2), absl::Hours(1)};
  ASSERT_THAT(store_.Store({created, reserved}, {}), IsOk());
  std::vector<RoutedKey> keys = Load();
  ASSERT_THAT(keys, SizeIs(2));
  EXPECT_EQ(keys[0].routing_key, "inventory.reserved") << "the last routed first";
  EXPECT_EQ(keys[0].stream, domain::EventStream::kInventory);
  EXPECT_GE(keys[0].routed_ago, absl::Hours(2));
  ASSERT_TRUE(keys[0].unroutable_for.has_value());
  EXPECT_GE(*keys[0].unroutable_for, absl::Hours(1));
  EXPECT_LT(*keys[0].unroutable_for, absl::Hours(2));
  EXPECT_EQ(keys[1].unroutable_for, std::nullopt);
  ASSERT_THAT(store_.Store({{reserved.stream, reserved.routing_key, absl::ZeroDuration(), std::nullopt}}, {created}),
              IsOk());
  keys = Load();
  ASSERT_THAT(keys, SizeIs(1));
  EXPECT_EQ(keys[0].unroutable_for, std::nullopt);
  EXPECT_LT(keys[0].routed_ago, absl::Hours(1));
}

TEST_F(RoutedKeysTest, MoreThanTheBound_TheOldestGo) {
  std::vector<RoutedKey> keys;
  for (int i = 0; i < ports::RoutedKeys::kKeysMax + 20; ++i) {
    keys.push_back({domain::EventStream::kOrder, std::to_string(i), absl::Seconds(i), std::nullopt});
  }
  ASSERT_THAT(store_.Store(keys, {}), IsOk());
  EXPECT_EQ(Number("SELECT count(*) FROM routed_keys"), ports::RoutedKeys::kKeysMax);
  EXPECT_EQ(Load().front().routing_key, "0");
}

}  // namespace
}  // namespace logistics::storage
