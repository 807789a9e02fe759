#pragma once

#include <gtest/gtest.h>

#include <cstdint>
#include <cstdlib>
#include <random>
#include <string>

namespace logistics::fakes {

// The seed of a random test: LOGISTICS_TEST_SEED to replay a failure, else a new one. Recorded in the test's
// properties; put it into a SCOPED_TRACE too, so that it stands beside the failure.
inline std::uint64_t TestSeed() {
  const char* const wanted = std::getenv("LOGISTICS_TEST_SEED");
  const std::uint64_t seed = wanted != nullptr ? std::strtoull(wanted, nullptr, 10) : std::random_device()();
  testing::Test::RecordProperty("seed", std::to_string(seed));
  return seed;
}

}  // namespace logistics::fakes
