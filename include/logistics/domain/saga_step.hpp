// The steps by which a peer that keeps the stock learns of the end of a reservation.
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>

namespace logistics::domain {

struct SagaStep {
  enum class Kind {
    kRelease,
    kReleaseAgain,  // the same call, a grace period after the first
    kCommit,
    kRestock,     // puts back one item of the reservation; not idempotent
    kRestocking,  // was sent, and its sender did not come back with the answer
  };
  Kind kind = Kind::kRelease;
  std::size_t item = 0;  // kRestock, kRestocking: which item of the reservation, from 0
  friend bool operator==(const SagaStep&, const SagaStep&) = default;
};

// "release", "release_again", "commit", "restock 0", "restocking 0": the settlements table's words.
std::string SagaStepName(const SagaStep& step);

// nullopt: not a step, or a restock without its item.
std::optional<SagaStep> SagaStepFromName(std::string_view name);

}  // namespace logistics::domain
