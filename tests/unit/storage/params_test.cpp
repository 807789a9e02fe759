#include "storage/postgres/params.hpp"

#include <gmock/gmock.h>

#include <optional>
#include <string>

namespace logistics::storage {
namespace {

using testing::ElementsAre;

template <typename... Values>
std::string LiteralOf(const Values&... values) {
  ArrayParam array;
  (array.Add(values), ...);
  return array.Literal();
}

TEST(ArrayParamTest, NoElements_IsTheEmptyArray) { EXPECT_EQ(ArrayParam().Literal(), "{}"); }

TEST(ArrayParamTest, Text_IsQuotedAndEscaped) {
  EXPECT_EQ(LiteralOf("plain"), R"({"plain"})");
  EXPECT_EQ(LiteralOf(""), R"({""})");
  EXPECT_EQ(LiteralOf("a,b", "{c}", " d "), R"({"a,b","{c}"," d "})");
  EXPECT_EQ(LiteralOf(R"(say "hi")"), R"({"say \"hi\""})");
  EXPECT_EQ(LiteralOf(R"(back\slash\)"), R"({"back\\slash\\"})");
  EXPECT_EQ(LiteralOf("line\nbreak", "Ä€𝄞"), "{\"line\nbreak\",\"Ä€𝄞\"}");
}

TEST(ArrayParamTest, NullAndTheWordNull_AreDifferent) {
  ArrayParam array;
  array.AddNull();
  array.Add("NULL");
  array.Add("null");
  EXPECT_EQ(array.Literal(), R"({NULL,"NULL","null"})");
}

TEST(ArrayParamTest, NumbersFlagsAndIds_NeedNoQuotes) {
  EXPECT_EQ(LiteralOf(std::numeric_limits<std::int64_t>::min(), -1, 0, std::numeric_limits<std::int64_t>::max()),
            "{-9223372036854775808,-1,0,9223372036854775807}");
  EXPECT_EQ(LiteralOf(true, false), "{t,f}");
  const auto id = domain::OrderId::Parse("018F0000-0000-7000-8000-00000000000A");
  EXPECT_EQ(LiteralOf(*id, id->uuid()), "{018f0000-0000-7000-8000-00000000000a,018f0000-0000-7000-8000-00000000000a}");
}

TEST(ArrayParamTest, Literal_CanBeTakenAgainWhenMoreWasAdded) {
  ArrayParam array;
  array.Add(1);
  EXPECT_EQ(array.Literal(), "{1}");
  array.Add(2);
  EXPECT_EQ(array.Literal(), "{1,2}");
}

TEST(ColumnsTest, Rows_BecomeOneArrayAColumn) {
  Columns columns(3);
  EXPECT_TRUE(columns.empty());
  columns.AddRow(1, "a", std::optional<std::string>("x"));
  columns.AddRow(2, "b,c", std::optional<std::string>());
  columns.AddRow(3, "", Columns::Null{});
  EXPECT_EQ(columns.rows(), 3U);
  Params params;
  params.Add(std::int64_t{42});
  columns.AddTo(params);
  EXPECT_THAT(params.values(), ElementsAre("42", "{1,2,3}", R"({"a","b,c",""})", R"({"x",NULL,NULL})"));
}

TEST(ParamsTest, Bytes_AreSentAsTheyAre) {
  const std::string bytes("\x01\0\xff", 3);
  const Params params = Params().Add(std::int64_t{1}).AddBytes(bytes).Add("text");
  EXPECT_THAT(params.values(), ElementsAre("1", bytes, "text"));
  EXPECT_THAT(params.formats(), ElementsAre(Params::kText, Params::kBytes, Params::kText));
}

TEST(TimeTextTest, IsUtcToTheMicrosecond) {
  const absl::Time time = absl::FromCivil(absl::CivilSecond(2026, 1, 2, 3, 4, 5), absl::UTCTimeZone());
  EXPECT_EQ(TimeText(time), "2026-01-02 03:04:05.000000+00");
  EXPECT_EQ(TimeText(time + absl::Nanoseconds(678'901'999)), "2026-01-02 03:04:05.678901+00");
}

// The earliest that a protobuf timestamp holds. Postgres reads "1-01-01" as the first of January 2001.
TEST(TimeTextTest, EarlyYears_KeepFourDigits) {
  EXPECT_EQ(TimeText(absl::FromCivil(absl::CivilSecond(1, 1, 1), absl::UTCTimeZone())),
            "0001-01-01 00:00:00.000000+00");
  EXPECT_EQ(TimeText(absl::FromCivil(absl::CivilSecond(987, 6, 5), absl::UTCTimeZone())),
            "0987-06-05 00:00:00.000000+00");
}

TEST(ToMicrosecondsTest, CutsAndNeverRounds) {
  EXPECT_EQ(ToMicroseconds(absl::FromUnixNanos(1'999)), absl::FromUnixMicros(1));
  EXPECT_EQ(ToMicroseconds(absl::FromUnixMicros(7)), absl::FromUnixMicros(7));
  EXPECT_EQ(ToMicroseconds(absl::FromUnixNanos(-1)), absl::FromUnixMicros(-1));
}

}  // namespace
}  // namespace logistics::storage
