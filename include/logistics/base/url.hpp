// The one reader of the URLs of servers.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/statusor.h"

namespace logistics::base {

// scheme://[user[:password]@]host[:port][,host[:port]…][/path][?name=value[&name=value…]]
//
// The parts end where libpq ends them (https://www.postgresql.org/docs/current/libpq-connect.html, 34.1.1.2), so that
// psql and the daemon read one text alike: user and password end at the '@' before the path, so both may hold a '?'.
// Everything behind the scheme is percent-decoded here.
struct Url {
  struct Host {
    std::string name;  // may be empty; an IPv6 address without its brackets
    bool bracketed = false;
    std::optional<int> port;  // 1-65535
  };
  struct Parameter {
    std::string name;
    std::string value;
  };

  std::string scheme;  // as written
  std::optional<std::string> user;
  std::optional<std::string> password;
  std::vector<Host> hosts;          // at least one
  std::optional<std::string> path;  // behind the slash
  std::vector<Parameter> parameters;
};

// INVALID_ARGUMENT says what is wrong and repeats nothing of the text, which may be a password.
absl::StatusOr<Url> ParseUrl(std::string_view text);

// A text's user and password as they stand there, with the '@' behind them; empty = none.
std::string_view RawUserInfo(std::string_view url);

// `url` with parameters ("a=b&c=d") before its own: where a name comes twice, the later one counts for libpq.
std::string WithParametersFirst(std::string_view url, std::string_view parameters);

// Several URLs, separated by commas and blanks. A comma that no scheme follows belongs to the URL before it.
std::vector<std::string> SplitUrls(std::string_view text);

}  // namespace logistics::base
