#include "app/settings/mask.hpp"

#include <algorithm>
#include <cctype>
#include <cstddef>
#include <string>
#include <vector>

#include "absl/strings/str_join.h"
#include "absl/strings/str_split.h"

namespace logistics::app {
namespace {

constexpr char kMask[] = "***";

std::string Lower(std::string text) {
  std::transform(text.begin(), text.end(), text.begin(),
                 [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
  return text;
}

// The user part ends at the last '@': a password that holds an unescaped '@' or '/' must not slip through.
std::string MaskUserInfo(const std::string& url) {
  const std::size_t at = url.rfind('@');
  if (at == std::string::npos) return url;
  const std::size_t scheme = url.find("://");
  const std::size_t user = scheme == std::string::npos || scheme > at ? 0 : scheme + 3;
  const std::size_t colon = url.find(':', user);
  if (colon == std::string::npos || colon > at) return url;
  return url.substr(0, colon + 1) + kMask + url.substr(at);
}

// password=…, sslpassword=… and the like, up to the next separator.
std::string MaskParameters(const std::string& url) {
  const std::string lower = Lower(url);
  std::string masked;
  std::size_t from = 0;
  for (std::size_t found = lower.find("password="); found != std::string::npos; found = lower.find("password=", from)) {
    const std::size_t value = found + std::string("password=").size();
    masked += url.substr(from, value - from) + kMask;
    from = std::min(url.size(), url.find_first_of("& ", value));
  }
  return masked + url.substr(from);
}

}  // namespace

std::string MaskPasswords(const std::string& text) {
  // A comma inside a password would cut it in two, of which the first has no '@': so split only where a URL begins.
  std::vector<std::string> urls;
  for (const auto& piece : absl::StrSplit(text, ',')) {
    std::string part(piece);
    if (urls.empty() || part.find("://") != std::string::npos) {
      urls.push_back(std::move(part));
    } else {
      urls.back() += "," + part;
    }
  }
  for (std::string& url : urls) url = MaskParameters(MaskUserInfo(url));
  return absl::StrJoin(urls, ",");
}

}  // namespace logistics::app
