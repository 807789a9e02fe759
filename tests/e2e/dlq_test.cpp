// logisticsctl dlq against a real broker, without a daemon.
#include <gmock/gmock.h>

#include <algorithm>
#include <csignal>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <set>
#include <sstream>

#include "absl/strings/str_format.h"
#include "e2e/terminal.hpp"
#include "nlohmann/json.hpp"
#include "support/broker.hpp"
#include "support/process.hpp"

namespace logistics::e2e {
namespace {

using support::Eventually;
using support::Finished;
using support::ReceivedMessage;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::IsSubsetOf;
using testing::SizeIs;
using DlqJson = nlohmann::json;

constexpr char kBills[] = "bills";
constexpr char kBillsDlq[] = "bills.dlq";

std::string OrderNumber(int order) { return absl::StrFormat("00000000-0000-4000-8000-%012d", order); }

std::vector<DlqJson> LinesOf(const std::string& text) {
  std::vector<DlqJson> lines;
  std::istringstream in(text);
  for (std::string line; std::getline(in, line);) {
    lines.push_back(DlqJson::parse(line, nullptr, /*allow_exceptions=*/false));
  }
  return lines;
}

std::string Content(const std::string& path) {
  std::ifstream file(path);
  return {std::istreambuf_iterator<char>(file), {}};
}

class DlqCommandTest : public testing::Test {
 protected:
  DlqCommandTest() {
    for (const char* name : {kBills, kBillsDlq}) broker_.DeclareQueue(name, {{"x-queue-type", "quorum"}});
  }

  // Letter "m<number>" of an order.
  void Dies(int number, int order, const std::string& reason = "why", int second = 0) {
    const DlqJson event = {{"event_type", number % 2 == 0 ? "PaymentFailed" : "PaymentProcessed"},
                           {"timestamp", absl::StrFormat("2026-01-02T03:04:%02dZ", second)},
                           {"data", {{"order_id", OrderNumber(order)}}}};
    const DlqJson headers = {{"x-dead-reason", reason},
                             {"x-dead-at", absl::StrFormat("2026-11-22T10:00:%02dZ", number % 60)},
                             {"x-dead-consumer", "bills"}};
    ASSERT_TRUE(broker_.Publish("", kBillsDlq, event.dump(),
                                {{"message_id", "m" + std::to_string(number)}, {"headers", headers}}));
  }

  support::Command Dlq(std::vector<std::string> args) const {
    support::Command command{{LOGISTICS_BINARY_DIR "/logisticsctl", "dlq"},
                             {{"RABBITMQ_URL", " " + broker_.url() + "\n"}}};
    command.args.insert(command.args.end(), args.begin(), args.end());
    return command;
  }
  support::Command OnBills(const std::string& word, std::vector<std::string> args) const {
    support::Command command = Dlq({word, "--queue", kBills});
    command.args.insert(command.args.end(), args.begin(), args.end());
    if (word == "redrive" || word == "drop") command.args.insert(command.args.end(), {"--audit", audit()});
    return command;
  }
  Finished Run(const std::string& word, std::vector<std::string> args = {}) const {
    return support::RunToEnd(OnBills(word, std::move(args)));
  }
  std::string audit() const { return folder_.path() + "/audit.jsonl"; }
  std::string File(const std::string& name) const { return folder_.path() + "/" + name; }

  // Of the letters as `show` sees them, which it leaves as they are.
  std::vector<std::string> DeadIds() const {
    const Finished shown = Run("show", {"--json"});
    EXPECT_EQ(shown.exit_code, 0) << shown.err;
    std::vector<std::string> ids;
    for (const DlqJson& line : LinesOf(shown.out)) ids.push_back(line["message_id"]);
    return ids;
  }
  // Taken from the queue.
  std::vector<std::string> TakeLiveIds(std::size_t count) const {
    support::TestConsumer consumer(broker_.url(), kBills);
    std::vector<std::string> ids;
    for (const ReceivedMessage& message : consumer.Take(count)) ids.push_back(message.message_id);
    for (const ReceivedMessage& message : consumer.Take(1, absl::Milliseconds(300))) ids.push_back(message.message_id);
    return ids;
  }

  support::TestBroker broker_;
  support::TempFolder folder_;
};

TEST_F(DlqCommandTest, List_CountsByReasonAndSaysWhatIsMissing) {
  Dies(1, 1, "order " + OrderNumber(1) + " is cancelled");
  Dies(2, 2, "order " + OrderNumber(2) + " is cancelled");
  Dies(3, 3, "no JSON");
  const Finished human = support::RunToEnd(Dlq({"list", "--queue", kBills}));
  EXPECT_EQ(human.exit_code, 0) << human.err;
  EXPECT_THAT(human.out, HasSubstr("bills: 3 letters, the oldest of 2026-11-22 10:00:01Z"));
  EXPECT_THAT(human.out, HasSubstr("2  order <id> is cancelled"));
  const Finished both = support::RunToEnd(Dlq({"--json", "list", "--queue", kBills, "--queue", "nowhere"}));
  EXPECT_EQ(both.exit_code, 1);
  const DlqJson queues = DlqJson::parse(both.out)["queues"];
  ASSERT_EQ(queues.size(), 2U);
  EXPECT_EQ(queues[0]["count"], 3);
  EXPECT_EQ(queues[0]["reasons"].size(), 2U);
  EXPECT_EQ(queues[1]["exists"], false);

  const Finished ours = support::RunToEnd(Dlq({"list"}));
  EXPECT_EQ(ours.exit_code, 1);
  EXPECT_THAT(ours.out, HasSubstr("there is no queue logistics_payments.dlq"));
  EXPECT_FALSE(broker_.Queue("logistics_payments.dlq").has_value());
}

TEST_F(DlqCommandTest, Show_SaysAllAndMovesNothing) {
  for (int i = 1; i <= 5; ++i) Dies(i, i % 2, "reason " + std::to_string(i), 10 - i);
  for (int round = 0; round < 3; ++round) {
    EXPECT_THAT(DeadIds(), ElementsAre("m1", "m2", "m3", "m4", "m5"));
    const Finished one = Run("show", {"--order", OrderNumber(0), "--limit", "1"});
    EXPECT_THAT(one.out, HasSubstr("message m2  PaymentFailed  order " + OrderNumber(0)));
    EXPECT_THAT(one.out, HasSubstr("reason 2"));
    EXPECT_THAT(one.out, testing::Not(HasSubstr("m4")));
  }
}

TEST_F(DlqCommandTest, Redrive_SaysBeforehandWhatItThenDoesAndLeavesItsLines) {
  Dies(1, 1, "bad", 1);
  Dies(2, 1, "good", 2);
  Dies(3, 2, "good", 9);
  Dies(4, 2, "good", 3);
  const Finished dry = Run("redrive", {"--reason", "good", "--dry-run"});
  EXPECT_EQ(dry.exit_code, 0) << dry.err;
  EXPECT_THAT(dry.out, HasSubstr("would go: message m4"));
  EXPECT_THAT(dry.out, HasSubstr("would redrive 2 of 4 letters"));
  EXPECT_FALSE(std::filesystem::exists(audit()));
  EXPECT_THAT(DeadIds(), ElementsAre("m1", "m2", "m3", "m4"));

  const Finished done = Run("redrive", {"--reason", "good"});
  EXPECT_EQ(done.exit_code, 0) << done.err;
  EXPECT_THAT(done.out, HasSubstr("redriven 2 of 4 letters"));
  EXPECT_THAT(done.out, HasSubstr("left: message m2"));
  EXPECT_THAT(done.out, HasSubstr("an earlier letter of the order is not selected: redrive or drop it first"));
  EXPECT_THAT(TakeLiveIds(2), ElementsAre("m4", "m3"));
  EXPECT_THAT(DeadIds(), ElementsAre("m1", "m2"));
  const std::vector<DlqJson> lines = LinesOf(Content(audit()));
  ASSERT_THAT(lines, SizeIs(2));
  EXPECT_EQ(lines[0]["message_id"], "m4");
  EXPECT_EQ(lines[0]["command"], "redrive");
  EXPECT_EQ(lines[0]["queue"], kBills);
  EXPECT_EQ(lines[0]["order_id"], OrderNumber(2));
  EXPECT_EQ(lines[0]["event_type"], "PaymentFailed");
  EXPECT_EQ(lines[0]["filters"]["reason"], "good");
  EXPECT_FALSE(lines[0]["user"].get<std::string>().empty());

  const Finished json = Run("redrive", {"--json", "--event-type", "PaymentProcessed", "--limit", "1"});
  EXPECT_EQ(LinesOf(json.out).front()["action"], "redriven");
  EXPECT_EQ(LinesOf(json.out).back()["redriven"], 1);
  EXPECT_THAT(LinesOf(Content(audit())), SizeIs(3)) << "added, not written over";
}

TEST_F(DlqCommandTest, WhatCannotBeAudited_IsNotDone) {
  Dies(1, 1);
  const Finished refused = support::RunToEnd(Dlq({"redrive", "--queue", kBills, "--audit", "/nowhere/audit.jsonl"}));
  EXPECT_EQ(refused.exit_code, 2);
  EXPECT_THAT(refused.err, HasSubstr("/nowhere/audit.jsonl"));
  EXPECT_THAT(DeadIds(), ElementsAre("m1"));
}

TEST_F(DlqCommandTest, KilledInTheMiddle_LosesNothingAndDoublesOneAtMost) {
  constexpr std::size_t kLetters = 30;
  std::set<std::string> all;
  for (int i = 1; i <= static_cast<int>(kLetters); ++i) {
    Dies(i, i);
    all.insert("m" + std::to_string(i));
  }
  {
    support::Process redrive(OnBills("redrive", {"--rate", "20"}));
    ASSERT_TRUE(Eventually([&] { return LinesOf(Content(audit())).size() >= 5; }));
    const Finished second = Run("show");
    EXPECT_EQ(second.exit_code, 1);
    EXPECT_THAT(second.err, HasSubstr("another dlq command runs on bills"));
    redrive.Kill();
  }
  ASSERT_TRUE(Eventually([&] { return Run("list").exit_code == 0; })) << "the lock goes with the process";
  const std::vector<std::string> dead = DeadIds();
  EXPECT_TRUE(std::is_sorted(dead.begin(), dead.end(), [](const auto& a, const auto& b) {
    return std::stoi(a.substr(1)) < std::stoi(b.substr(1));
  })) << "the rest is in its place";
  const std::vector<std::string> live = TakeLiveIds(kLetters - dead.size());
  EXPECT_LE(live.size() + dead.size(), kLetters + 1);
  std::set<std::string> there(dead.begin(), dead.end());
  there.insert(live.begin(), live.end());
  EXPECT_EQ(there, all);
  std::set<std::string> audited;
  for (const DlqJson& line : LinesOf(Content(audit()))) audited.insert(line["message_id"]);
  EXPECT_THAT(live, IsSubsetOf(audited)) << "no redrive without its line";
}

TEST_F(DlqCommandTest, Interrupted_EndsWithItsCount) {
  for (int i = 1; i <= 20; ++i) Dies(i, i);
  support::Process redrive(OnBills("redrive", {"--rate", "5"}));
  ASSERT_TRUE(Eventually([&] { return LinesOf(Content(audit())).size() >= 2; }));
  redrive.Signal(SIGINT);
  const std::optional<support::Ending> ending = redrive.Wait();
  ASSERT_TRUE(ending.has_value());
  EXPECT_EQ(ending->exit_code, 0);
  EXPECT_THAT(redrive.Output(), HasSubstr(" of 20 letters, stopped"));
  ASSERT_TRUE(Eventually([&] { return Run("list").exit_code == 0; }));
  const std::size_t dead = DeadIds().size();
  EXPECT_THAT(redrive.Output(), HasSubstr("redriven " + std::to_string(20 - dead) + " of"));
  EXPECT_THAT(TakeLiveIds(20 - dead), SizeIs(20 - dead)) << "none twice";
}

TEST_F(DlqCommandTest, Drop_ExportsFirstAndTakesOnlyWhatWasSelected) {
  Dies(1, 1, "bad");
  Dies(2, 2, "good");
  ASSERT_TRUE(
      broker_.Publish("", kBillsDlq, "no text", {{"message_id", "m3"}, {"headers", {{"x-dead-reason", "bad"}}}}));
  const Finished unasked = Run("drop", {"--reason", "bad", "--export", File("out.jsonl")});
  EXPECT_EQ(unasked.exit_code, 2) << "nobody is there to be asked";
  EXPECT_THAT(unasked.err, HasSubstr("--yes"));
  const std::string taken = folder_.Write("taken.jsonl", "precious");
  const Finished overwriting = Run("drop", {"--yes", "--export", taken});
  EXPECT_EQ(overwriting.exit_code, 2);
  EXPECT_EQ(Content(taken), "precious");
  EXPECT_THAT(DeadIds(), ElementsAre("m1", "m2", "m3"));

  const Finished dropped = Run("drop", {"--reason", "bad", "--yes", "--export", File("out.jsonl")});
  EXPECT_EQ(dropped.exit_code, 0) << dropped.err;
  EXPECT_THAT(dropped.out, HasSubstr("dropped 2 letters"));
  EXPECT_THAT(DeadIds(), ElementsAre("m2"));
  const std::vector<DlqJson> exported = LinesOf(Content(File("out.jsonl")));
  ASSERT_THAT(exported, SizeIs(2));
  EXPECT_EQ(exported[1]["body"], "no text");
  EXPECT_EQ(exported[0]["headers"]["x-dead-consumer"], "bills");
  EXPECT_EQ(exported[0]["properties"]["message_id"], "m1");
  const std::vector<DlqJson> lines = LinesOf(Content(audit()));
  ASSERT_THAT(lines, SizeIs(2));
  EXPECT_EQ(lines[0]["command"], "drop");
  EXPECT_THAT(TakeLiveIds(0), IsEmpty());
}

TEST_F(DlqCommandTest, Drop_AtATerminalAsksForTheNameOfTheQueue) {
  Dies(1, 1);
  EXPECT_EQ(AnswerAtTerminal(OnBills("drop", {"--export", File("no.jsonl")}), "for good: ", "yes\n"), 1);
  EXPECT_THAT(DeadIds(), ElementsAre("m1"));
  EXPECT_EQ(AnswerAtTerminal(OnBills("drop", {"--export", File("yes.jsonl")}), "for good: ", "bills\n"), 0);
  EXPECT_THAT(DeadIds(), IsEmpty());
  EXPECT_THAT(LinesOf(Content(File("yes.jsonl"))), SizeIs(1));
}

TEST_F(DlqCommandTest, Usage_IsSaidBeforeAnythingIsDone) {
  support::Command nowhere = OnBills("show", {});
  nowhere.env.clear();
  const Finished no_broker = support::RunToEnd(nowhere);
  EXPECT_EQ(no_broker.exit_code, 2);
  EXPECT_THAT(no_broker.err, HasSubstr("RABBITMQ_URL"));
  nowhere.env["RABBITMQ_URL"] = "amqp://guest:secret@127.0.0.1:1/";
  const Finished away = support::RunToEnd(nowhere);
  EXPECT_EQ(away.exit_code, 3);
  EXPECT_THAT(away.err, testing::AllOf(HasSubstr("127.0.0.1:1"), testing::Not(HasSubstr("secret"))));
  EXPECT_EQ(Run("redrive", {"--order", "seven"}).exit_code, 2);
  EXPECT_EQ(Run("redrive", {"--rate", "0"}).exit_code, 2);
  const Finished wrong = support::RunToEnd(Dlq({"redrive", "--queue", kBillsDlq, "--audit", audit()}));
  EXPECT_EQ(wrong.exit_code, 1);
  EXPECT_THAT(wrong.err, HasSubstr("without .dlq"));
}

}  // namespace
}  // namespace logistics::e2e
