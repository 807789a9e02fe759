#include "storage/params/params.hpp"

#include <gmock/gmock.h>

#include <optional>
#include <string>

namespace logistics::storage {
namespace {

using testing::ElementsAre;

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
  EXPECT_THAT(params.Texts(), ElementsAre("42", "{1,2,3}", R"({"a","b,c",""})", R"({"x",NULL,NULL})"));
}

TEST(ParamsTest, Texts_AreWhatTheServerReadsAsTheSameValues) {
  EXPECT_THAT(Params().Add(std::int64_t{-1}).AddBytes(std::string("\0\xff", 2)).Add("text").Add(ArrayParam()).Texts(),
              ElementsAre("-1", "\\x00ff", "text", "{}"));
}

TEST(ParamsTest, BytesAndArrays_AreSentInBinaryForm) {
  const std::string bytes("\x01\0\xff", 3);
  ArrayParam array;
  array.Add("element");
  const Params params = Params().AddBytes(bytes).Add(array).Add("text").Add(ArrayParam());
  EXPECT_EQ(params.size(), 4U);
  EXPECT_EQ(params.WireOf(0).format, Params::kBinary);
  EXPECT_EQ(params.WireOf(0).value, bytes);
  EXPECT_EQ(params.WireOf(1).format, Params::kBinary);
  EXPECT_EQ(params.WireOf(1).value, array.Binary());
  EXPECT_EQ(params.WireOf(2).format, Params::kText);
  EXPECT_EQ(params.WireOf(2).value, "text");
  EXPECT_EQ(params.WireOf(3).format, Params::kText) << "an array without a type";
  EXPECT_EQ(params.WireOf(3).value, "{}");
}

}  // namespace
}  // namespace logistics::storage
