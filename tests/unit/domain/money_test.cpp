#include "logistics/domain/money.hpp"

#include <gmock/gmock.h>

#include <array>
#include <charconv>
#include <cmath>
#include <limits>
#include <random>

#include "fakes/seed.hpp"
#include "fakes/status_matchers.hpp"

namespace logistics::domain {
namespace {

using fakes::IsOkAndHolds;
using fakes::StatusIs;
using testing::HasSubstr;

constexpr auto kInvalid = absl::StatusCode::kInvalidArgument;

Currency Of(std::string_view code) { return Currency::Find(code).value(); }

std::vector<Currency> AllCurrencies() {
  std::vector<Currency> all;
  std::string code(3, 'A');
  for (code[0] = 'A'; code[0] <= 'Z'; ++code[0]) {
    for (code[1] = 'A'; code[1] <= 'Z'; ++code[1]) {
      for (code[2] = 'A'; code[2] <= 'Z'; ++code[2]) {
        if (const auto currency = Currency::Find(code)) all.push_back(*currency);
      }
    }
  }
  return all;
}

// The same question answered by text: the digits of the shortest decimal that reads back as `amount`.
std::optional<std::int64_t> MinorUnitsByText(double amount, int minor_digits) {
  std::array<char, 400> buffer;
  const auto written = std::to_chars(buffer.data(), buffer.data() + buffer.size(), amount, std::chars_format::fixed);
  std::string digits(buffer.data(), written.ptr);
  const std::size_t point = digits.find('.');
  std::string fraction = point == std::string::npos ? "" : digits.substr(point + 1);
  const auto wanted = static_cast<std::size_t>(minor_digits);
  if (fraction.size() > wanted) return std::nullopt;
  fraction.resize(wanted, '0');
  digits = digits.substr(0, point) + fraction;
  std::int64_t minor = 0;
  std::from_chars(digits.data(), digits.data() + digits.size(), minor);
  return minor;
}

TEST(Currency, Find_KnowsTheActiveCodesWithTheirDigits) {
  EXPECT_EQ(Of("USD").minor_digits(), 2);
  EXPECT_EQ(Of("EUR").minor_digits(), 2);
  EXPECT_EQ(Of("JPY").minor_digits(), 0);
  EXPECT_EQ(Of("KRW").minor_digits(), 0);
  EXPECT_EQ(Of("KWD").minor_digits(), 3);
  EXPECT_EQ(Of("TND").minor_digits(), 3);
  EXPECT_EQ(Of("CLF").minor_digits(), 4);
  EXPECT_EQ(Of("UYW").minor_digits(), 4);
  EXPECT_EQ(Of("ZWG").code(), "ZWG");
  EXPECT_EQ(Of("AED").code(), "AED");
  EXPECT_EQ(AllCurrencies().size(), 165U);
  EXPECT_EQ(Currency(), Of("USD"));
}

TEST(Currency, Find_AnythingElse_IsNone) {
  for (const char* code : {"", "US", "USDX", "usd", "ABC", "XXX", "XTS", "XAU", "DEM", "HRK", "AAA", "ZZZ"}) {
    EXPECT_FALSE(Currency::Find(code)) << code;
  }
}

TEST(MinorUnitsFromDouble, DecimalsThatDoublesOnlyApproach_AreExact) {
  EXPECT_THAT(MinorUnitsFromDouble(19.99, Of("USD")), IsOkAndHolds(1999));
  EXPECT_THAT(MinorUnitsFromDouble(0.1, Of("USD")), IsOkAndHolds(10));
  EXPECT_THAT(MinorUnitsFromDouble(1.15, Of("USD")), IsOkAndHolds(115));
  EXPECT_THAT(MinorUnitsFromDouble(8.41, Of("EUR")), IsOkAndHolds(841));
  EXPECT_THAT(MinorUnitsFromDouble(1200, Of("JPY")), IsOkAndHolds(1200));
  EXPECT_THAT(MinorUnitsFromDouble(0.001, Of("KWD")), IsOkAndHolds(1));
  EXPECT_THAT(MinorUnitsFromDouble(0.0001, Of("CLF")), IsOkAndHolds(1));
  EXPECT_THAT(MinorUnitsFromDouble(0, Of("USD")), IsOkAndHolds(0));
  EXPECT_THAT(MinorUnitsFromDouble(-0.0, Of("USD")), IsOkAndHolds(0));
}

TEST(MinorUnitsFromDouble, WrongAmounts_AreRefusedWithTheValueAndTheLimit) {
  const double infinity = std::numeric_limits<double>::infinity();
  EXPECT_THAT(MinorUnitsFromDouble(-0.01, Of("USD")), StatusIs(kInvalid, HasSubstr("-0.01 is negative")));
  EXPECT_THAT(MinorUnitsFromDouble(std::nan(""), Of("USD")), StatusIs(kInvalid, HasSubstr("nan")));
  EXPECT_THAT(MinorUnitsFromDouble(infinity, Of("USD")), StatusIs(kInvalid, HasSubstr("inf is not a finite number")));
  EXPECT_THAT(MinorUnitsFromDouble(-infinity, Of("USD")), StatusIs(kInvalid, HasSubstr("-inf")));
  EXPECT_THAT(MinorUnitsFromDouble(19.999, Of("USD")), StatusIs(kInvalid, HasSubstr("19.999 is finer than")));
  EXPECT_THAT(MinorUnitsFromDouble(0.5, Of("JPY")), StatusIs(kInvalid, HasSubstr("JPY, which has 0 decimal digits")));
  EXPECT_THAT(MinorUnitsFromDouble(5e-324, Of("USD")), StatusIs(kInvalid, HasSubstr("finer")));
  EXPECT_THAT(MinorUnitsFromDouble(std::numeric_limits<double>::max(), Of("CLF")),
              StatusIs(kInvalid, HasSubstr("above the limit of 10000000000.0000 CLF")));
}

TEST(MinorUnitsFromDouble, TheLimit_IsTheLastThatIsAllowed) {
  for (const Currency& currency : AllCurrencies()) {
    const double limit = DoubleFromMinorUnits(kAmountMinorMax, currency);
    EXPECT_THAT(MinorUnitsFromDouble(limit, currency), IsOkAndHolds(kAmountMinorMax)) << currency.code();
    const double over = DoubleFromMinorUnits(kAmountMinorMax + 1, currency);
    EXPECT_THAT(MinorUnitsFromDouble(over, currency), StatusIs(kInvalid)) << currency.code();
  }
}

TEST(MinorUnitsFromDouble, AnyAmountOfAnyCurrency_ComesBackFromItsDouble) {
  const std::uint64_t seed = fakes::TestSeed();
  SCOPED_TRACE(seed);
  std::mt19937_64 random(seed);
  for (const Currency& currency : AllCurrencies()) {
    for (int run = 0; run < 500; ++run) {
      // All magnitudes, not only the largest.
      const std::int64_t limit = std::min(kAmountMinorMax, std::int64_t{1} << (run % 48));
      const std::int64_t minor = std::uniform_int_distribution<std::int64_t>(0, limit)(random);
      EXPECT_THAT(MinorUnitsFromDouble(DoubleFromMinorUnits(minor, currency), currency), IsOkAndHolds(minor))
          << currency.code();
    }
  }
}

TEST(MinorUnitsFromDouble, AnyDouble_IsJudgedAsItsShortestDecimalForm) {
  const std::uint64_t seed = fakes::TestSeed();
  SCOPED_TRACE(seed);
  std::mt19937_64 random(seed);
  for (const char* code : {"JPY", "USD", "KWD", "CLF"}) {
    const Currency currency = Of(code);
    for (int run = 0; run < 20'000; ++run) {
      // Around whole minor units, a few doubles up or down: where a rounding mistake would show.
      const auto minor =
          std::uniform_int_distribution<std::int64_t>(1, kAmountMinorMax / (run % 2 == 0 ? 1 : 1000))(random);
      double amount = DoubleFromMinorUnits(minor, currency);
      const int steps = static_cast<int>(random() % 5) - 2;
      for (int step = 0; step < std::abs(steps); ++step) amount = std::nextafter(amount, steps < 0 ? 0 : 1e300);
      const auto expected = MinorUnitsByText(amount, currency.minor_digits());
      const auto judged = MinorUnitsFromDouble(amount, currency);
      if (expected && *expected <= kAmountMinorMax) {
        EXPECT_THAT(judged, IsOkAndHolds(*expected)) << amount;
      } else {
        EXPECT_THAT(judged, StatusIs(kInvalid)) << amount;
      }
    }
  }
}

TEST(TotalMinorUnitsFromDouble, NoiseOfClientArithmetic_IsForgiven) {
  EXPECT_THAT(TotalMinorUnitsFromDouble(0.1 * 3, Of("USD")), IsOkAndHolds(30));
  EXPECT_THAT(TotalMinorUnitsFromDouble(0.1 + 0.2, Of("USD")), IsOkAndHolds(30));
  EXPECT_THAT(TotalMinorUnitsFromDouble(19.99 * 3, Of("USD")), IsOkAndHolds(5997));
  EXPECT_THAT(TotalMinorUnitsFromDouble(0, Of("USD")), IsOkAndHolds(0));
  double sum = 0;
  for (int i = 0; i < 200; ++i) sum += 1234.56;
  EXPECT_THAT(TotalMinorUnitsFromDouble(sum, Of("USD")), IsOkAndHolds(200 * 123456));
}

TEST(TotalMinorUnitsFromDouble, DigitsThatAreMeant_AreNot) {
  for (const double total : {0.305, 0.3001, 0.30000000001, 1e-300, 1e12 - 0.004, -0.3, std::nan(""), 1e300,
                             std::numeric_limits<double>::infinity()}) {
    EXPECT_THAT(TotalMinorUnitsFromDouble(total, Of("USD")), StatusIs(kInvalid)) << total;
  }
}

TEST(MinorUnitsFromDecimal, IsTheInverseOfDecimalString) {
  for (const char* code : {"JPY", "USD", "KWD", "CLF"}) {
    for (const std::int64_t minor : {std::int64_t{0}, std::int64_t{7}, std::int64_t{120'050}, kAmountMinorMax}) {
      EXPECT_THAT(MinorUnitsFromDecimal(DecimalString(minor, Of(code)), Of(code)), IsOkAndHolds(minor)) << code;
    }
  }
}

TEST(MinorUnitsFromDecimal, SameNumberWrittenOtherwise_IsTheSame) {
  for (const char* text : {"20", "20.0", "20.00", "20.000", "0020"}) {
    EXPECT_THAT(MinorUnitsFromDecimal(text, Of("USD")), IsOkAndHolds(2000)) << text;
  }
  EXPECT_THAT(MinorUnitsFromDecimal("20.00", Of("JPY")), IsOkAndHolds(20));
  EXPECT_THAT(MinorUnitsFromDecimal("20.5", Of("USD")), IsOkAndHolds(2050));
}

TEST(MinorUnitsFromDecimal, WhatIsNoAmount_IsRefusedWithItsText) {
  for (const char* text : {"", ".", "19.", ".99", "-1", "+1", "1e3", "0x10", "1,5", "1.2.3", " 1", "1 ", "NaN",
                           "19.999", "1000000000000.01", "99999999999999999999999999999999999999"}) {
    EXPECT_THAT(MinorUnitsFromDecimal(text, Of("USD")), StatusIs(kInvalid, testing::HasSubstr(text))) << text;
  }
  EXPECT_THAT(MinorUnitsFromDecimal("0.5", Of("JPY")), StatusIs(kInvalid, testing::HasSubstr("JPY")));
}

TEST(DecimalString, HasAllDigitsOfTheMinorUnit) {
  EXPECT_EQ(DecimalString(1999, Of("USD")), "19.99");
  EXPECT_EQ(DecimalString(0, Of("USD")), "0.00");
  EXPECT_EQ(DecimalString(5, Of("USD")), "0.05");
  EXPECT_EQ(DecimalString(100, Of("USD")), "1.00");
  EXPECT_EQ(DecimalString(-50, Of("USD")), "-0.50");
  EXPECT_EQ(DecimalString(1200, Of("JPY")), "1200");
  EXPECT_EQ(DecimalString(0, Of("JPY")), "0");
  EXPECT_EQ(DecimalString(-7, Of("JPY")), "-7");
  EXPECT_EQ(DecimalString(1, Of("KWD")), "0.001");
  EXPECT_EQ(DecimalString(12345, Of("CLF")), "1.2345");
  EXPECT_EQ(DecimalString(kAmountMinorMax, Of("USD")), "1000000000000.00");
  EXPECT_EQ(DecimalString(std::numeric_limits<std::int64_t>::min(), Of("USD")), "-92233720368547758.08");
  EXPECT_EQ(DecimalString(std::numeric_limits<std::int64_t>::min(), Of("JPY")), "-9223372036854775808");
}

}  // namespace
}  // namespace logistics::domain
