#include "storage/coordination/replica_registry.hpp"

#include <gmock/gmock.h>

#include <memory>

#include "integration/storage/storage_fixture.hpp"

namespace logistics::storage {
namespace {

class ReplicaRegistryTest : public StorageFixture {
 protected:
  ReplicaRegistryTest() { NewReplica(); }

  std::unique_ptr<ReplicaRegistry> Register(const std::string& release, const domain::Uuid& id) {
    DatabaseOptions options = Options();
    options.release = release;
    return std::make_unique<ReplicaRegistry>(options, id);
  }
  std::vector<std::string> Releases(const domain::Uuid& except = {}) {
    Session session(Options(), SessionUse::kQueries);
    std::vector<std::string> releases;
    for (const LiveReplica& replica : LiveReplicas(session, except)) releases.push_back(replica.release);
    return releases;
  }
};

TEST_F(ReplicaRegistryTest, LivesFromItsStartToItsStop) {
  const domain::Uuid first = ids_.NewId();
  auto old_one = Register("0.1.0", first);
  ASSERT_TRUE(Eventually([&] { return Releases() == std::vector<std::string>{"0.1.0"}; }));
  const auto new_one = Register("0.2.0", ids_.NewId());
  ASSERT_TRUE(Eventually([&] { return Releases().size() == 2; }));
  EXPECT_EQ(Releases(first), std::vector<std::string>{"0.2.0"});
  old_one.reset();
  EXPECT_EQ(Releases(), std::vector<std::string>{"0.2.0"});
}

TEST_F(ReplicaRegistryTest, NotSeenForLong_IsGone) {
  const auto one = Register("0.1.0", ids_.NewId());
  ASSERT_TRUE(Eventually([&] { return Releases().size() == 1; }));
  database_.Query("UPDATE replicas SET seen_at = now() - interval '31 seconds'");
  EXPECT_TRUE(Releases().empty());
}

}  // namespace
}  // namespace logistics::storage
