#include "storage/postgres/database_url.hpp"

#include <libpq-fe.h>

#include <memory>
#include <string_view>

#include "absl/strings/str_cat.h"
#include "logistics/base/url.hpp"

namespace logistics::storage {
namespace {

using Options = std::unique_ptr<PQconninfoOption, decltype(&PQconninfoFree)>;

absl::Status Invalid(const std::string& what) {
  return absl::InvalidArgumentError(absl::StrCat("database URL: ", what));
}

bool IsKnown(const std::string& parameter) {
  const Options known(PQconndefaults(), &PQconninfoFree);
  for (const PQconninfoOption* option = known.get(); option != nullptr && option->keyword != nullptr; ++option) {
    if (parameter == option->keyword) return true;
  }
  return parameter == "ssl";  // as JDBC says it; libpq reads ssl=true
}

}  // namespace

absl::Status CheckDatabaseUrl(const std::string& url) {
  const absl::StatusOr<base::Url> parsed = base::ParseUrl(url);
  if (!parsed.ok()) return Invalid(std::string(parsed.status().message()));
  // libpq takes the first '@' for the end of the password, and would look for a host with the rest in its name.
  const std::string_view user_info = base::RawUserInfo(url);
  if (user_info.find('@') + 1 < user_info.size()) return Invalid("an @ in the user or the password is written as %40");
  for (const base::Url::Parameter& parameter : parsed->parameters) {
    if (!IsKnown(parameter.name)) return Invalid(absl::StrCat("libpq does not know the parameter ", parameter.name));
  }
  const Options readable(PQconninfoParse(url.c_str(), nullptr), &PQconninfoFree);
  return readable ? absl::OkStatus() : Invalid("libpq cannot read it");
}

}  // namespace logistics::storage
