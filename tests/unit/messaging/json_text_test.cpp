#include "messaging/events/json_text.hpp"

#include <gmock/gmock.h>

#include <random>
#include <vector>

#include "nlohmann/json.hpp"

namespace logistics::messaging {
namespace {

std::string ByLibrary(const nlohmann::ordered_json& value) {
  return value.dump(-1, ' ', false, nlohmann::json::error_handler_t::replace);
}

TEST(JsonTextTest, FieldsObjectsAndArrays_AreWhatTheLibraryWrites) {
  JsonText json;
  json.Text("a", "b");
  json.TextOrNull("none", "");
  json.TextOrNull("some", "x");
  json.Object("empty", [] {});
  json.Objects("nothing", std::vector<int>{}, [](int) {});
  json.Objects("list", std::vector<int>{1, -2}, [&](int item) { json.Number("n", item); });
  json.Object("inner", [&] { json.Number("max", INT64_MAX); });
  json.Number("min", INT64_MIN);
  EXPECT_EQ(std::move(json).Take(), ByLibrary({{"a", "b"},
                                               {"none", nullptr},
                                               {"some", "x"},
                                               {"empty", nlohmann::ordered_json::object()},
                                               {"nothing", nlohmann::ordered_json::array()},
                                               {"list", nlohmann::ordered_json::array({{{"n", 1}}, {{"n", -2}}})},
                                               {"inner", {{"max", INT64_MAX}}},
                                               {"min", INT64_MIN}}));
}

TEST(JsonTextTest, BytesOfAnyKind_AreEscapedAsTheLibraryDoes) {
  std::mt19937 random(7);
  for (int i = 0; i < 20'000; ++i) {
    std::string bytes(random() % 6, '\0');
    for (char& byte : bytes) byte = static_cast<char>(random() % 256);
    JsonText json;
    json.Text("t", bytes);
    ASSERT_EQ(std::move(json).Take(), ByLibrary({{"t", bytes}})) << testing::PrintToString(bytes);
  }
}

TEST(JsonTextTest, EachByte_IsEscapedAsTheLibraryDoes) {
  for (int byte = 0; byte < 256; ++byte) {
    JsonText json;
    json.Text("t", std::string(1, static_cast<char>(byte)));
    EXPECT_EQ(std::move(json).Take(), ByLibrary({{"t", std::string(1, static_cast<char>(byte))}})) << byte;
  }
}

}  // namespace
}  // namespace logistics::messaging
