#include "logistics/domain/saga_step.hpp"

#include <array>
#include <charconv>
#include <utility>

#include "absl/strings/str_cat.h"

namespace logistics::domain {
namespace {

using Kind = SagaStep::Kind;

struct Word {
  Kind kind;
  std::string_view name;
  bool of_item;
};
constexpr std::array<Word, 5> kWords = {{{Kind::kRelease, "release", false},
                                         {Kind::kReleaseAgain, "release_again", false},
                                         {Kind::kCommit, "commit", false},
                                         {Kind::kRestock, "restock", true},
                                         {Kind::kRestocking, "restocking", true}}};

}  // namespace

std::string SagaStepName(const SagaStep& step) {
  for (const Word& word : kWords) {
    if (word.kind != step.kind) continue;
    return word.of_item ? absl::StrCat(std::string(word.name), " ", step.item) : std::string(word.name);
  }
  return "unknown";
}

std::optional<SagaStep> SagaStepFromName(std::string_view name) {
  const std::size_t blank = name.find(' ');
  const bool has_item = blank != std::string_view::npos;
  for (const Word& word : kWords) {
    if (word.name != name.substr(0, blank) || word.of_item != has_item) continue;
    SagaStep step{word.kind, 0};
    if (!has_item) return step;
    const char* const end = name.data() + name.size();
    const auto parsed = std::from_chars(name.data() + blank + 1, end, step.item);
    if (parsed.ec != std::errc() || parsed.ptr != end) return std::nullopt;
    return step;
  }
  return std::nullopt;
}

}  // namespace logistics::domain
