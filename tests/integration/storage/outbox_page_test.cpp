// Pages of the outbox that end for their bytes.
#include <string>
#include <vector>

#include "absl/strings/escaping.h"
#include "integration/storage/storage_fixture.hpp"
#include "storage/outbox/postgres_outbox.hpp"
#include "storage/rows/outbox_part.hpp"

namespace logistics::storage {
namespace {

using ports::OutboxMessage;
using ports::OutboxPosition;

constexpr int kCommitsMax = 1'000;
constexpr std::size_t kLargeBody = std::size_t{200} * 1024;  // a part each, and six of them are more than a page reads

class OutboxPageTest : public StorageFixture {
 protected:
  // A commit of so many events, each a part of its own; without events it has no part.
  void Commit(int events) {
    ++number_;
    const std::string batch_id = ids_.NewId().ToString();
    database_.Query("INSERT INTO commits (batch_id, number, committed_at) VALUES ('" + batch_id + "', " +
                    std::to_string(number_) + ", now())");
    std::vector<StoredEvent> stored;
    for (int i = 0; i < events; ++i) {
      StoredEvent& event = stored.emplace_back();
      event.ordinal = i;
      event.message_id = ids_.NewId();
      event.stream = "order";
      event.routing_key = "order.created";
      event.event_type = "OrderCreated";
      event.body = std::string(kLargeBody, 'x');
      committed_.push_back({number_, i});
    }
    for (const OutboxPart& part : EncodeParts(stored)) {
      database_.Query("INSERT INTO outbox (batch_id, part, events) VALUES ('" + batch_id + "', " +
                      std::to_string(part.part) + ", decode('" + absl::BytesToHexString(part.bytes) + "', 'hex'))");
    }
  }

  std::unique_ptr<Replica> replica_ = NewReplica();  // the schema
  PostgresOutbox outbox_{Options(), ids_.NewId()};
  std::int64_t number_ = 0;
  std::vector<OutboxPosition> committed_;
};

TEST_F(OutboxPageTest, PageWithAllThatIsThere_SaysSoAndEndsWithItsCommit) {
  Commit(2);
  Commit(0);
  Commit(1);
  const auto page = outbox_.ReadAfter({}, kCommitsMax);
  ASSERT_THAT(page, IsOk());
  EXPECT_EQ(page->messages.size(), 3U);
  EXPECT_FALSE(page->more) << "a read that finds nothing would follow each that finds something";
  EXPECT_EQ(page->position, (OutboxPosition{3, OutboxPosition::kEndOfCommit}));
}

// Commits without events have a row and no part: they must not hide parts that were cut off.
TEST_F(OutboxPageTest, PagesThatEndForTheirBytes_LeaveNothingOut) {
  for (const int events : {0, 0, 0, 1, 9, 0, 0, 7, 1, 0, 12, 0, 0, 0, 0, 0}) Commit(events);
  std::vector<OutboxPosition> read;
  OutboxPosition position;
  int pages = 0;
  for (bool more = true; more && pages < 100; ++pages) {
    const auto page = outbox_.ReadAfter(position, kCommitsMax);
    ASSERT_THAT(page, IsOk());
    for (const OutboxMessage& message : page->messages) read.push_back(message.position);
    EXPECT_LE(page->messages.size(), 6U);
    more = page->more;
    position = page->position;
  }
  EXPECT_EQ(read, committed_);
  EXPECT_EQ(position, (OutboxPosition{number_, OutboxPosition::kEndOfCommit}));
}

}  // namespace
}  // namespace logistics::storage
