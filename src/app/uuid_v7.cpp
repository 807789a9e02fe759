#include "app/uuid_v7.hpp"

#include <algorithm>
#include <array>
#include <functional>

namespace logistics::app {
namespace {

constexpr std::uint16_t kCounterMax = 0x0FFF;

std::mt19937_64 SeededFromSystem() {
  std::random_device device;
  std::array<std::uint32_t, 8> seed{};
  std::generate(seed.begin(), seed.end(), std::ref(device));
  std::seed_seq sequence(seed.begin(), seed.end());
  return std::mt19937_64(sequence);
}

}  // namespace

UuidV7Generator::UuidV7Generator(const ports::Clock& clock) : clock_(clock), random_(SeededFromSystem()) {}

domain::Uuid UuidV7Generator::NewId() {
  const auto now_ms = static_cast<std::uint64_t>(std::max<std::int64_t>(0, absl::ToUnixMillis(clock_.Now())));
  std::uint64_t time_ms = 0;
  std::uint64_t counter = 0;
  std::uint64_t random = 0;
  {
    const std::lock_guard lock(mutex_);
    if (now_ms > last_time_ms_) {
      last_time_ms_ = now_ms;
      counter_ = 0;
    } else if (counter_ == kCounterMax) {
      ++last_time_ms_;
      counter_ = 0;
    } else {
      ++counter_;
    }
    time_ms = last_time_ms_;
    counter = counter_;
    random = random_();
  }
  const std::uint64_t high = (time_ms << 16) | 0x7000U | counter;
  const std::uint64_t low = (random & 0x3FFFFFFFFFFFFFFFULL) | 0x8000000000000000ULL;
  domain::Uuid::Bytes bytes{};
  for (std::size_t i = 0; i < 8; ++i) {
    bytes[i] = static_cast<std::uint8_t>(high >> (56 - 8 * i));
    bytes[8 + i] = static_cast<std::uint8_t>(low >> (56 - 8 * i));
  }
  return domain::Uuid(bytes);
}

}  // namespace logistics::app
