#include "rpc/call/request_bytes.hpp"

#include <google/protobuf/descriptor.h>
#include <google/protobuf/unknown_field_set.h>
#include <grpcpp/support/proto_buffer_reader.h>

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

#include "absl/strings/str_cat.h"
#include "logistics/domain/errors.hpp"
#include "logistics/domain/validation.hpp"

namespace logistics::rpc {
namespace {

using google::protobuf::Descriptor;
using google::protobuf::FieldDescriptor;
using google::protobuf::UnknownField;
using google::protobuf::UnknownFieldSet;

constexpr std::size_t kReadAtOnceBytesMax = std::size_t{16} * 1024;
constexpr std::size_t kNamedFieldsMax = 100;
constexpr int kDepthMax = 100;  // as protobuf's parser

thread_local bool reading = false;

class Reading {
 public:
  Reading() { reading = true; }
  ~Reading() { reading = false; }
  Reading(const Reading&) = delete;
  Reading& operator=(const Reading&) = delete;
};

// Looks for the texts that made the parser refuse a message, over its fields as they stand on the wire.
class TextSearch {
 public:
  std::vector<domain::FieldViolation> found;

  void Look(const UnknownFieldSet& fields, const Descriptor& type, const std::string& path, int depth) {
    std::vector<int> seen(static_cast<std::size_t>(type.field_count()), 0);
    for (int i = 0; i < fields.field_count() && found.size() < kNamedFieldsMax; ++i) {
      const UnknownField& value = fields.field(i);
      const FieldDescriptor* const field = type.FindFieldByNumber(value.number());
      if (field == nullptr || value.type() != UnknownField::TYPE_LENGTH_DELIMITED) continue;
      std::string name = path.empty() ? field->name() : absl::StrCat(path, ".", field->name());
      if (field->is_repeated()) absl::StrAppend(&name, "[", seen[static_cast<std::size_t>(field->index())]++, "]");
      if (field->type() == FieldDescriptor::TYPE_STRING) {
        LookAtText(value.length_delimited(), name);
      } else if (field->type() == FieldDescriptor::TYPE_MESSAGE && depth < kDepthMax) {
        UnknownFieldSet inner;
        if (inner.ParseFromString(value.length_delimited())) Look(inner, *field->message_type(), name, depth + 1);
      }
    }
  }

 private:
  void LookAtText(const std::string& text, const std::string& name) {
    if (domain::IsUtf8(text)) return;
    found.push_back({name, absl::StrCat(domain::Quoted(text), " is not valid UTF-8")});
  }
};

absl::Status WhatIsWrong(const std::string& bytes, const Descriptor& type) {
  UnknownFieldSet fields;
  if (fields.ParseFromString(bytes)) {
    TextSearch search;
    search.Look(fields, type, "", 0);
    if (!search.found.empty()) return domain::InvalidFieldsError(search.found);
  }
  return absl::InvalidArgumentError(
      absl::StrCat("the message of ", bytes.size(), " bytes is no well-formed ", type.full_name()));
}

std::string Joined(const grpc::ByteBuffer& bytes) {
  std::vector<grpc::Slice> slices;
  std::string joined;
  if (!bytes.Dump(&slices).ok()) return joined;
  for (const grpc::Slice& slice : slices) {
    joined.append(reinterpret_cast<const char*>(slice.begin()), slice.size());
  }
  return joined;
}

}  // namespace

absl::Status ReadRequest(grpc::ByteBuffer& bytes, int bytes_max, google::protobuf::Message& request) {
  const Descriptor& type = *request.GetDescriptor();
  if (!bytes.Valid()) {
    return absl::InvalidArgumentError(
        absl::StrCat("the call has no message, or a far too large one; one ", type.full_name(), " is wanted"));
  }
  if (bytes.Length() > static_cast<std::size_t>(bytes_max)) {
    return domain::MessageTooLargeError(bytes.Length(), static_cast<std::size_t>(bytes_max));
  }
  const Reading now;
  {
    grpc::ProtoBufferReader reader(&bytes);
    if (reader.status().ok() && request.ParseFromZeroCopyStream(&reader)) {
      bytes.Clear();
      return absl::OkStatus();
    }
  }
  return WhatIsWrong(Joined(bytes), type);
}

bool IsLarge(const grpc::ByteBuffer& bytes) { return bytes.Valid() && bytes.Length() > kReadAtOnceBytesMax; }

bool IsReadingRequest() { return reading; }

}  // namespace logistics::rpc
