// Names on a command line and in its answers: SKUs with colons, and those that look like others.
#include "support/process.hpp"
#include "unit/rpc/server_fixture.hpp"

namespace logistics::ctl {
namespace {

using support::Finished;
using testing::HasSubstr;
using testing::Not;

class NamesTest : public rpc::ServerFixture {
 protected:
  void SetUp() override { Start(); }
  Finished Ctl(const std::vector<std::string>& args) const {
    support::Command command{{LOGISTICS_BINARY_DIR "/logisticsctl", "--address", absl::StrCat("127.0.0.1:", port_)},
                             {}};
    command.args.insert(command.args.end(), args.begin(), args.end());
    return support::RunToEnd(command);
  }
  Finished Order(const std::string& item) const {
    return Ctl({"orders", "create", "--customer", rpc::kCustomer, "--item", item});
  }
};

TEST_F(NamesTest, SkuWithColons_CanBeOrderedAndReserved) {
  AddProduct("LAMP:RED:XL", 10);
  const Finished ordered = Order("LAMP:RED:XL:2:9.99:Lamp: red");
  EXPECT_EQ(ordered.exit_code, 0) << ordered.err;
  EXPECT_THAT(ordered.out, HasSubstr("LAMP:RED:XL"));
  EXPECT_THAT(ordered.out, HasSubstr("Lamp: red"));
  const Finished held =
      Ctl({"inventory", "reserve", "--warehouse", std::string(domain::kDefaultWarehouseId), "--item", "LAMP:RED:XL:3"});
  EXPECT_EQ(held.exit_code, 0) << held.err;
}

TEST_F(NamesTest, SkuThatReadsLikeAnItem_GoesInQuotes) {
  AddProduct("A:1:2", 10);
  AddProduct("say \"A\":", 10);
  const Finished unquoted = Order("A:1:2:3:9.99");
  EXPECT_NE(unquoted.exit_code, 0);
  EXPECT_THAT(unquoted.err, HasSubstr("sku \"A\" does not exist"));
  const Finished quoted = Order("\"A:1:2\":3:9.99");
  EXPECT_EQ(quoted.exit_code, 0) << quoted.err;
  const Finished with_quotes = Order("\"say \"\"A\"\":\":1:9.99");
  EXPECT_EQ(with_quotes.exit_code, 0) << with_quotes.err;
  const Finished held =
      Ctl({"inventory", "reserve", "--warehouse", std::string(domain::kDefaultWarehouseId), "--item", "\"A:1:2\":3"});
  EXPECT_EQ(held.exit_code, 0) << held.err;
}

TEST_F(NamesTest, SkuThatBeginsWithQuotesOfItsOwn_CanBeOrderedAndReserved) {
  AddProduct("\"A\":x", 10);
  const Finished ordered = Order("\"A\":x:1:2");
  EXPECT_EQ(ordered.exit_code, 0) << ordered.err;
  EXPECT_THAT(ordered.out, HasSubstr("\"A\":x"));
  const Finished held =
      Ctl({"inventory", "reserve", "--warehouse", std::string(domain::kDefaultWarehouseId), "--item", "\"A\":x:3"});
  EXPECT_EQ(held.exit_code, 0) << held.err;
}

TEST_F(NamesTest, NoItem_IsAUsersMistake) {
  for (const char* text : {"", "BOX", "BOX:1", "BOX:one:2", ":1:2", "\"BOX\":1"}) {
    const Finished finished = Order(text);
    EXPECT_EQ(finished.exit_code, 2) << text << ": " << finished.err;
  }
}

TEST_F(NamesTest, LookalikesOfAnEarlierRelease_AreShownEscaped) {
  const domain::ProductId id(ids_.NewId());
  ASSERT_THAT(
      store_.CreateProduct(
          {id, "BO\u200BX ", "Box\x1B[2J", "", "\u202Etools", {{" hue", "red"}}, clock_.Now(), clock_.Now()}, {}),
      fakes::IsOk());
  for (const std::vector<std::string>& args :
       {std::vector<std::string>{"inventory", "list"}, std::vector<std::string>{"inventory", "get", id.ToString()}}) {
    const Finished finished = Ctl(args);
    EXPECT_EQ(finished.exit_code, 0) << finished.err;
    EXPECT_THAT(finished.out, HasSubstr("BO\\u200BX\\u0020"));
    EXPECT_THAT(finished.out, HasSubstr("Box\\u001B[2J"));
    EXPECT_THAT(finished.out, HasSubstr("\\u202Etools"));
    EXPECT_THAT(finished.out, Not(HasSubstr("\u200B")));
  }
}

TEST_F(NamesTest, RefusedLookalike_IsNamedEscaped) {
  const Finished finished = Ctl({"inventory", "create", "--sku", "BO\u200BX", "--name", "Box"});
  EXPECT_NE(finished.exit_code, 0);
  EXPECT_THAT(finished.err, HasSubstr("sku: \"BO\\u200BX\" contains U+200B, which cannot be seen"));
}

}  // namespace
}  // namespace logistics::ctl
