// A consumer of the mesh, as strict as the strictest of them: written from the contract alone, shares nothing with the
// encoder. Also used by tests that read events back from a broker.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <set>
#include <stdexcept>
#include <string>
#include <string_view>

#include "absl/time/time.h"
#include "nlohmann/json.hpp"

namespace logistics::messaging {

class StrictDecoder {
 public:
  using Json = nlohmann::json;

  // The event_type of a valid envelope; throws std::runtime_error saying what is wrong.
  static std::string Decode(const std::string& body) {
    const Json envelope = Json::parse(body);
    Object(envelope, {{"id", Uuid}, {"event_type", Text}, {"timestamp", Timestamp}, {"version", Text}, {"data", Any}},
           {});
    if (envelope["version"] != "1.0") Fail("version is not 1.0");
    const std::string type = envelope["event_type"];
    const Json& data = envelope["data"];
    if (type == "OrderCreated") {
      Object(data,
             {{"order_id", Uuid},
              {"customer_id", Uuid},
              {"status", Text},
              {"total_amount", Decimal},
              {"items_count", Int32}},
             {});
      if (data["status"] != "pending") Fail("a new order is pending");
    } else if (type == "OrderStatusChanged") {
      Object(data, {{"order_id", Uuid}, {"new_status", StatusName}},
             {{"previous_status", StatusName}, {"changed_by", Text}, {"notes", Text}});
    } else if (type == "OrderCancelled") {
      Object(data, {{"order_id", Uuid}, {"reason", Text}}, {{"cancelled_by", Text}});
    } else if (type == "InventoryReserved") {
      Object(data, {{"reservation_id", Text}, {"order_id", Uuid}, {"items", Items}, {"warehouse_id", Uuid}}, {});
    } else if (type == "InventoryReleased") {
      Object(data, {{"reservation_id", Text}, {"order_id", Uuid}, {"reason", Text}}, {});
    } else if (type == "InventoryUpdated") {
      Object(data,
             {{"product_id", Uuid},
              {"sku", Text},
              {"previous_quantity", Int32},
              {"new_quantity", Int32},
              {"warehouse_id", Uuid},
              {"reason", Text}},
             {});
    } else {
      Fail("nobody knows the event type " + type);
    }
    return type;
  }

 private:
  using Check = std::function<void(const std::string& field, const Json& value)>;
  using Fields = std::map<std::string, Check>;

  [[noreturn]] static void Fail(const std::string& what) { throw std::runtime_error(what); }

  // Stricter than the consumers: a field that the contract does not name is a mistake of ours.
  static void Object(const Json& object, const Fields& required, const Fields& optional) {
    if (!object.is_object()) Fail("not an object: " + object.dump());
    for (const auto& [field, check] : required) {
      if (!object.contains(field)) Fail(field + " is missing");
      check(field, object[field]);
    }
    for (const auto& [field, value] : object.items()) {
      if (required.count(field) != 0) continue;
      const auto known = optional.find(field);
      if (known == optional.end()) Fail(field + " is not in the contract");
      if (!value.is_null()) known->second(field, value);
    }
  }

  // 'd' stands for a digit, 'x' for a hexadecimal digit in lower case, anything else for itself.
  static bool HasShape(std::string_view text, std::string_view shape) {
    if (text.size() != shape.size()) return false;
    for (std::size_t i = 0; i < text.size(); ++i) {
      const bool digit = text[i] >= '0' && text[i] <= '9';
      const bool fits = shape[i] == 'd'   ? digit
                        : shape[i] == 'x' ? digit || (text[i] >= 'a' && text[i] <= 'f')
                                          : text[i] == shape[i];
      if (!fits) return false;
    }
    return true;
  }
  static bool AllDigits(std::string_view text) { return HasShape(text, std::string(text.size(), 'd')); }
  static void Must(bool right, const std::string& field, const Json& value) {
    if (!right) Fail(field + " is wrong: " + value.dump());
  }
  static void Any(const std::string& /*field*/, const Json& /*value*/) {}
  static void Text(const std::string& field, const Json& value) {
    if (!value.is_string()) Fail(field + " is not text: " + value.dump());
  }
  static void Uuid(const std::string& field, const Json& value) {
    Must(value.is_string() && HasShape(value.get<std::string>(), "xxxxxxxx-xxxx-xxxx-xxxx-xxxxxxxxxxxx"), field, value);
  }
  static void Decimal(const std::string& field, const Json& value) {
    Text(field, value);
    const std::string text = value;
    const std::size_t point = text.find('.');
    const std::string whole = text.substr(0, point);
    const std::string fraction = point == std::string::npos ? "0" : text.substr(point + 1);
    Must(!whole.empty() && AllDigits(whole) && (whole.size() == 1 || whole[0] != '0') && !fraction.empty() &&
             AllDigits(fraction),
         field, value);
  }
  static void Timestamp(const std::string& field, const Json& value) {
    Text(field, value);
    const std::string text = value;
    constexpr std::size_t kSecondsEnd = 19;
    Must(
        text.size() > kSecondsEnd && HasShape(text.substr(0, kSecondsEnd), "dddd-dd-ddTdd:dd:dd") && text.back() == 'Z',
        field, value);
    const std::string fraction = text.substr(kSecondsEnd, text.size() - kSecondsEnd - 1);
    Must(fraction.empty() || (fraction.size() > 1 && fraction[0] == '.' && AllDigits(fraction.substr(1))), field,
         value);
    absl::Time parsed;
    Must(absl::ParseTime(absl::RFC3339_full, text, &parsed, nullptr), field, value);
  }
  static void StatusName(const std::string& field, const Json& value) {
    static const std::set<std::string> names = {"Pending",   "Processing", "Shipped",
                                                "Delivered", "Cancelled",  "Returned"};
    Must(value.is_string() && names.count(value.get<std::string>()) == 1, field, value);
  }
  static void Int32(const std::string& field, const Json& value) {
    if (!value.is_number_integer()) Fail(field + " is not an integer: " + value.dump());
    const std::int64_t number = value.get<std::int64_t>();
    if (number < INT32_MIN || number > INT32_MAX) Fail(field + " does not fit 32 bits: " + value.dump());
  }
  static void Items(const std::string& field, const Json& value) {
    if (!value.is_array() || value.empty()) Fail(field + " is not a list of items: " + value.dump());
    for (const Json& item : value) Object(item, {{"product_id", Uuid}, {"sku", Text}, {"quantity", Int32}}, {});
  }
};

}  // namespace logistics::messaging
