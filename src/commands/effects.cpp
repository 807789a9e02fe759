#include "logistics/commands/effects.hpp"

#include <iterator>

namespace logistics::commands {
namespace {

template <typename T>
void Append(std::vector<T>& rows, std::vector<T>&& later) {
  rows.insert(rows.end(), std::make_move_iterator(later.begin()), std::make_move_iterator(later.end()));
}

template <typename K, typename V>
void Append(std::map<K, V>& rows, std::map<K, V>&& later) {
  for (auto& [key, row] : later) rows.insert_or_assign(key, std::move(row));
}

}  // namespace

bool Effects::empty() const {
  return std::apply([](const auto&... rows) { return (rows.empty() && ...); }, KindsOf(*this));
}

void Effects::Merge(Effects&& later) {
  const auto mine = KindsOf(*this);
  const auto theirs = KindsOf(later);
  [&]<std::size_t... kPlace>(std::index_sequence<kPlace...>) {
    (Append(std::get<kPlace>(mine), std::move(std::get<kPlace>(theirs))), ...);
  }
  (std::make_index_sequence<kEffectKinds>());
}

}  // namespace logistics::commands
