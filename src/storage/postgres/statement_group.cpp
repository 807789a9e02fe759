#include "storage/postgres/statement_group.hpp"

#include <cctype>
#include <string_view>
#include <utility>

#include "absl/hash/hash.h"
#include "absl/strings/str_cat.h"

namespace logistics::storage {
namespace {

// The statement with each $n as $(n + offset).
std::string Renumbered(std::string_view sql, std::size_t offset) {
  std::string result;
  result.reserve(sql.size() + 32);
  for (std::size_t i = 0; i < sql.size(); ++i) {
    result += sql[i];
    if (sql[i] != '$') continue;
    std::size_t number = 0;
    while (i + 1 < sql.size() && std::isdigit(static_cast<unsigned char>(sql[i + 1])) != 0) {
      number = number * 10 + static_cast<std::size_t>(sql[++i] - '0');
    }
    absl::StrAppend(&result, number + offset);
  }
  return result;
}

}  // namespace

void StatementGroup::Add(const Statement& part, Params params) {
  if (!last_.empty()) absl::StrAppend(&with_, with_.empty() ? "WITH " : ", ", name_of_last_, " AS (", last_, ")");
  last_ = Renumbered(part.sql, params_.values().size());
  name_of_last_ = part.name;
  absl::StrAppend(&name_, name_.empty() ? "" : "+", part.name);
  params_.Append(std::move(params));
}

void StatementGroup::Run(Session& session) const {
  if (last_.empty()) return;
  // Postgres compares the first 63 characters of a prepared statement's name; the parts' names together have more.
  const std::string name = absl::StrCat("group_", absl::Hex(absl::HashOf(name_)));
  session.Execute(name, absl::StrCat(with_, " ", last_), params_);
}

}  // namespace logistics::storage
