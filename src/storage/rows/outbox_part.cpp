#include "storage/rows/outbox_part.hpp"

#include <algorithm>

namespace logistics::storage {
namespace {

constexpr char kVersion = 1;

void AddNumber(std::string& bytes, std::uint32_t number) {
  for (int shift = 24; shift >= 0; shift -= 8) bytes.push_back(static_cast<char>(number >> shift));
}

void AddField(std::string& bytes, std::string_view field) {
  AddNumber(bytes, static_cast<std::uint32_t>(field.size()));
  bytes.append(field);
}

void AddField(std::string& bytes, const domain::Uuid& id) {
  AddField(bytes, std::string_view(reinterpret_cast<const char*>(id.bytes().data()), domain::Uuid::kBytes));
}

template <typename Id>
void AddField(std::string& bytes, const std::optional<Id>& id) {
  if (id) {
    AddField(bytes, id->uuid());
  } else {
    AddNumber(bytes, 0);
  }
}

std::string Encode(const StoredEvent& event) {
  std::string bytes;
  AddNumber(bytes, static_cast<std::uint32_t>(event.ordinal));
  AddField(bytes, event.message_id);
  AddField(bytes, event.stream);
  AddField(bytes, event.routing_key);
  AddField(bytes, event.event_type);
  AddField(bytes, event.body);
  AddField(bytes, event.order_id);
  AddField(bytes, event.product_id);
  AddField(bytes, event.correlation_id);
  AddField(bytes, event.traceparent);
  return bytes;
}

// Reads what is there; once something is missing, ok() is false and all that follows is empty.
class Reader {
 public:
  explicit Reader(std::string_view bytes) : left_(bytes) {}

  bool ok() const { return ok_; }
  bool empty() const { return left_.empty(); }

  std::uint32_t Number() {
    const std::string_view bytes = Take(4);
    std::uint32_t number = 0;
    for (const char byte : bytes) number = number << 8 | static_cast<unsigned char>(byte);
    return number;
  }
  std::string Text() { return std::string(Take(Number())); }
  std::optional<domain::Uuid> MaybeId() {
    const std::string_view bytes = Take(Number());
    if (bytes.empty()) return std::nullopt;
    if (bytes.size() != domain::Uuid::kBytes) {
      ok_ = false;
      return std::nullopt;
    }
    domain::Uuid::Bytes id;
    std::copy(bytes.begin(), bytes.end(), reinterpret_cast<char*>(id.data()));
    return domain::Uuid(id);
  }

 private:
  std::string_view Take(std::size_t size) {
    if (!ok_ || size > left_.size()) {
      ok_ = false;
      return {};
    }
    const std::string_view taken = left_.substr(0, size);
    left_.remove_prefix(size);
    return taken;
  }

  std::string_view left_;
  bool ok_ = true;
};

}  // namespace

std::vector<OutboxPart> EncodeParts(std::span<const StoredEvent> events) {
  std::vector<OutboxPart> parts;
  std::size_t count = 0;
  for (const StoredEvent& event : events) {
    const std::string bytes = Encode(event);
    if (parts.empty() || count == kPartEventsMax || parts.back().bytes.size() + bytes.size() > kPartBytesMax) {
      parts.push_back({event.ordinal, std::string(1, kVersion)});
      count = 0;
    }
    parts.back().bytes.append(bytes);
    ++count;
  }
  return parts;
}

std::optional<std::vector<StoredEvent>> DecodePart(std::string_view bytes) {
  if (bytes.empty() || bytes.front() != kVersion) return std::nullopt;
  Reader reader(bytes.substr(1));
  std::vector<StoredEvent> events;
  while (reader.ok() && !reader.empty()) {
    StoredEvent& event = events.emplace_back();
    event.ordinal = static_cast<std::int32_t>(reader.Number());
    const std::optional<domain::Uuid> message_id = reader.MaybeId();
    if (!message_id) return std::nullopt;
    event.message_id = *message_id;
    event.stream = reader.Text();
    event.routing_key = reader.Text();
    event.event_type = reader.Text();
    event.body = reader.Text();
    if (const auto id = reader.MaybeId()) event.order_id = domain::OrderId(*id);
    if (const auto id = reader.MaybeId()) event.product_id = domain::ProductId(*id);
    event.correlation_id = reader.Text();
    event.traceparent = reader.Text();
  }
  if (!reader.ok()) return std::nullopt;
  return events;
}

}  // namespace logistics::storage
