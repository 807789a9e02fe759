#include "unit/service/order_updates_fixture.hpp"

namespace logistics::service {
namespace {

constexpr absl::Duration kReadersPatience = absl::Seconds(30);

}  // namespace

absl::Status FeedReader::Subscribe(const OrderUpdatesRequest& request) {
  absl::StatusOr<std::shared_ptr<OrderFeed>> feed = updates_.Subscribe(request, [bell = bell_] { bell->Ring(); });
  if (feed.ok()) feed_ = *std::move(feed);
  return feed.status();
}

void FeedReader::Leave() {
  if (feed_ != nullptr) updates_.Unsubscribe(std::exchange(feed_, nullptr));
}

std::optional<OrderUpdate> FeedReader::NextMessage() {
  std::optional<OrderUpdate> update =
      bell_->AwaitResult([&] { return feed_->Next(); }, [&] { return feed_->Ended().has_value(); }, kReadersPatience);
  if (update && !update->resume_token.empty()) token_ = update->resume_token;
  return update;
}

std::optional<OrderUpdate> FeedReader::Next() {
  std::optional<OrderUpdate> update = NextMessage();
  while (update && update->change == nullptr) update = NextMessage();
  return update;
}

std::string FeedReader::NextVersions(int count) {
  std::string versions;
  for (int i = 0; i < count; ++i) {
    const std::optional<OrderUpdate> update = Next();
    if (!update) return versions + " nothing";
    versions += (i == 0 ? "" : " ") + std::to_string(update->change->place.version);
  }
  return versions;
}

std::optional<OrderFeedEnd> FeedReader::End() {
  while (NextMessage()) {
  }
  return feed_->Ended();
}

OrderUpdatesTest::OrderUpdatesTest() : customer_(NewCustomer()) {
  options_.poll = absl::Hours(1);  // what is not woken does not come
}

OrderUpdates& OrderUpdatesTest::updates() {
  if (!updates_) {
    updates_.emplace(log_, metrics_, options_);
    updates_->Start();
  }
  return *updates_;
}

void OrderUpdatesTest::Commit(const std::vector<fakes::MemoryOrderLog::Change>& changes) {
  log_.Append(changes);
  if (updates_) updates_->Wake();
}

std::string OrderUpdatesTest::TokenNow() {
  FeedReader reader(updates());
  EXPECT_THAT(reader.Subscribe(), fakes::IsOk());
  EXPECT_TRUE(reader.NextMessage().has_value());
  return reader.token();
}

std::optional<OrderFeedEnd> OrderUpdatesTest::EndOfResumed(const std::string& token) {
  FeedReader reader(updates());
  EXPECT_THAT(reader.Subscribe({.resume_token = token}), fakes::IsOk());
  return reader.End();
}

}  // namespace logistics::service
