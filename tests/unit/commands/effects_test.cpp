#include "logistics/commands/effects.hpp"

#include <gtest/gtest.h>

namespace logistics::commands {
namespace {

template <typename T>
void AddOne(std::vector<T>& rows) {
  rows.emplace_back();
}
template <typename K, typename V>
void AddOne(std::map<K, V>& rows) {
  rows.emplace();
}

// Runs `check` with each kind of effect by itself.
template <typename Check>
void ForEachKind(const Check& check) {
  [&]<std::size_t... kKind>(std::index_sequence<kKind...>) { (check.template operator()<kKind>(), ...); }
  (std::make_index_sequence<kEffectKinds>());
}

TEST(Effects, OneRowOfAnyKind_IsNotEmpty) {
  EXPECT_TRUE(Effects().empty());
  ForEachKind([]<std::size_t kKind>() {
    Effects effects;
    AddOne(std::get<kKind>(KindsOf(effects)));
    EXPECT_FALSE(effects.empty()) << "kind " << kKind;
  });
}

TEST(Effects, Merge_TakesOverEveryKind) {
  ForEachKind([]<std::size_t kKind>() {
    Effects effects;
    Effects later;
    AddOne(std::get<kKind>(KindsOf(later)));
    effects.Merge(std::move(later));
    EXPECT_EQ(std::get<kKind>(KindsOf(effects)).size(), 1U) << "kind " << kKind;
  });
}

TEST(Effects, Merge_KeepsTheOrderAndTheLatestLevel) {
  const domain::LevelKey key;
  Effects effects;
  effects.no_longer_waiting = {1, 2};
  effects.levels[key] = {key, {10, 1}, true};
  Effects later;
  later.no_longer_waiting = {3};
  later.levels[key] = {key, {9, 1}, true};
  effects.Merge(std::move(later));
  EXPECT_EQ(effects.no_longer_waiting, (std::vector<std::int64_t>{1, 2, 3}));
  EXPECT_EQ(effects.levels.at(key).level, (domain::StockLevel{9, 1}));
}

}  // namespace
}  // namespace logistics::commands
