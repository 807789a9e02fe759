#include "logistics/domain/validation.hpp"

#include <gmock/gmock.h>

#include "fakes/status_matchers.hpp"

namespace logistics::domain {
namespace {

using fakes::IsOk;
using testing::HasSubstr;

TEST(IsCleanText, ValidUtf8_IsClean) {
  for (const char* text : {"", "plain", "exactly8",
                           "Gr\xC3\xBC\xC3\x9F"
                           "e",
                           "\xE2\x82\xAC 5", "\xF0\x9F\x93\xA6", "\xF4\x8F\xBF\xBF", "\xED\x9F\xBF", "\xEE\x80\x80",
                           "tab\tand\nnewline", "\x01\x7F"}) {
    EXPECT_TRUE(IsCleanText(text)) << text;
  }
}

TEST(IsCleanText, BrokenUtf8_IsNot_WhereverItStands) {
  // Lone continuation, overlong forms, surrogates, above U+10FFFF, cut short, never valid.
  for (const char* broken : {"\x80", "\xC0\xAF", "\xC1\xBF", "\xE0\x80\xAF", "\xE0\x9F\xBF", "\xED\xA0\x80",
                             "\xF0\x8F\xBF\xBF", "\xF4\x90\x80\x80", "\xF5\x80\x80\x80", "\xC3", "\xE2\x82",
                             "\xF0\x9F\x93", "\xFE", "\xFF", "\xC3(", "\xE2(\xAC"}) {
    for (std::size_t before = 0; before < 20; ++before) {
      for (std::size_t after = 0; after < 10; ++after) {
        EXPECT_FALSE(IsCleanText(std::string(before, 'a') + broken + std::string(after, 'b'))) << before;
      }
    }
  }
}

TEST(IsCleanText, ANulCharacter_IsNot_WhereverItStands) {
  for (std::size_t size = 1; size < 40; ++size) {
    for (std::size_t place = 0; place < size; ++place) {
      std::string text(size, '\x01');
      EXPECT_TRUE(IsCleanText(text));
      text[place] = '\0';
      EXPECT_FALSE(IsCleanText(text)) << place << " of " << size;
    }
  }
}

TEST(Quoted, RejectedBytes_AreSafeAndShort) {
  EXPECT_EQ(Quoted("abc"), "\"abc\"");
  EXPECT_EQ(Quoted(std::string("a\0\n\xFF", 4)), R"("a\u0000\n?")");
  EXPECT_EQ(Quoted("\xE2\x82\xAC"), "\"\xE2\x82\xAC\"");
  const std::string cut = Quoted(std::string(10'000, 'x'));
  EXPECT_LT(cut.size(), 80U);
  EXPECT_THAT(cut, testing::EndsWith("...\""));
  EXPECT_TRUE(IsCleanText(Quoted(std::string(31, 'x') + "\xE2\x82\xAC" + std::string(62, '\xE2'))));
}

TEST(FieldPath, IsAsTheClientWroteIt) {
  EXPECT_EQ(FieldPath("notes").ToString(), "notes");
  EXPECT_EQ(FieldPath("city", "shipping_info").ToString(), "shipping_info.city");
  EXPECT_EQ(FieldPath("unit_price", "items", 2).ToString(), "items[2].unit_price");
  EXPECT_EQ(FieldPath("", "item_ids", 3).ToString(), "item_ids[3]");
}

TEST(FieldChecker, NothingWrong_IsOk) {
  FieldChecker fields;
  fields.Text("notes", std::string(10, 'x'), 10);
  fields.RequiredText("sku", "A", 10);
  fields.Time("date", absl::FromUnixSeconds(0));
  EXPECT_TRUE(fields.ParseId<ProductId>("id", kDefaultWarehouseId));
  EXPECT_THAT(fields.ToStatus(), IsOk());
}

TEST(FieldChecker, EverythingWrong_IsAllNamed) {
  FieldChecker fields;
  fields.Text("notes", std::string(11, 'x'), 10);
  fields.Text("name", "\xFF", 10);
  fields.RequiredText("sku", "", 10);
  EXPECT_FALSE(fields.ParseId<ProductId>("id", "nonsense"));
  EXPECT_FALSE(fields.ParseId<ProductId>("other_id", ""));
  fields.Time("date", absl::InfiniteFuture());
  fields.Time("end", absl::FromUnixSeconds(253'402'300'800));
  const auto violations = FieldViolationsOf(fields.ToStatus());
  ASSERT_EQ(violations.size(), 7U);
  EXPECT_EQ(violations[0].field, "notes");
  EXPECT_THAT(violations[0].description, HasSubstr("11 bytes are too long, at most 10"));
  EXPECT_EQ(violations[1].field, "name");
  EXPECT_EQ(violations[2].field, "sku");
  EXPECT_THAT(violations[3].description, HasSubstr("\"nonsense\" is not a UUID"));
  EXPECT_THAT(violations[4].description, HasSubstr("is required"));
}

TEST(Validation, PrintableCharacters_AreCountedAndControlsAreNone) {
  EXPECT_EQ(PrintableCharacters("E2E-ORDER 1~"), 12U);
  EXPECT_EQ(PrintableCharacters("\xC2\xA0\xE2\x82\xAC"), 2U);  // a no-break space and the euro sign
  EXPECT_EQ(PrintableCharacters(""), 0U);
  for (const char* bad : {"a\nb", "\x7F", "\xC2\x9F", "\xFF", "\x1B[2J"})
    EXPECT_EQ(PrintableCharacters(bad), std::nullopt);
}

}  // namespace
}  // namespace logistics::domain
