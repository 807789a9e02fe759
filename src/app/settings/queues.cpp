#include <yaml-cpp/yaml.h>

#include <algorithm>
#include <cstdint>
#include <limits>
#include <set>

#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "app/settings/parts.hpp"

namespace logistics::app {
namespace {

constexpr int kDeliveryLimitMax = 1000;

class QueueReader {
 public:
  QueueReader(std::string key, std::string file, std::vector<std::string>& errors)
      : key_(std::move(key)), file_(std::move(file)), errors_(errors) {}

  // False when something was wrong with it.
  bool Read(const YAML::Node& node, messaging::QueueOptions& queue) {
    const std::size_t errors_before = errors_.size();
    if (!node.IsMap()) {
      Error(node, "is not a map; allowed is name, exchange, routing_keys, type, delivery_limit, max_length");
      return false;
    }
    std::set<std::string> given;
    for (const auto& entry : node) {
      const std::string field = entry.first.Scalar();
      if (!given.insert(field).second) Error(entry.first, absl::StrCat(".", field, " is given twice"));
      ReadField(field, entry, queue);
    }
    for (const char* field : {"name", "exchange", "routing_keys"}) {
      if (given.count(field) == 0) Error(node, absl::StrCat(".", field, " is missing"));
    }
    if (queue.type == messaging::QueueType::kClassic) {
      // Only quorum queues count deliveries; a limit that is asked for and not kept would be protection ignored.
      if (given.count("delivery_limit") == 0) queue.delivery_limit = 0;
      if (queue.delivery_limit != 0) Error(node, ".delivery_limit is for quorum queues only; allowed is 0");
    }
    return errors_.size() == errors_before;
  }

 private:
  template <typename Entry>
  void ReadField(const std::string& field, const Entry& entry, messaging::QueueOptions& queue) {
    const YAML::Node& value = entry.second;
    if (field == "routing_keys") {
      ReadRoutingKeys(entry.first, value, queue.routing_keys);
      return;
    }
    const std::string text = value.IsScalar() ? value.Scalar() : "";
    std::int64_t number = 0;
    if (field == "name" || field == "exchange") {
      const bool right = !text.empty() && text.size() <= 250 && text.find_first_of(" \t\n") == std::string::npos &&
                         text.rfind("amq.", 0) != 0;
      if (!right) Wrong(entry.first, field, text, "1-250 bytes without blanks, not beginning with amq.");
      (field == "name" ? queue.name : queue.exchange) = text;
    } else if (field == "type") {
      if (text != "quorum" && text != "classic") Wrong(entry.first, field, text, "quorum, classic");
      queue.type = text == "classic" ? messaging::QueueType::kClassic : messaging::QueueType::kQuorum;
    } else if (field == "delivery_limit") {
      if (!absl::SimpleAtoi(text, &number) || number < 0 || number > kDeliveryLimitMax) {
        Wrong(entry.first, field, text, absl::StrCat("a whole number from 0 (none) to ", kDeliveryLimitMax));
      } else {
        queue.delivery_limit = static_cast<int>(number);
      }
    } else if (field == "max_length") {
      if (!absl::SimpleAtoi(text, &number) || number < 0) {
        Wrong(entry.first, field, text, "a whole number of messages from 0 (no limit)");
      } else {
        queue.max_length = number;
      }
    } else {
      Error(entry.first, absl::StrCat(": unknown setting ", field,
                                      "; allowed is name, exchange, routing_keys, type, delivery_limit, max_length"));
    }
  }

  void ReadRoutingKeys(const YAML::Node& where, const YAML::Node& value, std::vector<std::string>& keys) {
    const auto right = [](const YAML::Node& item) {
      return item.IsScalar() && !item.Scalar().empty() && item.Scalar().size() <= 255;
    };
    if (!value.IsSequence() || value.size() == 0 || !std::all_of(value.begin(), value.end(), right)) {
      Error(where, ".routing_keys: allowed is a list of at least one key of 1-255 bytes, such as [\"order.#\"]");
      return;
    }
    for (const YAML::Node& item : value) keys.push_back(item.Scalar());
  }

  void Wrong(const YAML::Node& where, const std::string& field, const std::string& text, const std::string& allowed) {
    Error(where, absl::StrCat(".", field, " = \"", text, "\": allowed is ", allowed));
  }

  void Error(const YAML::Node& where, const std::string& text) {
    errors_.push_back(absl::StrCat(file_, ":", where.Mark().line + 1, ": ", key_, text));
  }

  const std::string key_;  // "topology.queues[0]"
  const std::string file_;
  std::vector<std::string>& errors_;
};

}  // namespace

std::vector<messaging::QueueOptions> ReadQueues(const YAML::Node& list, const std::string& key, const std::string& file,
                                                std::vector<std::string>& errors) {
  std::vector<messaging::QueueOptions> queues;
  if (!list.IsSequence()) {
    errors.push_back(absl::StrCat(file, ":", list.Mark().line + 1, ": ", key, " is not a list"));
    return queues;
  }
  int index = 0;
  for (const YAML::Node& node : list) {
    messaging::QueueOptions queue;
    if (QueueReader(absl::StrCat(key, "[", index++, "]"), file, errors).Read(node, queue)) queues.push_back(queue);
  }
  return queues;
}

}  // namespace logistics::app
