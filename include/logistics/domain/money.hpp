// Exact money: whole minor units of an ISO 4217 currency. Doubles exist on the wire only (contract §1).
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "absl/status/statusor.h"

namespace logistics::domain {

// The largest amount of one price, line or order, in minor units: 10^14, so that every amount is a double
// with its exact shortest decimal form, and sums of all lines of an order stay far inside int64.
inline constexpr std::int64_t kAmountMinorMax = 100'000'000'000'000;

// An active ISO 4217 currency. Value type.
class Currency {
 public:
  // US dollar.
  constexpr Currency() = default;

  // `code` is the three-letter code in upper case; nullopt when ISO 4217 has no such active currency.
  static std::optional<Currency> Find(std::string_view code);

  // All of them, sorted by code.
  static std::span<const Currency> All();

  std::string_view code() const { return {code_, 3}; }
  // Digits after the decimal point: 0 (JPY) to 4 (CLF).
  int minor_digits() const { return minor_digits_; }

  friend bool operator==(const Currency& a, const Currency& b) { return a.code() == b.code(); }

 private:
  constexpr Currency(const char (&code)[4], int minor_digits)
      : code_{code[0], code[1], code[2]}, minor_digits_(minor_digits) {}
  friend struct CurrencyTable;

  char code_[3] = {'U', 'S', 'D'};
  int minor_digits_ = 2;
};

// Minor units of the decimal number that `amount` is the double of (its shortest round-trip form: 19.99 is 1999 cents).
// INVALID_ARGUMENT, with the value and the limit in the message, when the amount is negative, not finite, above
// kAmountMinorMax, or finer than the currency's minor unit.
absl::StatusOr<std::int64_t> MinorUnitsFromDouble(double amount, const Currency& currency);

// How many ten-thousandths, the finest minor unit there is, make one minor unit of the currency.
std::int64_t TenThousandthsPerMinorUnit(const Currency& currency);

// An amount on one scale for all currencies, in ten-thousandths: compares as the decimal numbers do. `minor_units` is
// within kAmountMinorMax.
inline std::int64_t TenThousandths(std::int64_t minor_units, const Currency& currency) {
  return minor_units * TenThousandthsPerMinorUnit(currency);
}

// The nearest double; MinorUnitsFromDouble gives the same minor units back.
double DoubleFromMinorUnits(std::int64_t minor_units, const Currency& currency);

// The same for a total that a client worked out itself: what double arithmetic leaves (3 * 0.1 is 0.30000000000000004)
// is forgiven, up to one part in 10^13 and a tenth of a minor unit.
absl::StatusOr<std::int64_t> TotalMinorUnitsFromDouble(double total, const Currency& currency);

// Minor units of a decimal number as text: "19.99", "19.9", "1200". The inverse of DecimalString for what is not
// negative. INVALID_ARGUMENT, with the value in the message, for anything else than digits with at most one point
// between them, for more than kAmountMinorMax and for digits (other than 0) below the currency's minor unit.
absl::StatusOr<std::int64_t> MinorUnitsFromDecimal(std::string_view text, const Currency& currency);

// "19.99", "1200" (JPY), "-0.50": always all digits of the currency's minor unit, never an exponent.
std::string DecimalString(std::int64_t minor_units, const Currency& currency);

}  // namespace logistics::domain
