#include "logistics/base/url.hpp"

#include <algorithm>
#include <charconv>
#include <cstddef>
#include <utility>

#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"

namespace logistics::base {
namespace {

constexpr std::string_view kSchemeEnd = "://";
constexpr int kPortMax = 65535;

absl::Status Invalid(const std::string& what) { return absl::InvalidArgumentError(what); }

// A text cut where its parts end; nothing is decoded.
struct RawUrl {
  std::string_view scheme;
  std::string_view user_info;  // with its '@'
  std::string_view hosts;
  std::optional<std::string_view> path;
  std::optional<std::string_view> query;
};

RawUrl Cut(std::string_view text) {
  RawUrl raw;
  const std::size_t scheme = text.find(kSchemeEnd);
  if (scheme != std::string_view::npos) {
    raw.scheme = text.substr(0, scheme);
    text.remove_prefix(scheme + kSchemeEnd.size());
  }
  const std::size_t at = text.substr(0, text.find('/')).rfind('@');
  if (at != std::string_view::npos) {
    raw.user_info = text.substr(0, at + 1);
    text.remove_prefix(at + 1);
  }
  if (const std::size_t query = text.find('?'); query != std::string_view::npos) {
    raw.query = text.substr(query + 1);
    text = text.substr(0, query);
  }
  const std::size_t slash = text.find('/');
  raw.hosts = text.substr(0, slash);
  if (slash != std::string_view::npos) raw.path = text.substr(slash + 1);
  return raw;
}

std::optional<std::string> PercentDecoded(std::string_view text) {
  std::string decoded;
  decoded.reserve(text.size());
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] != '%') {
      decoded += text[i];
      continue;
    }
    unsigned int value = 0;
    if (i + 2 >= text.size()) return std::nullopt;
    const char* const end = text.data() + i + 3;
    const auto [stopped, error] = std::from_chars(text.data() + i + 1, end, value, 16);
    if (error != std::errc() || stopped != end || value == 0) return std::nullopt;
    decoded += static_cast<char>(value);
    i += 2;
  }
  return decoded;
}

absl::Status ReadUser(std::string_view text, Url& url) {
  text.remove_suffix(1);  // the '@'
  const std::size_t colon = text.find(':');
  url.user = PercentDecoded(text.substr(0, colon));
  if (colon != std::string_view::npos) url.password = PercentDecoded(text.substr(colon + 1));
  if (url.user && url.password.has_value() == (colon != std::string_view::npos)) return absl::OkStatus();
  return Invalid("user or password has a broken percent code");
}

absl::StatusOr<Url::Host> ReadHost(std::string_view text) {
  Url::Host host;
  std::string_view name = text;
  std::string_view port;
  if (text.starts_with('[')) {
    const std::size_t close = text.find(']');
    if (close == std::string_view::npos) return Invalid("an IPv6 address lacks its closing bracket");
    host.bracketed = true;
    name = text.substr(1, close - 1);
    port = text.substr(close + 1);
    if (!port.empty() && port.front() != ':') return Invalid("only :port may follow an IPv6 address");
  } else if (const std::size_t colon = text.find(':'); colon != std::string_view::npos) {
    name = text.substr(0, colon);
    port = text.substr(colon);
  }
  std::optional<std::string> decoded = PercentDecoded(name);
  if (!decoded) return Invalid("the host has a broken percent code");
  if (!host.bracketed && decoded->find_first_of(":@") != std::string::npos) {
    return Invalid("the host has a sign that no host has, : or @");
  }
  host.name = *std::move(decoded);
  if (port.size() <= 1) return host;
  int number = 0;
  const char* const end = port.data() + port.size();
  const auto [stopped, error] = std::from_chars(port.data() + 1, end, number);
  if (error != std::errc() || stopped != end || number < 1 || number > kPortMax) {
    return Invalid(absl::StrCat("the port is not a number from 1 to ", kPortMax,
                                "; or an @ is missing between the password and the host"));
  }
  host.port = number;
  return host;
}

absl::Status ReadParameters(std::string_view query, Url& url) {
  for (const auto& piece : absl::StrSplit(absl::string_view(query.data(), query.size()), '&')) {
    const std::string_view text(piece.data(), piece.size());
    const std::size_t equals = text.find('=');
    if (equals == std::string_view::npos || equals == 0 || text.find('=', equals + 1) != std::string_view::npos) {
      return Invalid("behind the ? stands name=value, several joined by &");
    }
    std::optional<std::string> name = PercentDecoded(text.substr(0, equals));
    std::optional<std::string> value = PercentDecoded(text.substr(equals + 1));
    if (!name || !value) return Invalid("a parameter has a broken percent code");
    url.parameters.push_back({*std::move(name), *std::move(value)});
  }
  return absl::OkStatus();
}

bool BeginsUrl(std::string_view text) {
  const std::size_t scheme = text.find(kSchemeEnd);
  return scheme != std::string_view::npos && scheme > 0 &&
         std::all_of(text.begin(), text.begin() + static_cast<std::ptrdiff_t>(scheme),
                     [](unsigned char c) { return absl::ascii_isalnum(c) || c == '+' || c == '-' || c == '.'; });
}

}  // namespace

absl::StatusOr<Url> ParseUrl(std::string_view text) {
  const RawUrl raw = Cut(text);
  if (raw.scheme.empty()) return Invalid("the scheme is missing, as in scheme://host");
  Url url;
  url.scheme = std::string(raw.scheme);
  if (!raw.user_info.empty()) {
    if (absl::Status user = ReadUser(raw.user_info, url); !user.ok()) return user;
  }
  for (const auto& piece : absl::StrSplit(absl::string_view(raw.hosts.data(), raw.hosts.size()), ',')) {
    absl::StatusOr<Url::Host> host = ReadHost({piece.data(), piece.size()});
    if (!host.ok()) return host.status();
    url.hosts.push_back(*std::move(host));
  }
  if (raw.path) {
    url.path = PercentDecoded(*raw.path);
    if (!url.path) return Invalid("the path has a broken percent code");
  }
  if (raw.query && !raw.query->empty()) {
    if (absl::Status parameters = ReadParameters(*raw.query, url); !parameters.ok()) return parameters;
  }
  return url;
}

std::string_view RawUserInfo(std::string_view url) { return Cut(url).user_info; }

std::string WithParametersFirst(std::string_view url, std::string_view parameters) {
  const RawUrl raw = Cut(url);
  std::string text(url);
  if (!raw.query) return absl::StrCat(text, "?", std::string(parameters));
  const std::size_t query = url.size() - raw.query->size();
  return absl::StrCat(text.substr(0, query), std::string(parameters), raw.query->empty() ? "" : "&",
                      text.substr(query));
}

std::vector<std::string> SplitUrls(std::string_view text) {
  std::vector<std::string> urls;
  for (const auto& piece : absl::StrSplit(absl::string_view(text.data(), text.size()), ',')) {
    const std::string stripped(absl::StripAsciiWhitespace(piece));
    if (urls.empty() || BeginsUrl(stripped)) {
      urls.push_back(stripped);
    } else {
      absl::StrAppend(&urls.back(), ",", std::string(piece));
    }
  }
  return urls;
}

}  // namespace logistics::base
