#include "logistics/service/streams/order_feed.hpp"

#include <utility>

#include "service/streams/resume_token.hpp"

namespace logistics::service {

std::optional<OrderUpdate> OrderFeed::Next() {
  std::optional<OrderFeedItem> item = items_.Next();
  if (!item) return std::nullopt;
  std::string token = TokenOf(*item);
  return OrderUpdate{std::move(item->change), item->snapshot, std::move(token)};
}

std::optional<OrderFeedEnd> OrderFeed::Ended() const {
  std::optional<FeedEnd<OrderFeedItem>> end = items_.Ended();
  if (!end) return std::nullopt;
  return OrderFeedEnd{std::move(end->status), end->last ? TokenOf(*end->last) : ""};
}

void OrderFeed::Identify(const domain::Uuid& database_id, std::int32_t timeline) {
  database_id_ = database_id;
  timeline_ = timeline;
}

std::string OrderFeed::TokenOf(const OrderFeedItem& item) const {
  if (item.snapshot) return "";
  return EncodeResumeToken({database_id_, timeline_, item.place, item.at, item.stamp});
}

}  // namespace logistics::service
