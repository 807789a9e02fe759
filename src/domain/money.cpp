#include "logistics/domain/money.hpp"

#include <algorithm>
#include <array>
#include <charconv>
#include <cmath>
#include <iterator>
#include <limits>

#include "absl/strings/str_cat.h"
#include "logistics/domain/validation.hpp"

namespace logistics::domain {

// ISO 4217 list one (active codes) as published on 2026-01-01, sorted by code. Codes without a minor unit (metals,
// bond units, testing, "no currency") are not money that an order can be in.
struct CurrencyTable {
  static constexpr Currency kCurrencies[] = {
      {"AED", 2}, {"AFN", 2}, {"ALL", 2}, {"AMD", 2}, {"AOA", 2}, {"ARS", 2}, {"AUD", 2}, {"AWG", 2}, {"AZN", 2},
      {"BAM", 2}, {"BBD", 2}, {"BDT", 2}, {"BHD", 3}, {"BIF", 0}, {"BMD", 2}, {"BND", 2}, {"BOB", 2}, {"BOV", 2},
      {"BRL", 2}, {"BSD", 2}, {"BTN", 2}, {"BWP", 2}, {"BYN", 2}, {"BZD", 2}, {"CAD", 2}, {"CDF", 2}, {"CHE", 2},
      {"CHF", 2}, {"CHW", 2}, {"CLF", 4}, {"CLP", 0}, {"CNY", 2}, {"COP", 2}, {"COU", 2}, {"CRC", 2}, {"CUP", 2},
      {"CVE", 2}, {"CZK", 2}, {"DJF", 0}, {"DKK", 2}, {"DOP", 2}, {"DZD", 2}, {"EGP", 2}, {"ERN", 2}, {"ETB", 2},
      {"EUR", 2}, {"FJD", 2}, {"FKP", 2}, {"GBP", 2}, {"GEL", 2}, {"GHS", 2}, {"GIP", 2}, {"GMD", 2}, {"GNF", 0},
      {"GTQ", 2}, {"GYD", 2}, {"HKD", 2}, {"HNL", 2}, {"HTG", 2}, {"HUF", 2}, {"IDR", 2}, {"ILS", 2}, {"INR", 2},
      {"IQD", 3}, {"IRR", 2}, {"ISK", 0}, {"JMD", 2}, {"JOD", 3}, {"JPY", 0}, {"KES", 2}, {"KGS", 2}, {"KHR", 2},
      {"KMF", 0}, {"KPW", 2}, {"KRW", 0}, {"KWD", 3}, {"KYD", 2}, {"KZT", 2}, {"LAK", 2}, {"LBP", 2}, {"LKR", 2},
      {"LRD", 2}, {"LSL", 2}, {"LYD", 3}, {"MAD", 2}, {"MDL", 2}, {"MGA", 2}, {"MKD", 2}, {"MMK", 2}, {"MNT", 2},
      {"MOP", 2}, {"MRU", 2}, {"MUR", 2}, {"MVR", 2}, {"MWK", 2}, {"MXN", 2}, {"MXV", 2}, {"MYR", 2}, {"MZN", 2},
      {"NAD", 2}, {"NGN", 2}, {"NIO", 2}, {"NOK", 2}, {"NPR", 2}, {"NZD", 2}, {"OMR", 3}, {"PAB", 2}, {"PEN", 2},
      {"PGK", 2}, {"PHP", 2}, {"PKR", 2}, {"PLN", 2}, {"PYG", 0}, {"QAR", 2}, {"RON", 2}, {"RSD", 2}, {"RUB", 2},
      {"RWF", 0}, {"SAR", 2}, {"SBD", 2}, {"SCR", 2}, {"SDG", 2}, {"SEK", 2}, {"SGD", 2}, {"SHP", 2}, {"SLE", 2},
      {"SOS", 2}, {"SRD", 2}, {"SSP", 2}, {"STN", 2}, {"SVC", 2}, {"SYP", 2}, {"SZL", 2}, {"THB", 2}, {"TJS", 2},
      {"TMT", 2}, {"TND", 3}, {"TOP", 2}, {"TRY", 2}, {"TTD", 2}, {"TWD", 2}, {"TZS", 2}, {"UAH", 2}, {"UGX", 0},
      {"USD", 2}, {"USN", 2}, {"UYI", 0}, {"UYU", 2}, {"UYW", 4}, {"UZS", 2}, {"VED", 2}, {"VES", 2}, {"VND", 0},
      {"VUV", 0}, {"WST", 2}, {"XAD", 2}, {"XAF", 0}, {"XCD", 2}, {"XCG", 2}, {"XOF", 0}, {"XPF", 0}, {"YER", 2},
      {"ZAR", 2}, {"ZMW", 2}, {"ZWG", 2},
  };
};

namespace {

constexpr std::array<std::int64_t, 5> kMinorPerMajor = {1, 10, 100, 1'000, 10'000};
static_assert(kAmountMinorMax <= std::numeric_limits<std::int64_t>::max() / kMinorPerMajor.back(),
              "every amount can be told in the finest minor units");

// Of a total: 200 additions, each off by 2^-53 of the sum, stay below a quarter of it.
constexpr double kTotalNoiseMax = 1e-13;
constexpr double kToleranceMinorUnits = 0.1;

std::int64_t MinorPerMajor(const Currency& currency) {
  return kMinorPerMajor[static_cast<std::size_t>(currency.minor_digits())];
}

std::string ShortestForm(double value) {
  char buffer[32];
  const std::to_chars_result result = std::to_chars(std::begin(buffer), std::end(buffer), value);
  return {std::begin(buffer), result.ptr};
}

// Off by no more than `noise_max` of itself from a whole number of minor units.
absl::StatusOr<std::int64_t> WholeMinorUnits(double amount, const Currency& currency, double noise_max) {
  if (!std::isfinite(amount)) {
    return absl::InvalidArgumentError(absl::StrCat(ShortestForm(amount), " is not a finite number"));
  }
  if (amount < 0) return absl::InvalidArgumentError(absl::StrCat(ShortestForm(amount), " is negative"));
  const auto minor_per_major = static_cast<double>(MinorPerMajor(currency));
  const double minor = std::nearbyint(amount * minor_per_major);
  if (minor > static_cast<double>(kAmountMinorMax)) {
    return absl::InvalidArgumentError(absl::StrCat(ShortestForm(amount), " is above the limit of ",
                                                   DecimalString(kAmountMinorMax, currency), " ",
                                                   std::string(currency.code())));
  }
  const double tolerance = std::min(amount * noise_max, kToleranceMinorUnits / minor_per_major);
  if (std::abs(minor / minor_per_major - amount) > tolerance) {
    return absl::InvalidArgumentError(absl::StrCat(ShortestForm(amount), " is finer than the minor unit of ",
                                                   std::string(currency.code()), ", which has ",
                                                   currency.minor_digits(), " decimal digits"));
  }
  return static_cast<std::int64_t>(minor);
}

}  // namespace

std::optional<Currency> Currency::Find(std::string_view code) {
  const auto* const found =
      std::lower_bound(std::begin(CurrencyTable::kCurrencies), std::end(CurrencyTable::kCurrencies), code,
                       [](const Currency& currency, std::string_view wanted) { return currency.code() < wanted; });
  if (found == std::end(CurrencyTable::kCurrencies) || found->code() != code) return std::nullopt;
  return *found;
}

std::span<const Currency> Currency::All() { return CurrencyTable::kCurrencies; }

std::int64_t TenThousandthsPerMinorUnit(const Currency& currency) {
  return kMinorPerMajor.back() / MinorPerMajor(currency);
}

absl::StatusOr<std::int64_t> MinorUnitsFromDouble(double amount, const Currency& currency) {
  // At most 15 digits: each decimal of so few has its own double, which the division (of two exact numbers, correctly
  // rounded) finds. So nothing is left over exactly when the shortest decimal of `amount` has no digits below the minor
  // unit.
  return WholeMinorUnits(amount, currency, 0);
}

absl::StatusOr<std::int64_t> TotalMinorUnitsFromDouble(double total, const Currency& currency) {
  return WholeMinorUnits(total, currency, kTotalNoiseMax);
}

absl::StatusOr<std::int64_t> MinorUnitsFromDecimal(std::string_view text, const Currency& currency) {
  const auto refused = [&](const auto&... why) {
    return absl::InvalidArgumentError(absl::StrCat(Quoted(text), " ", why...));
  };
  const auto is_digit = [](char character) { return character >= '0' && character <= '9'; };
  const std::size_t point = text.find('.');
  const std::string_view whole = text.substr(0, point);
  const std::string_view fraction = point == std::string_view::npos ? std::string_view() : text.substr(point + 1);
  const bool is_number = !whole.empty() && std::all_of(whole.begin(), whole.end(), is_digit) &&
                         fraction.empty() == (point == std::string_view::npos) &&
                         std::all_of(fraction.begin(), fraction.end(), is_digit);
  if (!is_number) return refused("is not a decimal number such as 19.99");
  const auto minor_digits = static_cast<std::size_t>(currency.minor_digits());
  if (fraction.find_first_not_of('0', std::min(minor_digits, fraction.size())) != std::string_view::npos) {
    return refused("is finer than the minor unit of ", std::string(currency.code()), ", which has ", minor_digits,
                   " decimal digits");
  }
  std::int64_t minor_units = 0;
  const auto add_digit = [&](char digit) {
    // Stays above the limit once it is, and far below what would overflow.
    if (minor_units <= kAmountMinorMax) minor_units = minor_units * 10 + (digit - '0');
  };
  for (const char digit : whole) add_digit(digit);
  for (std::size_t i = 0; i < minor_digits; ++i) add_digit(i < fraction.size() ? fraction[i] : '0');
  if (minor_units > kAmountMinorMax) {
    return refused("is above the limit of ", DecimalString(kAmountMinorMax, currency), " ",
                   std::string(currency.code()));
  }
  return minor_units;
}

double DoubleFromMinorUnits(std::int64_t minor_units, const Currency& currency) {
  return static_cast<double>(minor_units) / static_cast<double>(MinorPerMajor(currency));
}

std::string DecimalString(std::int64_t minor_units, const Currency& currency) {
  // Written from the last digit on; the magnitude is unsigned, since that of the smallest int64 is no int64.
  char buffer[24];
  char* const end = std::end(buffer);
  char* begin = end;
  auto rest = static_cast<std::uint64_t>(minor_units);
  if (minor_units < 0) rest = 0 - rest;
  const int minor_digits = currency.minor_digits();
  for (int digits = 0; rest != 0 || digits <= minor_digits; ++digits) {
    if (digits == minor_digits && minor_digits != 0) *--begin = '.';
    *--begin = static_cast<char>('0' + rest % 10);
    rest /= 10;
  }
  if (minor_units < 0) *--begin = '-';
  return {begin, end};
}

}  // namespace logistics::domain
