// docs/events.md and README.md show events as JSON: what is shown is what the encoder makes and the decoder takes.
#include <gmock/gmock.h>

#include <fstream>
#include <map>
#include <set>
#include <sstream>
#include <string>
#include <utility>
#include <vector>

#include "messaging/amqp/options.hpp"
#include "messaging/events/event_decoder.hpp"
#include "messaging/events/event_encoder.hpp"
#include "nlohmann/json.hpp"

namespace logistics::messaging::event_documents {
namespace {

using Json = nlohmann::ordered_json;  // the order of the fields counts
using testing::ElementsAreArray;
using testing::HasSubstr;

template <typename Id>
Id IdOf(const char* text) {
  return *Id::Parse(text);
}

const auto kOrder = IdOf<domain::OrderId>("0190f3a6-1c2b-7d4e-8f50-6a7b8c9d0e1f");
const auto kCustomer = IdOf<domain::CustomerId>("5b2f8f0e-6f0c-4c38-9d0a-3f1d1b7c2a11");
const auto kProduct = IdOf<domain::ProductId>("0190f39d-7a31-7c55-9b12-2d3e4f506172");
const auto kWarehouse = IdOf<domain::WarehouseId>("00000000-0000-0000-0000-000000000001");

// An event of each type; the documents show these.
void Fill(domain::OrderCreated& event) { event = {kOrder, kCustomer, "59.97", 1}; }
void Fill(domain::OrderStatusChanged& event) {
  event = {kOrder, domain::OrderStatus::kPending, domain::OrderStatus::kProcessing, "payments", ""};
}
void Fill(domain::OrderCancelled& event) { event = {kOrder, "changed my mind", "customer"}; }
void Fill(domain::InventoryReserved& event) {
  event = {kOrder.ToString(), kOrder, {{kProduct, "LAMP-01", 3}}, kWarehouse};
}
void Fill(domain::InventoryReleased& event) { event = {kOrder.ToString(), kOrder, "changed my mind"}; }
void Fill(domain::InventoryUpdated& event) {
  event = {kProduct, "LAMP-01", 50, 47, kWarehouse, "committed: order " + kOrder.ToString()};
}

template <typename Data>
Data ExampleOf() {
  Data data;
  Fill(data);
  return data;
}

// One of each alternative: a new type does not compile before it is filled, and fails before it is documented.
template <std::size_t... kIndex>
std::vector<domain::EventData> Examples(std::index_sequence<kIndex...> /*types*/) {
  return {ExampleOf<std::variant_alternative_t<kIndex, domain::EventData>>()...};
}
std::vector<domain::EventData> AllExamples() {
  return Examples(std::make_index_sequence<std::variant_size_v<domain::EventData>>());
}

std::string Encoded(const domain::EventData& data) {
  const auto id = IdOf<domain::Uuid>("0190f3a6-1c2c-7e01-8000-000000000001");
  return JsonEventEncoder().Encode({id, absl::FromUnixMicros(1'767'323'045'678'901), data});
}

std::string FileText(const std::string& name) {
  std::ifstream file(std::string(LOGISTICS_SOURCE_DIR) + "/" + name);
  std::ostringstream text;
  text << file.rdbuf();
  return text.str();
}

// What stands between the first "```json" of a text and its end.
std::string FirstBlock(const std::string& text) {
  const std::string fence = "```json\n";
  const std::size_t begin = text.find(fence);
  if (begin == std::string::npos) return "";
  return text.substr(begin + fence.size(), text.find("```", begin + fence.size()) - begin - fence.size());
}

// The sections of docs/events.md that show an event, by its type.
std::map<std::string, std::string> Sections() {
  std::map<std::string, std::string> sections;
  std::istringstream text(FileText("docs/events.md"));
  std::string type;
  for (std::string line; std::getline(text, line);) {
    if (line.rfind("#", 0) == 0) type = line.rfind("### ", 0) == 0 ? line.substr(4) : "";
    if (!type.empty()) sections[type] += line + "\n";
  }
  return sections;
}

void ExpectShown(const std::string& block, const domain::EventData& data) {
  const Json made = Json::parse(Encoded(data));
  const Json shown = Json::parse(block, nullptr, /*allow_exceptions=*/false);
  EXPECT_EQ(shown, made) << "the document should show:\n" << made.dump(2);
}

TEST(EventDocumentsTest, EachEventOfOurs_IsShownAsItIsEncoded) {
  std::map<std::string, std::string> sections = Sections();
  for (const domain::EventData& data : AllExamples()) {
    const std::string type(domain::EventType(data));
    SCOPED_TRACE(type);
    const BrokerOptions names;
    const bool order = domain::StreamOf(data) == domain::EventStream::kOrder;
    EXPECT_THAT(sections[type], HasSubstr("`" + (order ? names.order_exchange : names.inventory_exchange) + "`"));
    EXPECT_THAT(sections[type], HasSubstr("`" + domain::RoutingKey(data) + "`"));
    ExpectShown(FirstBlock(sections[type]), data);
  }
}

TEST(EventDocumentsTest, EachEventOfOthers_IsShownAsItIsDecoded) {
  std::map<std::string, std::string> sections = Sections();
  std::vector<std::string> routing_keys;
  for (const auto& [type, outcome] : {std::pair("PaymentProcessed", domain::PaymentOutcome::kProcessed),
                                      std::pair("PaymentFailed", domain::PaymentOutcome::kFailed)}) {
    SCOPED_TRACE(type);
    const absl::StatusOr<InboundEvent> event = DecodeEvent(FirstBlock(sections[type]));
    ASSERT_TRUE(event.ok()) << event.status();
    EXPECT_EQ(event->event_type, type);
    const auto* const notice = std::get_if<domain::PaymentNotice>(&event->data);
    ASSERT_NE(notice, nullptr);
    EXPECT_EQ(notice->outcome, outcome);
    EXPECT_EQ(notice->order_id, kOrder);
  }
  for (const std::string& key : BrokerOptions().payments.routing_keys) {
    EXPECT_THAT(sections["PaymentProcessed"] + sections["PaymentFailed"], HasSubstr("`" + key + "`"));
  }
}

TEST(EventDocumentsTest, NothingElse_IsShown) {
  std::set<std::string> known = {"PaymentProcessed", "PaymentFailed"};
  for (const domain::EventData& data : AllExamples()) known.emplace(domain::EventType(data));
  std::set<std::string> shown;
  for (const auto& [type, text] : Sections()) shown.insert(type);
  EXPECT_THAT(shown, ElementsAreArray(known));
}

TEST(EventDocumentsTest, Readme_ShowsTheFirstEvent) {
  const std::string readme = FileText("README.md");
  const std::size_t event = readme.find("\"event_type\"");
  ASSERT_NE(event, std::string::npos) << "README.md shows no event";
  ExpectShown(FirstBlock(readme.substr(readme.rfind("```json", event))), ExampleOf<domain::OrderCreated>());
}

}  // namespace
}  // namespace logistics::messaging::event_documents
