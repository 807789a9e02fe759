#include "storage/params/array_param.hpp"

#include <gmock/gmock.h>

#include <limits>
#include <string>

namespace logistics::storage {
namespace {

template <typename... Values>
ArrayParam ArrayOf(const Values&... values) {
  ArrayParam array;
  (array.Add(values), ...);
  return array;
}

template <typename Number>
std::string LiteralOfLimits() {
  return ArrayOf(std::numeric_limits<Number>::min(), Number{-1}, Number{0}, std::numeric_limits<Number>::max())
      .Literal();
}

TEST(ArrayParamTest, Literal_SaysWhatWasAdded) {
  const auto id = domain::OrderId::Parse("018F0000-0000-7000-8000-00000000000A");
  const absl::Time time = absl::FromCivil(absl::CivilSecond(1999, 12, 31, 23, 59, 59), absl::UTCTimeZone());
  EXPECT_EQ(ArrayOf("a,b", "", R"(\")", "Ä€𝄞").Literal(), R"({"a,b","","\\\"","Ä€𝄞"})");
  EXPECT_EQ(ArrayOf(*id, id->uuid()).Literal(),
            "{018f0000-0000-7000-8000-00000000000a,018f0000-0000-7000-8000-00000000000a}");
  EXPECT_EQ(LiteralOfLimits<std::int16_t>(), "{-32768,-1,0,32767}");
  EXPECT_EQ(LiteralOfLimits<std::int32_t>(), "{-2147483648,-1,0,2147483647}");
  EXPECT_EQ(LiteralOfLimits<std::int64_t>(), "{-9223372036854775808,-1,0,9223372036854775807}");
  EXPECT_EQ(ArrayOf(true, false).Literal(), "{t,f}");
  EXPECT_EQ(ArrayOf(time + absl::Nanoseconds(999'999'999)).Literal(), R"({"1999-12-31 23:59:59.999999+00"})");
  EXPECT_EQ(ArrayOf(Bytes{std::string_view("\0\xff", 2)}).Literal(), R"({"\\x00ff"})");
}

TEST(ArrayParamTest, NullAndTheWordNull_AreDifferent) {
  ArrayParam array;
  array.AddNull();
  array.Add("NULL");
  array.AddNull();
  EXPECT_EQ(array.Literal(), R"({NULL,"NULL",NULL})");
}

// Its statement may expect any type.
TEST(ArrayParamTest, WithoutAnElementButNull_HasALiteralOnly) {
  ArrayParam array;
  EXPECT_FALSE(array.has_binary());
  EXPECT_EQ(array.Literal(), "{}");
  array.AddNull();
  EXPECT_FALSE(array.has_binary());
  EXPECT_EQ(array.Literal(), "{NULL}");
  array.Add("");
  EXPECT_TRUE(array.has_binary());
}

TEST(ArrayParamTest, Binary_IsAHeadAndElementsWithTheirLengths) {
  ArrayParam array;
  array.Add(std::int32_t{-2});
  array.AddNull();
  const auto number = [](std::uint8_t last) { return std::string(3, '\0') + static_cast<char>(last); };
  EXPECT_EQ(array.Binary(), number(1) + number(1) + number(23) + number(2) + number(1) + number(4) +
                                "\xff\xff\xff\xfe" + "\xff\xff\xff\xff");
}

}  // namespace
}  // namespace logistics::storage
