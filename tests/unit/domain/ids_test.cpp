#include "logistics/domain/ids.hpp"

#include <gtest/gtest.h>

#include <random>

#include "absl/container/flat_hash_set.h"
#include "fakes/seed.hpp"

namespace logistics::domain {
namespace {

TEST(Uuid, Parse_HyphenatedForm_GivesItsBytes) {
  const auto id = Uuid::Parse("00112233-4455-6677-8899-aabbccddeeff");
  ASSERT_TRUE(id.has_value());
  for (std::size_t i = 0; i < Uuid::kBytes; ++i) EXPECT_EQ(id->bytes()[i], i * 0x11);
  EXPECT_EQ(id->ToString(), "00112233-4455-6677-8899-aabbccddeeff");
}

TEST(Uuid, Parse_UpperCase_IsTheSameIdInLowerCase) {
  const auto id = Uuid::Parse("0123ABCD-EF01-2345-6789-ABCDEFabcdef");
  ASSERT_TRUE(id.has_value());
  EXPECT_EQ(id->ToString(), "0123abcd-ef01-2345-6789-abcdefabcdef");
}

TEST(Uuid, Parse_AnythingElse_IsRefused) {
  const std::string good = "0123abcd-ef01-2345-6789-abcdefabcdef";
  EXPECT_FALSE(Uuid::Parse(""));
  EXPECT_FALSE(Uuid::Parse(good.substr(1)));
  EXPECT_FALSE(Uuid::Parse(good + "0"));
  EXPECT_FALSE(Uuid::Parse(" " + good.substr(1)));
  EXPECT_FALSE(Uuid::Parse("{0123abcd-ef01-2345-6789-abcdefabcde}"));
  EXPECT_FALSE(Uuid::Parse("0123abcdef0123456789abcdefabcdef"));
  EXPECT_FALSE(Uuid::Parse("0123abcd-ef01-2345-67890-bcdefabcdef"));
}

TEST(Uuid, Parse_OneWrongByteAnywhere_IsRefused) {
  const std::string good = "0123abcd-ef01-2345-6789-abcdefabcdef";
  for (std::size_t place = 0; place < good.size(); ++place) {
    for (int byte = 0; byte < 256; ++byte) {
      std::string text = good;
      text[place] = static_cast<char>(byte);
      const bool hyphen = good[place] == '-';
      const bool fits = hyphen ? byte == '-' : byte < 128 && std::isxdigit(byte) != 0;
      EXPECT_EQ(Uuid::Parse(text).has_value(), fits) << "byte " << byte << " at " << place;
    }
  }
}

TEST(Uuid, ToString_AnyId_ParsesBackToIt) {
  const std::uint64_t seed = fakes::TestSeed();
  SCOPED_TRACE(seed);
  std::mt19937_64 random(seed);
  for (int run = 0; run < 10'000; ++run) {
    Uuid::Bytes bytes;
    for (std::uint8_t& byte : bytes) byte = static_cast<std::uint8_t>(random());
    const Uuid id(bytes);
    EXPECT_EQ(Uuid::Parse(id.ToString()), id);
  }
}

TEST(Uuid, Order_IsThatOfTheText) {
  const auto low = *Uuid::Parse("00000000-0000-0000-0000-0000000000ff");
  const auto high = *Uuid::Parse("00000000-0000-0000-0000-000000000100");
  EXPECT_LT(low, high);
  EXPECT_LT(Uuid(), low);
  EXPECT_TRUE(Uuid().is_nil());
  EXPECT_FALSE(low.is_nil());
}

TEST(Id, Hash_EqualIds_AreOneEntry) {
  absl::flat_hash_set<ProductId> ids;
  ids.insert(*ProductId::Parse("0123abcd-ef01-2345-6789-abcdefabcdef"));
  ids.insert(*ProductId::Parse("0123ABCD-EF01-2345-6789-ABCDEFABCDEF"));
  EXPECT_EQ(ids.size(), 1U);
}

TEST(Id, DefaultWarehouse_IsAnId) { EXPECT_TRUE(WarehouseId::Parse(kDefaultWarehouseId).has_value()); }

TEST(Uuid, OfAName_IsWhatOthersComputeToo) {
  // The example of RFC 9562, appendix A.4.
  const auto dns = *Uuid::Parse("6ba7b810-9dad-11d1-80b4-00c04fd430c8");
  EXPECT_EQ(NameUuid(dns, "www.example.com").ToString(), "2ed6657d-e927-568b-95e1-2665a8aea6a2");
}

}  // namespace
}  // namespace logistics::domain
