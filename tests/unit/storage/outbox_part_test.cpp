#include "storage/rows/outbox_part.hpp"

#include <gmock/gmock.h>

#include "fakes/sequential_ids.hpp"

namespace logistics::storage {
namespace {

StoredEvent EventAt(std::int32_t ordinal, std::size_t body_bytes = 10) {
  static fakes::SequentialIds ids;
  StoredEvent event;
  event.ordinal = ordinal;
  event.message_id = ids.NewId();
  event.stream = "order";
  event.routing_key = "order.created";
  event.event_type = "OrderCreated";
  event.body = std::string(body_bytes, 'x');
  if (ordinal % 2 == 0) event.order_id = domain::OrderId(ids.NewId());
  if (ordinal % 2 == 1) event.product_id = domain::ProductId(ids.NewId());
  event.correlation_id = std::string("c\0rr", 4);
  return event;
}

std::vector<StoredEvent> Events(int count, std::size_t body_bytes = 10) {
  std::vector<StoredEvent> events;
  for (int i = 0; i < count; ++i) events.push_back(EventAt(i, body_bytes));
  return events;
}

void ExpectRoundTrip(const std::vector<StoredEvent>& events) {
  std::vector<StoredEvent> read;
  for (const OutboxPart& part : EncodeParts(events)) {
    const auto decoded = DecodePart(part.bytes);
    ASSERT_TRUE(decoded.has_value());
    EXPECT_EQ(decoded->front().ordinal, part.part);
    EXPECT_LE(decoded->size(), kPartEventsMax);
    EXPECT_TRUE(part.bytes.size() <= kPartBytesMax || decoded->size() == 1);
    read.insert(read.end(), decoded->begin(), decoded->end());
  }
  EXPECT_EQ(read, events);
}

TEST(OutboxPart, AnyNumberOfEvents_IsReadBack) {
  for (const int count : {0, 1, 255, 256, 257, 700}) ExpectRoundTrip(Events(count));
  EXPECT_EQ(EncodeParts(Events(256)).size(), 1U);
  EXPECT_EQ(EncodeParts(Events(257)).size(), 2U);
}

TEST(OutboxPart, LongEvents_AreCutIntoPartsAndOneAloneMayBeLonger) {
  ExpectRoundTrip(Events(20, 100'000));
  EXPECT_EQ(EncodeParts(Events(20, 100'000)).size(), 10U);
  ExpectRoundTrip(Events(3, 2 * kPartBytesMax));
  EXPECT_EQ(EncodeParts(Events(3, 2 * kPartBytesMax)).size(), 3U);
}

TEST(OutboxPart, OtherBytes_AreNoPart) {
  const std::string part = EncodeParts(Events(2)).front().bytes;
  EXPECT_EQ(DecodePart(""), std::nullopt);
  EXPECT_EQ(DecodePart("\x02" + part.substr(1)), std::nullopt) << "a later version";
  for (std::size_t size = 2; size < part.size(); ++size) {
    const auto decoded = DecodePart(part.substr(0, size));
    EXPECT_TRUE(!decoded || decoded->size() == 1) << "cut after " << size;
  }
}

}  // namespace
}  // namespace logistics::storage
