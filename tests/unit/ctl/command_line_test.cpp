// The messages of logisticsctl for a command line that it cannot read. No call is made.
#include <gmock/gmock.h>

#include "support/process.hpp"

namespace logistics::ctl {
namespace {

using testing::AllOf;
using testing::HasSubstr;

support::Finished Ctl(const std::vector<std::string>& args) {
  support::Command command{{LOGISTICS_BINARY_DIR "/logisticsctl"}, {}};
  command.args.insert(command.args.end(), args.begin(), args.end());
  return support::RunToEnd(command);
}

TEST(CommandLineTest, UnknownCommand_IsNamedBesideThoseThatAre) {
  const support::Finished finished = Ctl({"frobnicate"});
  EXPECT_EQ(finished.exit_code, 2);
  EXPECT_THAT(finished.err, AllOf(HasSubstr("no command frobnicate"), HasSubstr("orders"), HasSubstr("dlq")));
}

TEST(CommandLineTest, UnknownCommandOfACommand_IsNamedBesideItsOwn) {
  const support::Finished finished = Ctl({"orders", "frob"});
  EXPECT_EQ(finished.exit_code, 2);
  EXPECT_THAT(finished.err, AllOf(HasSubstr("no command frob"), HasSubstr("watch")));
}

TEST(CommandLineTest, MissingCommand_IsSaid) {
  const support::Finished finished = Ctl({"inbox"});
  EXPECT_EQ(finished.exit_code, 2);
  EXPECT_THAT(finished.err, HasSubstr("a command is missing (list)"));
}

TEST(CommandLineTest, MissingValue_IsSaidByName) {
  const support::Finished finished = Ctl({"orders", "get"});
  EXPECT_EQ(finished.exit_code, 2);
  EXPECT_THAT(finished.err, HasSubstr("id is required"));
}

}  // namespace
}  // namespace logistics::ctl
