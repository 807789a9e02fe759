// Text for people.
#pragma once

#include <google/protobuf/timestamp.pb.h>

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "logistics/domain/identifier.hpp"
#include "order.pb.h"

namespace logistics::ctl {

// `text` with control characters, and those that cannot be seen, escaped: text of a server must not control the
// terminal.
inline std::string OneLine(std::string_view text) { return domain::ShownText(text); }
// The same for a SKU, a key or another name: whatever makes it look like another name is escaped too.
inline std::string Named(std::string_view name) { return domain::ShownIdentifier(name); }

// A name in double quotes, one of which is written twice inside them, at the head of NAME:REST.
struct QuotedName {
  std::string name;
  std::string_view rest;  // behind the colon
};
// nullopt: `text` does not begin so.
std::optional<QuotedName> TakeQuotedName(std::string_view text);

// "19.99 USD" with the digits of the currency; without a currency the number alone.
std::string MoneyText(double amount, std::string_view currency);

// "2024-05-01 12:00:00Z"; "-" when unset.
std::string TimeText(const google::protobuf::Timestamp& time);

// "pending".
std::string StatusText(::order::OrderStatus status);

// Columns aligned by their widest cell; those whose head ends in '>' to the right.
class Table {
 public:
  explicit Table(std::vector<std::string> heads);
  void Add(std::vector<std::string> cells);
  std::string ToString(std::string_view indent = "") const;

 private:
  std::vector<std::vector<std::string>> rows_;  // the first: the heads
  std::vector<bool> right_;
};

}  // namespace logistics::ctl
