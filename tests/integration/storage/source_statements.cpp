#include "integration/storage/source_statements.hpp"

#include <cctype>
#include <filesystem>
#include <fstream>
#include <sstream>

namespace logistics::storage {
namespace {

constexpr std::string_view kDeclaration = "constexpr Statement ";

// A group numbers its parameters anew.
std::string WithoutNumbers(std::string_view sql) {
  std::string result;
  for (std::size_t i = 0; i < sql.size(); ++i) {
    result += sql[i];
    if (sql[i] != '$') continue;
    while (i + 1 < sql.size() && std::isdigit(static_cast<unsigned char>(sql[i + 1])) != 0) ++i;
  }
  return result;
}

// Reads the initializer from its { on: strings, and what separates them.
SourceStatement Parse(std::string_view source, std::size_t at) {
  SourceStatement statement;
  bool joins = false;  // the next string goes on with the last one
  bool named = false;
  int depth = 0;
  for (; at < source.size() && source[at] != '}'; ++at) {
    const char c = source[at];
    if (source.substr(at, 2) == "//") {
      at = source.find('\n', at);
    } else if (c == '(' || c == ')') {
      depth += c == '(' ? 1 : -1;  // arguments of a macro
      joins = false;
    } else if (c == '"') {
      std::string text;
      for (++at; source[at] != '"'; ++at) {
        if (source[at] == '\\') ++at;
        text += source[at];
      }
      if (depth > 0) continue;
      if (!named) {
        statement.name = text;
        named = true;
      } else if (joins) {
        statement.texts.back() += WithoutNumbers(text);
      } else {
        statement.texts.push_back(WithoutNumbers(text));
      }
      joins = !statement.texts.empty();
    } else if (std::isspace(static_cast<unsigned char>(c)) == 0) {
      joins = false;
      // A macro, or the comma behind the name.
      statement.begins_with_macro |= c != ',' && named && statement.texts.empty() && depth == 0;
    }
  }
  return statement;
}

}  // namespace

std::vector<SourceStatement> SourceStatements() {
  std::vector<SourceStatement> statements;
  for (const auto& entry : std::filesystem::recursive_directory_iterator(LOGISTICS_SOURCE_DIR "/src")) {
    const auto extension = entry.path().extension();
    if (extension != ".cpp" && extension != ".hpp") continue;
    std::ostringstream text;
    text << std::ifstream(entry.path()).rdbuf();
    const std::string source = text.str();
    for (std::size_t at = source.find(kDeclaration); at != std::string::npos; at = source.find(kDeclaration, at + 1)) {
      statements.push_back(Parse(source, source.find('{', at)));
    }
  }
  return statements;
}

bool Has(std::string_view query, const SourceStatement& statement) {
  const std::string text = WithoutNumbers(query);
  for (std::size_t begin = text.find(statement.texts.front()); begin != std::string::npos;
       begin = text.find(statement.texts.front(), begin + 1)) {
    // Not within another statement: alone, a part of a WITH, or the last of a group.
    const std::string_view before = std::string_view(text).substr(0, begin);
    const bool begins =
        before.find_first_not_of(' ') == std::string_view::npos || before.ends_with(" AS (") || before.ends_with(") ");
    if (!begins && !statement.begins_with_macro) continue;
    std::size_t at = begin;
    for (const std::string& part : statement.texts) {
      if (at != std::string::npos) at = text.find(part, at);
    }
    if (at != std::string::npos) return true;
  }
  return false;
}

}  // namespace logistics::storage
