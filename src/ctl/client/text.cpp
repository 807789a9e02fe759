#include "ctl/client/text.hpp"

#include <algorithm>
#include <optional>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/time/time.h"
#include "logistics/domain/identifier.hpp"
#include "logistics/domain/money.hpp"
#include "logistics/domain/order_status.hpp"

namespace logistics::ctl {
namespace {

// Characters, not bytes: continuation bytes of UTF-8 take no column.
std::size_t Width(const std::string& text) {
  return static_cast<std::size_t>(
      std::count_if(text.begin(), text.end(), [](char c) { return (static_cast<unsigned char>(c) & 0xC0) != 0x80; }));
}

}  // namespace

std::optional<QuotedName> TakeQuotedName(std::string_view text) {
  if (text.substr(0, 1) != "\"") return std::nullopt;
  std::string name;
  for (std::size_t i = 1; i < text.size(); ++i) {
    if (text[i] != '"') {
      name += text[i];
    } else if (text.substr(i, 2) == "\"\"") {
      name += '"';
      ++i;
    } else {
      if (name.empty() || text.substr(i, 2) != "\":") return std::nullopt;
      return QuotedName{std::move(name), text.substr(i + 2)};
    }
  }
  return std::nullopt;
}

std::string MoneyText(double amount, std::string_view currency) {
  const std::optional<domain::Currency> known = domain::Currency::Find(currency);
  const domain::Currency digits = known.value_or(domain::Currency());
  const absl::StatusOr<std::int64_t> minor = domain::MinorUnitsFromDouble(amount, digits);
  std::string text = minor.ok() ? domain::DecimalString(*minor, digits) : absl::StrCat(amount);
  if (!currency.empty()) absl::StrAppend(&text, " ", OneLine(currency));
  return text;
}

std::string TimeText(const google::protobuf::Timestamp& time) {
  if (time.seconds() == 0 && time.nanos() == 0) return "-";
  return absl::FormatTime("%Y-%m-%d %H:%M:%SZ", absl::FromUnixSeconds(time.seconds()), absl::UTCTimeZone());
}

std::string StatusText(::order::OrderStatus status) {
  if (!::order::OrderStatus_IsValid(status)) return absl::StrCat("status ", static_cast<int>(status));
  return std::string(domain::OrderStatusKey(static_cast<domain::OrderStatus>(status)));
}

Table::Table(std::vector<std::string> heads) {
  for (std::string& head : heads) {
    const bool right = !head.empty() && head.back() == '>';
    if (right) head.pop_back();
    right_.push_back(right);
  }
  rows_.push_back(std::move(heads));
}

void Table::Add(std::vector<std::string> cells) {
  for (std::string& cell : cells) cell = OneLine(cell);
  cells.resize(right_.size());
  rows_.push_back(std::move(cells));
}

std::string Table::ToString(std::string_view indent) const {
  std::vector<std::size_t> widths(right_.size(), 0);
  for (const auto& row : rows_) {
    for (std::size_t i = 0; i < row.size(); ++i) widths[i] = std::max(widths[i], Width(row[i]));
  }
  std::string text;
  for (const auto& row : rows_) {
    std::string line(indent);
    for (std::size_t i = 0; i < row.size(); ++i) {
      if (i > 0) line += "  ";
      const std::string padding(widths[i] - Width(row[i]), ' ');
      line += right_[i] ? padding + row[i] : row[i] + padding;
    }
    line.erase(line.find_last_not_of(' ') + 1);
    text += line + "\n";
  }
  return text;
}

}  // namespace logistics::ctl
