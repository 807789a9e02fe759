#include <array>
#include <cstddef>
#include <filesystem>
#include <fstream>
#include <system_error>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_replace.h"
#include "app/settings/parts.hpp"

namespace logistics::app {
namespace {

constexpr std::size_t kSettingsFileBytesMax = std::size_t{1} << 20;
constexpr char kUtf8Mark[] = "\xEF\xBB\xBF";

}  // namespace

absl::StatusOr<std::string> ReadTextFile(const std::string& path) {
  std::error_code ignored;
  std::ifstream file(path, std::ios::binary);
  if (!file || std::filesystem::is_directory(path, ignored)) {
    return absl::NotFoundError(absl::StrCat(path, ": cannot be read"));
  }
  std::string text;
  std::array<char, 4096> part{};
  do {
    file.read(part.data(), part.size());
    text.append(part.data(), static_cast<std::size_t>(file.gcount()));
    if (text.size() > kSettingsFileBytesMax) {
      return absl::InvalidArgumentError(absl::StrCat(path, ": is larger than ", kSettingsFileBytesMax, " bytes"));
    }
  } while (file);
  if (file.bad()) return absl::UnavailableError(absl::StrCat(path, ": cannot be read"));
  // Also what UTF-16 and UTF-32 look like.
  if (text.find('\0') != std::string::npos) {
    return absl::InvalidArgumentError(absl::StrCat(path, ": is no text in UTF-8"));
  }
  if (absl::StartsWith(text, kUtf8Mark)) text.erase(0, sizeof kUtf8Mark - 1);
  return absl::StrReplaceAll(text, {{"\r\n", "\n"}});
}

}  // namespace logistics::app
