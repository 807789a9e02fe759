#include "ctl/client/options.hpp"

#include <google/protobuf/descriptor.h>

#include <stdexcept>
#include <utility>
#include <vector>

#include "absl/strings/numbers.h"
#include "absl/strings/str_split.h"

namespace logistics::ctl {
namespace {

using google::protobuf::FieldDescriptor;
using google::protobuf::Message;
using google::protobuf::Reflection;

// The field at the end of a path and the message that has it; makes the messages on the way.
const FieldDescriptor* FieldOf(const Message& message, const std::string& name) {
  const FieldDescriptor* const field = message.GetDescriptor()->FindFieldByName(name);
  if (field == nullptr) throw std::logic_error("no field " + name);
  return field;
}

std::pair<Message*, const FieldDescriptor*> FieldAt(Message* message, const std::string& path) {
  const std::vector<std::string> parts = absl::StrSplit(path, '.');
  const FieldDescriptor* field = FieldOf(*message, parts.front());
  for (std::size_t i = 1; i < parts.size(); ++i) {
    message = message->GetReflection()->MutableMessage(message, field);
    field = FieldOf(*message, parts[i]);
  }
  return {message, field};
}

template <typename Value>
std::function<void(const Value&)> Setter(const std::shared_ptr<Message>& root, const std::string& path,
                                         void (Reflection::*set)(Message*, const FieldDescriptor*, Value) const) {
  return [=](const Value& value) {
    const auto [message, field] = FieldAt(root.get(), path);
    (message->GetReflection()->*set)(message, field, value);
  };
}

}  // namespace

FieldOptions::FieldOptions(CLI::App& app, std::shared_ptr<Message> message) : app_(app), message_(std::move(message)) {}

CLI::Option* FieldOptions::Add(const std::string& name, const std::string& path, const std::string& help) {
  const std::unique_ptr<Message> blank(message_->New());
  const FieldDescriptor* const field = FieldAt(blank.get(), path).second;
  if (field->is_repeated()) {
    const auto add = Setter(message_, path, &Reflection::AddString);
    const auto add_all = [add](const std::vector<std::string>& values) {
      for (const std::string& value : values) add(value);
    };
    return app_.add_option_function<std::vector<std::string>>(name, add_all, help);
  }
  switch (field->cpp_type()) {
    case FieldDescriptor::CPPTYPE_BOOL:
      return app_.add_flag_callback(
          name, [set = Setter(message_, path, &Reflection::SetBool)] { set(true); }, help);
    case FieldDescriptor::CPPTYPE_INT32:
      return app_.add_option_function(name, Setter(message_, path, &Reflection::SetInt32), help);
    case FieldDescriptor::CPPTYPE_INT64:
      return app_.add_option_function(name, Setter(message_, path, &Reflection::SetInt64), help);
    case FieldDescriptor::CPPTYPE_DOUBLE:
      return app_.add_option_function(name, Setter(message_, path, &Reflection::SetDouble), help);
    default:
      return app_.add_option_function(name, Setter(message_, path, &Reflection::SetString), help);
  }
}

bool ParseDuration(const std::string& text, absl::Duration max, absl::Duration& duration) {
  double seconds = 0;
  const bool plain = absl::SimpleAtod(text, &seconds);
  if (plain) duration = absl::Seconds(seconds);
  if (!plain && !absl::ParseDuration(text, &duration)) return false;
  return duration > absl::ZeroDuration() && duration <= max;
}

}  // namespace logistics::ctl
