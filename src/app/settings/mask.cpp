#include "app/settings/mask.hpp"

#include <algorithm>
#include <array>
#include <cstddef>
#include <string_view>
#include <vector>

#include "absl/strings/ascii.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/strings/str_split.h"
#include "logistics/base/url.hpp"

namespace logistics::app {
namespace {

constexpr char kMask[] = "***";
constexpr std::string_view kEncodedColon = "%3a";

// Parts of the names of parameters that hold secrets: sslpassword, scram_client_key, oauth_client_secret.
constexpr std::array<std::string_view, 8> kSecretNames = {"password", "passwd", "passphrase", "pwd",
                                                          "secret",   "token",  "client_key", "server_key"};

std::string Lower(const std::string& text) { return absl::AsciiStrToLower(text); }

// Percent codes that are broken stay.
std::string LooselyDecoded(const std::string& text) {
  std::string decoded;
  for (std::size_t i = 0; i < text.size(); ++i) {
    int value = 0;
    if (text[i] == '%' && i + 2 < text.size() && absl::SimpleHexAtoi(text.substr(i + 1, 2), &value)) {
      decoded += static_cast<char>(value);
      i += 2;
    } else {
      decoded += text[i];
    }
  }
  return decoded;
}

bool NamesSecret(const std::string& text) {
  const std::string lower = Lower(LooselyDecoded(text));
  return std::any_of(kSecretNames.begin(), kSecretNames.end(),
                     [&](std::string_view name) { return lower.find(name) != std::string::npos; });
}

// ?password=…&sslpassword=…
std::string MaskParameters(const std::string& url) {
  const std::size_t query = url.find('?');
  if (query == std::string::npos) return url;
  std::vector<std::string> parameters = absl::StrSplit(url.substr(query + 1), '&');
  for (std::string& parameter : parameters) {
    if (!NamesSecret(parameter)) continue;
    const std::size_t equals = parameter.find('=');
    const bool named = equals != std::string::npos && NamesSecret(parameter.substr(0, equals));
    parameter = named ? parameter.substr(0, equals + 1) + kMask : kMask;
  }
  return url.substr(0, query + 1) + absl::StrJoin(parameters, "&");
}

// Where a colon ends, be it encoded; npos without one.
std::size_t BehindColon(const std::string& text) {
  const std::size_t plain = text.find(':');
  const std::size_t encoded = Lower(text).find(kEncodedColon);
  if (plain == std::string::npos && encoded == std::string::npos) return plain;
  return plain < encoded ? plain + 1 : encoded + kEncodedColon.size();
}

bool IsPort(const std::string& text) {
  int port = 0;
  return text.empty() || (std::all_of(text.begin(), text.end(), absl::ascii_isdigit) && absl::SimpleAtoi(text, &port) &&
                          port > 0 && port <= 65535);
}

// Without an '@', the text behind a colon is a port, or a password whose '@' and host are missing.
std::string MaskNoPorts(const std::string& rest) {
  const std::size_t end = std::min(rest.find_first_of("/?"), rest.size());
  std::size_t from = 0;
  for (const auto& piece : absl::StrSplit(rest.substr(0, end), ',')) {
    const std::string host(piece);
    const std::size_t bracket = host.starts_with('[') ? host.find(']') : std::string::npos;
    const std::size_t name_end = bracket == std::string::npos ? 0 : bracket;
    const std::size_t colon = BehindColon(host.substr(name_end));
    if (colon != std::string::npos && !IsPort(host.substr(name_end + colon))) {
      return rest.substr(0, from + name_end + colon) + kMask;
    }
    from += host.size() + 1;
  }
  return rest;
}

// The user part ends at the last '@': a password that holds an unescaped '@' or '/' must not slip through.
std::string MaskUserInfo(const std::string& url, TextKind kind) {
  const std::size_t scheme = url.find("://");
  const std::size_t begin = scheme == std::string::npos ? 0 : scheme + 3;
  const std::string head = url.substr(0, begin);
  const std::string rest = url.substr(begin);
  const std::size_t at = rest.rfind('@');
  if (at == std::string::npos) {
    return begin > 0 || kind == TextKind::kUrl ? absl::StrCat(head, MaskNoPorts(rest)) : url;
  }
  const std::size_t colon = BehindColon(rest.substr(0, at));
  return colon == std::string::npos ? url : absl::StrCat(head, rest.substr(0, colon), kMask, rest.substr(at));
}

// Where the next name=value pair begins, or the text ends.
std::size_t NextPair(const std::string& text, std::size_t from) {
  for (std::size_t equals = text.find('=', from); equals != std::string::npos; equals = text.find('=', equals + 1)) {
    const std::size_t name_end = text.find_last_not_of(' ', equals - 1);
    if (name_end == std::string::npos) continue;
    const std::size_t before = text.find_last_of(" ;&", name_end);
    if (before != std::string::npos && before >= from) return before;
  }
  return text.size();
}

// host=db password='Top Secret', as libpq and others take it.
std::string MaskPairs(const std::string& text) {
  std::string masked;
  for (std::size_t from = 0; from < text.size();) {
    const std::size_t equals = text.find('=', from);
    if (equals == std::string::npos) return masked + text.substr(from);
    std::size_t end = NextPair(text, equals + 1);
    const std::string name = text.substr(from, equals - from);
    const std::size_t value = text.find_first_not_of(' ', equals + 1);
    if (value != std::string::npos && (text[value] == '\'' || text[value] == '"')) {
      std::size_t quote = value + 1;
      while (quote < text.size() && text[quote] != text[value]) quote += text[quote] == '\\' ? 2 : 1;
      end = std::min(quote + 1, text.size());
    }
    masked += NamesSecret(name) ? absl::StrCat(name, "=", kMask) : text.substr(from, end - from);
    from = end;
  }
  return masked;
}

}  // namespace

std::string MaskPasswords(const std::string& text, TextKind kind) {
  const bool pairs = text.find("://") == std::string::npos && text.find('=') != std::string::npos;
  std::vector<std::string> urls = base::SplitUrls(pairs ? MaskPairs(text) : text);
  for (std::string& url : urls) url = MaskUserInfo(MaskParameters(url), kind);
  return absl::StrJoin(urls, ",");
}

}  // namespace logistics::app
