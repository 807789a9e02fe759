#pragma once

#include <cstdint>
#include <mutex>
#include <random>

#include "logistics/domain/ids.hpp"
#include "logistics/ports/clock.hpp"
#include "logistics/ports/id_generator.hpp"

namespace logistics::app {

// RFC 9562 §5.7 with §6.2 method 1: 48 bits of Unix milliseconds, a 12-bit counter within the millisecond, 62 random
// bits. Ids of one generator never sink, also when the clock is set back or the counter runs over (it then borrows from
// the next millisecond). Randomness comes from the system at each construction; two replicas do not collide.
class UuidV7Generator final : public ports::IdGenerator {
 public:
  explicit UuidV7Generator(const ports::Clock& clock);
  domain::Uuid NewId() override;

 private:
  const ports::Clock& clock_;
  std::mutex mutex_;
  std::mt19937_64 random_;          // guarded by mutex_
  std::uint64_t last_time_ms_ = 0;  // guarded by mutex_
  std::uint16_t counter_ = 0;       // guarded by mutex_
};

}  // namespace logistics::app
