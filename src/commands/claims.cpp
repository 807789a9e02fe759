#include "commands/claims.hpp"

#include "absl/strings/str_cat.h"
#include "logistics/domain/errors.hpp"
#include "logistics/domain/validation.hpp"

namespace logistics::commands {

absl::Status LostClaim(Claim claim, const std::string& what) {
  if (claim == Claim::kLostGone) {
    return domain::RetryLaterError(absl::StatusCode::kUnavailable, absl::StrCat(what, " is being decided, try again"),
                                   absl::Milliseconds(100));
  }
  return absl::AlreadyExistsError(what);
}

absl::Status LostKey(Claim claim, const domain::NewOrder& order) {
  return LostClaim(claim, absl::StrCat("idempotency_key ", domain::Quoted(order.idempotency_key),
                                       " of this customer made another order"));
}

absl::Status CheckNewName(const char* field, const std::string& name) {
  domain::FieldChecker fields;
  fields.Identifier(field, name, name.size());
  return fields.ToStatus();
}

}  // namespace logistics::commands
