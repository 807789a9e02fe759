#include "logistics/domain/identifier.hpp"

#include <gmock/gmock.h>

#include <string>

namespace logistics::domain {
namespace {

using testing::Eq;
using testing::HasSubstr;
using testing::Optional;

TEST(IdentifierFault, NamesThatLookLikeThemselves_HaveNone) {
  for (const char* name : {"", "BOX", "box 2/3", "Stuhl-grün", "椅子", "кресло", "A:B", "😀", "\"quoted\"", "a\\u200B",
                           "क्षि" /* a mark that combines and is normalized */}) {
    EXPECT_EQ(IdentifierFault(name), std::nullopt) << name;
  }
}

struct Fault {
  const char* name;
  std::string text;
  const char* says;
  const char* shown;
};

class IdentifierFaultTest : public testing::TestWithParam<Fault> {};

TEST_P(IdentifierFaultTest, IsSaidAndShown) {
  EXPECT_THAT(IdentifierFault(GetParam().text), Optional(HasSubstr(GetParam().says)));
  EXPECT_EQ(ShownIdentifier(GetParam().text), GetParam().shown);
}

INSTANTIATE_TEST_SUITE_P(
    Kinds, IdentifierFaultTest,
    testing::Values(Fault{"LeadingBlank", " BOX", "begins with a blank", "\\u0020BOX"},
                    Fault{"TrailingBlank", "BOX  ", "ends with a blank", "BOX\\u0020\\u0020"},
                    Fault{"OnlyBlanks", "  ", "begins with a blank", "\\u0020\\u0020"},
                    Fault{"TrailingNewline", "BOX\n", "control character U+000A", "BOX\\n"},
                    Fault{"Escape", "BO\x1B[1mX", "control character U+001B", "BO\\u001B[1mX"},
                    Fault{"C1", "BO\u0085X", "control character U+0085", "BO\\u0085X"},
                    Fault{"Delete", "BO\x7FX", "control character U+007F", "BO\\u007FX"},
                    Fault{"ZeroWidthSpace", "BO\u200BX", "U+200B, which cannot be seen", "BO\\u200BX"},
                    Fault{"ZeroWidthJoiner", "BO\u200DX", "U+200D, which cannot be seen", "BO\\u200DX"},
                    Fault{"ByteOrderMark", "\uFEFFBOX", "U+FEFF, which cannot be seen", "\\uFEFFBOX"},
                    Fault{"SoftHyphen", "BO\u00ADX", "U+00AD, which cannot be seen", "BO\\u00ADX"},
                    Fault{"RightToLeftOverride", "BO\u202EX", "U+202E, which cannot be seen", "BO\\u202EX"},
                    Fault{"LineSeparator", "BO\u2028X", "U+2028, which cannot be seen", "BO\\u2028X"},
                    Fault{"VariationSelector", "BOX\uFE0F", "U+FE0F, which cannot be seen", "BOX\\uFE0F"},
                    Fault{"HangulFiller", "BO\u3164X", "U+3164, which cannot be seen", "BO\\u3164X"},
                    Fault{"BrailleBlank", "BO\u2800X", "U+2800, which cannot be seen", "BO\\u2800X"},
                    Fault{"Tag", "BOX\U000E0041", "U+E0041, which cannot be seen", "BOX\\U000E0041"},
                    Fault{"NoBreakSpace", "BO\u00A0X", "the blank U+00A0", "BO\\u00A0X"},
                    Fault{"IdeographicSpace", "BO\u3000X", "the blank U+3000", "BO\\u3000X"},
                    Fault{"Decomposed", "cafe\u0301", "normal form C", "cafe\\u0301"},
                    Fault{"Singleton", "\u212Bngstrom", "normal form C", "\\u212Bngstrom"},
                    Fault{"MarksInAnotherOrder", "q\u0307\u0323", "normal form C", "q\\u0307\\u0323"},
                    Fault{"NotUtf8", "BO\xFFX", "not valid UTF-8", "BO\\xFFX"}),
    [](const testing::TestParamInfo<Fault>& info) { return std::string(info.param.name); });

TEST(ShownIdentifier, DifferentNamesAreShownDifferently) {
  EXPECT_EQ(ShownIdentifier("A\u200B"), R"(A\u200B)");
  EXPECT_EQ(ShownIdentifier(R"(A\u200B)"), R"(A\\u200B)");
  EXPECT_EQ(ShownIdentifier(R"(A\\u200B)"), R"(A\\\\u200B)");
  EXPECT_EQ(ShownIdentifier("A\\\u200B"), R"(A\\\u200B)");
  EXPECT_EQ(ShownIdentifier("A\\B\u200B"), R"(A\\B\u200B)");
  EXPECT_EQ(ShownIdentifier(R"(A\\B)"), R"(A\\\\B)");
  EXPECT_EQ(ShownIdentifier(R"(A\xFF)"), R"(A\\xFF)");
}

TEST(ShownIdentifier, NamesWhoseBackslashesReadLikeNoEscape_AreShownAsTheyAre) {
  for (const char* name : {R"(A\B)", R"(\)", R"(A/B\)", R"(A\ \1)"}) EXPECT_EQ(ShownIdentifier(name), name);
}

TEST(ShownText, KeepsTheTextOfPeopleAndEscapesWhatSteersATerminal) {
  EXPECT_EQ(ShownText(" for Ana\u00A0B.\u200D \u2764\uFE0F "), " for Ana\u00A0B.\u200D \u2764\uFE0F ");
  EXPECT_EQ(ShownText("a\nb\tc\x1B[2J\u202E\u200B"), "a\\nb\\tc\\u001B[2J\\u202E\\u200B");
}

}  // namespace
}  // namespace logistics::domain
