#include "messaging/events/event_decoder.hpp"

#include <algorithm>
#include <optional>
#include <utility>

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"
#include "logistics/base/cut_text.hpp"
#include "logistics/domain/limits.hpp"
#include "logistics/domain/validation.hpp"
#include "nlohmann/json.hpp"

namespace logistics::messaging {
namespace {

using InboundJson = nlohmann::json;

constexpr std::size_t kShownBytesMax = 80;
constexpr std::size_t kAmountBytesMax = 32;

absl::Status Undecodable(const std::string& what) { return absl::InvalidArgumentError(what); }

// As JSON in ASCII, which is safe in headers and logs.
std::string ShownJson(const InboundJson& value) {
  std::string text = value.dump(-1, ' ', /*ensure_ascii=*/true, InboundJson::error_handler_t::replace);
  if (text.size() > kShownBytesMax) text = text.substr(0, kShownBytesMax) + "...";
  return text;
}

// The depth of nested brackets, known before the parser builds anything.
int DepthOf(std::string_view body) {
  int depth = 0;
  int deepest = 0;
  bool in_text = false;
  for (std::size_t i = 0; i < body.size(); ++i) {
    const char c = body[i];
    if (in_text) {
      if (c == '\\') ++i;
      if (c == '"') in_text = false;
    } else if (c == '"') {
      in_text = true;
    } else if (c == '{' || c == '[') {
      deepest = std::max(deepest, ++depth);
    } else if (c == '}' || c == ']') {
      --depth;
    }
  }
  return deepest;
}

bool IsDecimal(std::string_view text) {
  if (!text.empty() && text.front() == '-') text.remove_prefix(1);
  const auto digits = [](std::string_view part) {
    return !part.empty() && std::all_of(part.begin(), part.end(), [](char c) { return c >= '0' && c <= '9'; });
  };
  const std::size_t point = text.find('.');
  if (point == std::string_view::npos) return digits(text);
  return digits(text.substr(0, point)) && digits(text.substr(point + 1));
}

// Reads the fields of one object. status() keeps the first error; every later read answers an empty value.
class FieldReader {
 public:
  FieldReader(const InboundJson& object, std::string path) : object_(object), path_(std::move(path)) {
    if (!object.is_object()) Fail("", object, "an object");
  }

  // Text longer than `bytes_max` is refused.
  std::string Text(const char* name, std::size_t bytes_max = domain::kShortTextBytesMax) {
    const InboundJson* const value = Required(name);
    if (value == nullptr) return "";
    const std::string wanted = absl::StrCat("text without NUL of at most ", bytes_max, " bytes");
    if (!value->is_string()) return Fail(name, *value, wanted);
    const auto& text = value->get_ref<const std::string&>();
    if (text.size() > bytes_max || !domain::IsCleanText(text)) return Fail(name, *value, wanted);
    return text;
  }

  // Text for people; a longer one is cut.
  std::string LongText(const char* name) {
    const std::string text = Text(name, kInboundBodyBytesMax);
    return std::string(base::CutText(text, domain::kLongTextBytesMax));
  }

  std::optional<domain::Uuid> OptionalUuid(const char* name) {
    if (!status_.ok() || !object_.contains(name) || object_[name].is_null()) return std::nullopt;
    return Uuid(name);
  }

  domain::Uuid Uuid(const char* name) {
    const InboundJson* const value = Required(name);
    if (value == nullptr) return {};
    const std::optional<domain::Uuid> id =
        value->is_string() ? domain::Uuid::Parse(value->get_ref<const std::string&>()) : std::nullopt;
    if (!id) Fail(name, *value, "a hyphenated UUID");
    return id.value_or(domain::Uuid());
  }

  std::string Decimal(const char* name) {
    const InboundJson* const value = Required(name);
    if (value == nullptr) return "";
    const bool right = value->is_string() && value->get_ref<const std::string&>().size() <= kAmountBytesMax &&
                       IsDecimal(value->get_ref<const std::string&>());
    if (!right) return Fail(name, *value, "a decimal string such as \"19.99\"");
    return value->get<std::string>();
  }

  absl::Time Timestamp(const char* name) {
    const InboundJson* const value = Required(name);
    if (value == nullptr) return {};
    absl::Time time;
    const std::string text = value->is_string() ? value->get<std::string>() : "";
    // The parser would also take "infinite-future", blanks and offsets: the first digit and the Z exclude them.
    const bool right = !text.empty() && text.front() >= '0' && text.front() <= '9' && text.back() == 'Z' &&
                       absl::ParseTime(absl::RFC3339_full, text, &time, nullptr) && domain::IsStorableTime(time);
    if (!right) Fail(name, *value, "an RFC 3339 time in UTC, ending in Z");
    return right ? time : absl::Time();
  }

  void Constant(const char* name, std::string_view wanted) {
    const InboundJson* const value = Required(name);
    if (value == nullptr) return;
    if (*value != InboundJson(std::string(wanted))) {
      Fail(name, *value, absl::StrCat("\"", std::string(wanted), "\""));
    }
  }

  // The value of a field that must be there; nullptr after an error.
  const InboundJson* Required(const char* name) {
    if (!status_.ok()) return nullptr;
    const auto found = object_.find(name);
    if (found == object_.end()) {
      status_ = Undecodable(absl::StrCat(path_, name, " is missing"));
      return nullptr;
    }
    return &*found;
  }

  const absl::Status& status() const { return status_; }

 private:
  std::string Fail(const std::string& name, const InboundJson& value, const std::string& wanted) {
    std::string field = path_ + name;
    if (name.empty()) field = path_.empty() ? "the envelope" : path_.substr(0, path_.size() - 1);
    status_ = Undecodable(absl::StrCat(field, " is ", ShownJson(value), "; wanted is ", wanted));
    return "";
  }

  const InboundJson& object_;
  const std::string path_;  // "data.", empty for the envelope
  absl::Status status_;
};

absl::StatusOr<domain::PaymentNotice> DecodePayment(domain::PaymentOutcome outcome, const InboundJson& data) {
  FieldReader fields(data, "data.");
  domain::PaymentNotice notice;
  notice.outcome = outcome;
  if (outcome == domain::PaymentOutcome::kProcessed) {
    notice.payment_id = fields.Uuid("payment_id");
  } else {
    notice.payment_id = fields.OptionalUuid("payment_id");
  }
  notice.order_id = domain::OrderId(fields.Uuid("order_id"));
  notice.amount = fields.Decimal("amount");
  notice.currency = fields.Text("currency");
  notice.payment_method = fields.Text("payment_method");
  if (outcome == domain::PaymentOutcome::kProcessed) {
    notice.transaction_id = fields.Text("transaction_id");
  } else {
    notice.error_code = fields.Text("error_code");
    notice.error_message = fields.LongText("error_message");
  }
  if (!fields.status().ok()) return fields.status();
  return notice;
}

absl::StatusOr<InboundEvent> DecodeEnvelope(const InboundJson& envelope) {
  FieldReader fields(envelope, "");
  InboundEvent event;
  event.id = fields.Uuid("id");
  event.event_type = fields.Text("event_type");
  event.timestamp = fields.Timestamp("timestamp");
  fields.Constant("version", "1.0");
  const InboundJson* const data = fields.Required("data");
  if (!fields.status().ok()) return fields.status();

  std::optional<domain::PaymentOutcome> payment;
  if (event.event_type == "PaymentProcessed") payment = domain::PaymentOutcome::kProcessed;
  if (event.event_type == "PaymentFailed") payment = domain::PaymentOutcome::kFailed;
  if (!payment) return event;
  absl::StatusOr<domain::PaymentNotice> notice = DecodePayment(*payment, *data);
  if (!notice.ok()) return notice.status();
  event.data = *std::move(notice);
  return event;
}

}  // namespace

absl::StatusOr<InboundEvent> DecodeEvent(std::string_view body) {
  if (body.size() > kInboundBodyBytesMax) {
    return Undecodable(absl::StrCat("the body has ", body.size(), " bytes; allowed are ", kInboundBodyBytesMax));
  }
  if (const int depth = DepthOf(body); depth > kInboundDepthMax) {
    return Undecodable(absl::StrCat("the body is nested ", depth, " deep; allowed is ", kInboundDepthMax));
  }
  try {
    return DecodeEnvelope(InboundJson::parse(body));
  } catch (const InboundJson::parse_error& error) {
    return Undecodable(absl::StrCat("the body is not JSON, see its byte ", error.byte));
  } catch (const InboundJson::exception& error) {
    // A number that no double holds, for instance.
    return Undecodable(absl::StrCat("the body is not JSON that can be held (", error.id, ")"));
  }
}

EventOutline OutlineOf(std::string_view body) {
  EventOutline outline;
  if (body.size() > kInboundBodyBytesMax || DepthOf(body) > kInboundDepthMax) return outline;
  try {
    const InboundJson envelope = InboundJson::parse(body, nullptr, /*allow_exceptions=*/false);
    if (!envelope.is_object()) return outline;
    outline.event_type = FieldReader(envelope, "").Text("event_type");
    FieldReader time(envelope, "");
    const absl::Time timestamp = time.Timestamp("timestamp");
    if (time.status().ok()) outline.timestamp = timestamp;
    const auto data = envelope.find("data");
    if (data == envelope.end() || !data->is_object()) return outline;
    FieldReader fields(*data, "data.");
    const std::optional<domain::Uuid> order_id = fields.OptionalUuid("order_id");
    if (order_id && fields.status().ok()) outline.order_id = domain::OrderId(*order_id);
  } catch (const InboundJson::exception&) {
    // A number that no double holds, for instance. The fields read before it stay.
    return outline;
  }
  return outline;
}

}  // namespace logistics::messaging
