#include "storage/outbox/outbox_parts.hpp"

#include <algorithm>

namespace logistics::storage {

void OutboxParts::Add(const Key& key, std::span<const std::int32_t> open, Time now) {
  std::vector<Part>& parts = batches_[key.batch_id];
  const auto place = std::lower_bound(parts.begin(), parts.end(), key.part,
                                      [](const Part& part, std::int32_t number) { return part.part < number; });
  Part read{key.part, {open.begin(), open.end()}, false, now};
  if (place != parts.end() && place->part == key.part) {
    *place = std::move(read);
  } else {
    parts.insert(place, std::move(read));
  }
}

bool OutboxParts::Close(const domain::Uuid& batch_id, std::int32_t ordinal, std::vector<Key>& finished) {
  const auto batch = batches_.find(batch_id);
  if (batch == batches_.end()) return false;
  std::vector<Part>& parts = batch->second;
  const auto part =
      std::find_if(parts.begin(), parts.end(), [&](const Part& one) { return one.open.contains(ordinal); });
  if (part == parts.end()) return false;
  part->open.erase(ordinal);
  part->changed = true;
  if (!part->open.empty()) return true;
  finished.push_back({batch_id, part->part});
  parts.erase(part);
  if (parts.empty()) batches_.erase(batch);
  return true;
}

std::vector<std::pair<OutboxParts::Key, std::vector<std::int32_t>>> OutboxParts::TakePartlyConfirmed(Time before,
                                                                                                     Time now,
                                                                                                     std::size_t max) {
  std::vector<std::pair<Key, std::vector<std::int32_t>>> taken;
  for (auto& [batch_id, parts] : batches_) {
    for (Part& part : parts) {
      if (taken.size() == max) return taken;
      if (!part.changed || part.read_at >= before) continue;
      part.changed = false;
      part.read_at = now;
      taken.push_back({{batch_id, part.part}, {part.open.begin(), part.open.end()}});
    }
  }
  return taken;
}

}  // namespace logistics::storage
