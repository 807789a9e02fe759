// A writer sends arrays in binary form, other sessions the same arrays as texts: both store the same.
#include <limits>
#include <optional>
#include <string>

#include "integration/storage/storage_fixture.hpp"
#include "storage/postgres/errors.hpp"
#include "storage/postgres/pipeline_session.hpp"

namespace logistics::storage {
namespace {

constexpr Statement kStore = {
    "store_kinds",
    "INSERT INTO kinds SELECT $1, k.* FROM unnest($2::text[], $3::uuid[], $4::smallint[], $5::integer[], $6::bigint[], "
    "$7::boolean[], $8::timestamptz[], $9::bytea[]) WITH ORDINALITY AS k"};
constexpr Statement kCountElements = {
    "count_elements", "SELECT cardinality($1::uuid[]), cardinality($2::bigint[]), ($2::bigint[])[1] IS NULL"};
constexpr Statement kEchoTexts = {"echo_texts", "SELECT ($1::text[])[1]"};

absl::Time Second(int year, int month, int day, int hour = 0, int minute = 0, int second = 0) {
  return absl::FromCivil(absl::CivilSecond(year, month, day, hour, minute, second), absl::UTCTimeZone());
}

template <typename T>
using Limits = std::numeric_limits<T>;

class BinaryArraysTest : public StorageFixture {
 protected:
  BinaryArraysTest() {
    database_.Query(
        "CREATE TABLE kinds (session text, t text, u uuid, s smallint, i integer, b bigint, f boolean, z timestamptz, "
        "y bytea, n bigint)");
  }

  static Params EdgeRows(const std::string& session) {
    const auto id = domain::Uuid::Parse("00ff80fe-7f01-7000-8000-0000000000ff");
    const domain::Uuid nil;
    Columns columns(8);
    const auto add = [&](std::optional<std::string_view> text, std::optional<domain::Uuid> uuid,
                         std::optional<std::int16_t> small, std::optional<std::int32_t> number,
                         std::optional<std::int64_t> big, std::optional<bool> flag, std::optional<absl::Time> time,
                         std::optional<Bytes> bytes) {
      columns.AddRow(text, uuid, small, number, big, flag, time, bytes);
    };
    add({}, {}, {}, {}, {}, {}, {}, {});
    add("", nil, Limits<std::int16_t>::min(), Limits<std::int32_t>::min(), Limits<std::int64_t>::min(), false,
        Second(1, 1, 1), Bytes{""});
    add(R"(\ " ' , {} NULL)", id, Limits<std::int16_t>::max(), Limits<std::int32_t>::max(), Limits<std::int64_t>::max(),
        true, Second(9999, 12, 31, 23, 59, 59) + absl::Microseconds(999'999),
        Bytes{std::string_view("\0\\\xff\x80", 4)});
    add("NULL", id, std::int16_t{-1}, -1, -1, true, Second(2000, 1, 1) - absl::Nanoseconds(1), Bytes{"x"});
    add("Ä€𝄞\n\t ", id, std::int16_t{256}, 65'536, std::int64_t{1} << 32, false, Second(2000, 1, 1), Bytes{"y"});
    add({}, {}, {}, {}, {}, {}, {}, {});
    Params params;
    params.Add(session);
    columns.AddTo(params);
    return params;
  }

  PipelineSession pipeline_{Options(), SessionUse::kByKey};
  Session session_{Options(), SessionUse::kByKey};
};

TEST_F(BinaryArraysTest, EdgesOfEveryType_AreStoredAsByASessionOfTexts) {
  pipeline_.Execute(kStore, EdgeRows("binary"));
  session_.Execute(kStore, EdgeRows("text"));
  EXPECT_EQ(Number("SELECT count(*) FROM kinds"), 12);
  for (const auto& row : database_.Query("SELECT w.n, w::text, r::text FROM kinds w JOIN kinds r ON r.n = w.n AND "
                                         "r.session = 'text' WHERE w.session = 'binary' AND (w.t, w.u, w.s, w.i, w.b, "
                                         "w.f, w.z, w.y) IS DISTINCT FROM (r.t, r.u, r.s, r.i, r.b, r.f, r.z, r.y)")) {
    ADD_FAILURE() << "row " << row[0].c_str() << ": " << row[1].c_str() << " and " << row[2].c_str();
  }
  EXPECT_EQ(Number("SELECT count(*) FROM kinds WHERE num_nulls(t, u, s, i, b, f, z, y) = 8"), 4);
  EXPECT_EQ(Number("SELECT count(*) FROM kinds WHERE t = '' AND u = '00000000-0000-0000-0000-000000000000' AND s = "
                   "-32768 AND i = -2147483648 AND b = -9223372036854775808 AND NOT f AND z = "
                   "'0001-01-01 00:00:00+00' AND y = ''"),
            2);
  EXPECT_EQ(
      Number("SELECT count(*) FROM kinds WHERE s = 32767 AND i = 2147483647 AND b = 9223372036854775807 AND f AND "
             "u = '00ff80fe-7f01-7000-8000-0000000000ff' AND y = '\\x005cff80' AND z = "
             "'9999-12-31 23:59:59.999999+00'"),
      2);
  EXPECT_EQ(Number("SELECT count(*) FROM kinds WHERE t = 'NULL' AND z = '1999-12-31 23:59:59.999999+00'"), 2)
      << "times are cut, and not rounded";
}

TEST_F(BinaryArraysTest, ArraysWithoutAType_FitAnyStatement) {
  ArrayParam nulls;
  nulls.AddNull();
  const Rows rows = pipeline_.Execute(kCountElements, Params().Add(ArrayParam()).Add(nulls));
  EXPECT_EQ(rows[0][0].as<int>(), 0);
  EXPECT_EQ(rows[0][1].as<int>(), 1);
  EXPECT_TRUE(rows[0][2].as<bool>());
}

// A number of 32 bits is not read as half of one of 64.
TEST_F(BinaryArraysTest, ArrayOfAnotherTypeThanItsCast_IsRefused) {
  ArrayParam integers;
  integers.Add(std::int32_t{1});
  try {
    pipeline_.Execute(kCountElements, Params().Add(ArrayParam()).Add(integers));
    ADD_FAILURE() << "the server took it";
  } catch (const ServerError& error) {
    EXPECT_EQ(error.sqlstate(), "42804") << error.what();
  }
  EXPECT_FALSE(pipeline_.broken());
}

TEST_F(BinaryArraysTest, TextsThatPostgresCannotHold_AreRefused) {
  for (const std::string& text : {std::string("a\0b", 3), std::string("\xc3"), std::string("\xed\xa0\x80")}) {
    ArrayParam texts;
    texts.Add(text);
    try {
      pipeline_.Execute(kEchoTexts, Params().Add(texts));
      ADD_FAILURE() << "the server took it";
    } catch (const ServerError& error) {
      EXPECT_EQ(error.sqlstate(), "22021") << error.what();
    }
    EXPECT_THROW(session_.Execute(kEchoTexts, Params().Add(texts)), pqxx::sql_error);
    EXPECT_FALSE(pipeline_.broken());
  }
}

}  // namespace
}  // namespace logistics::storage
