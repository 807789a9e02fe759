#include "storage/params/array_literal.hpp"

#include <gmock/gmock.h>

#include <limits>
#include <string>

namespace logistics::storage {
namespace {

template <typename... Values>
std::string LiteralOf(const Values&... values) {
  ArrayLiteral array;
  (array.Add(values), ...);
  return array.ToString();
}

TEST(ArrayLiteralTest, NoElements_IsTheEmptyArray) { EXPECT_EQ(ArrayLiteral().ToString(), "{}"); }

TEST(ArrayLiteralTest, Text_IsQuotedAndEscaped) {
  EXPECT_EQ(LiteralOf("plain"), R"({"plain"})");
  EXPECT_EQ(LiteralOf(""), R"({""})");
  EXPECT_EQ(LiteralOf("a,b", "{c}", " d "), R"({"a,b","{c}"," d "})");
  EXPECT_EQ(LiteralOf(R"(say "hi")"), R"({"say \"hi\""})");
  EXPECT_EQ(LiteralOf(R"(back\slash\)"), R"({"back\\slash\\"})");
  EXPECT_EQ(LiteralOf("line\nbreak", "Ä€𝄞"), "{\"line\nbreak\",\"Ä€𝄞\"}");
}

TEST(ArrayLiteralTest, NullAndTheWordNull_AreDifferent) {
  ArrayLiteral array;
  array.AddNull();
  array.Add("NULL");
  array.Add("null");
  EXPECT_EQ(array.ToString(), R"({NULL,"NULL","null"})");
}

TEST(ArrayLiteralTest, NumbersFlagsAndIds_NeedNoQuotes) {
  EXPECT_EQ(LiteralOf(std::numeric_limits<std::int64_t>::min(), -1, 0, std::numeric_limits<std::int64_t>::max()),
            "{-9223372036854775808,-1,0,9223372036854775807}");
  EXPECT_EQ(LiteralOf(true, false), "{t,f}");
  const auto id = domain::OrderId::Parse("018F0000-0000-7000-8000-00000000000A");
  EXPECT_EQ(LiteralOf(*id, id->uuid()), "{018f0000-0000-7000-8000-00000000000a,018f0000-0000-7000-8000-00000000000a}");
}

TEST(ArrayLiteralTest, Bytes_AreHexadecimal) {
  EXPECT_EQ(LiteralOf(Bytes{std::string_view("\x01\0\xff", 3)}, Bytes{""}), R"({"\\x0100ff","\\x"})");
}

TEST(ArrayLiteralTest, Literal_CanBeTakenAgainWhenMoreWasAdded) {
  ArrayLiteral array;
  array.Add(1);
  EXPECT_EQ(array.ToString(), "{1}");
  array.Add(2);
  EXPECT_EQ(array.ToString(), "{1,2}");
}

}  // namespace
}  // namespace logistics::storage
