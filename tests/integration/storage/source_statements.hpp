// The statements that the sources prepare.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace logistics::storage {

struct SourceStatement {
  std::string name;
  bool begins_with_macro = false;
  std::vector<std::string> texts = {};  // its SQL as far as it is written out: macros stand between
};

// Every `constexpr Statement` of the sources.
std::vector<SourceStatement> SourceStatements();

// Whether the query is the statement, alone or as a part of a group.
bool Has(std::string_view query, const SourceStatement& statement);

}  // namespace logistics::storage
