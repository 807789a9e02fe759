// Matchers for absl::Status and StatusOr: EXPECT_THAT(store.Get(id), IsOkAndHolds(...)).
#pragma once

#include <gmock/gmock.h>

#include <ostream>
#include <type_traits>
#include <utility>

#include "absl/status/status.h"
#include "absl/status/statusor.h"

namespace logistics::fakes {

// What the state of things does not allow.
inline constexpr absl::StatusCode kRefused = absl::StatusCode::kFailedPrecondition;

inline const absl::Status& StatusOf(const absl::Status& status) { return status; }
template <typename T>
const absl::Status& StatusOf(const absl::StatusOr<T>& result) {
  return result.status();
}

MATCHER(IsOk, negation ? "is not OK" : "is OK") {
  *result_listener << "which is " << StatusOf(arg).ToString();
  return StatusOf(arg).ok();
}

MATCHER_P(StatusIs, code,
          std::string(negation ? "has not the code " : "has the code ") + absl::StatusCodeToString(code)) {
  *result_listener << "which is " << StatusOf(arg).ToString();
  return StatusOf(arg).code() == code;
}

// The code, and a message that matches.
MATCHER_P2(StatusIs, code, message_matcher,
           std::string(negation ? "has not the code " : "has the code ") + absl::StatusCodeToString(code) +
               " with a matching message") {
  *result_listener << "which is " << StatusOf(arg).ToString();
  return StatusOf(arg).code() == code &&
         testing::ExplainMatchResult(message_matcher, std::string(StatusOf(arg).message()), result_listener);
}

MATCHER_P(IsOkAndHolds, value_matcher, "is OK and holds a value that matches") {
  if (!arg.ok()) {
    *result_listener << "which is " << arg.status().ToString();
    return false;
  }
  return testing::ExplainMatchResult(value_matcher, *arg, result_listener);
}

}  // namespace logistics::fakes

#define LOGISTICS_FAKES_CONCAT_INNER(a, b) a##b
#define LOGISTICS_FAKES_CONCAT(a, b) LOGISTICS_FAKES_CONCAT_INNER(a, b)

// ASSERT_OK_AND_ASSIGN(const Order order, store.Get(id, context)): ends the test when the call fails.
#define ASSERT_OK_AND_ASSIGN(declaration, expression) \
  ASSERT_OK_AND_ASSIGN_INNER(LOGISTICS_FAKES_CONCAT(status_or_, __LINE__), declaration, expression)
#define ASSERT_OK_AND_ASSIGN_INNER(result, declaration, expression) \
  auto result = (expression);                                       \
  ASSERT_THAT(result, ::logistics::fakes::IsOk());                  \
  declaration = *std::move(result)
