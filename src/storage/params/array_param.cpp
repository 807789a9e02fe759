#include "storage/params/array_param.hpp"

#include <algorithm>
#include <cassert>

#include "storage/params/array_literal.hpp"
#include "storage/params/timestamps.hpp"

namespace logistics::storage {

// By their numbers in every server: src/include/catalog/pg_type.dat of Postgres.
enum class ArrayParam::Type : std::uint32_t {
  kNone = 0,
  kBoolean = 16,
  kBytea = 17,
  kBigint = 20,
  kSmallint = 21,
  kInteger = 23,
  kText = 25,
  kTimestamptz = 1184,
  kUuid = 2950,
};

namespace {

// array_recv of Postgres reads this form (src/backend/utils/adt/arrayfuncs.c): a head of five numbers, then the length
// and the bytes of each element. Numbers are big endian.
constexpr std::size_t kDimensionsAt = 0;
constexpr std::size_t kHasNullAt = 4;
constexpr std::size_t kTypeAt = 8;
constexpr std::size_t kCountAt = 12;
constexpr std::size_t kFirstIndexAt = 16;
constexpr std::size_t kElementsAt = 20;
constexpr std::size_t kHeadWidth = 4;  // of a number of the head, and of a length
constexpr std::int64_t kNullLength = -1;

void PutNumber(char* at, std::int64_t number, std::size_t width) {
  const auto bits = static_cast<std::uint64_t>(number);
  for (std::size_t i = 0; i < width; ++i) at[width - 1 - i] = static_cast<char>(bits >> (8 * i));
}

void PutHead(std::string& binary, std::size_t at, std::int64_t number) {
  PutNumber(binary.data() + at, number, kHeadWidth);
}

// With the sign that the first bit says.
std::int64_t NumberFrom(std::string_view bytes) {
  std::int64_t number = !bytes.empty() && static_cast<unsigned char>(bytes.front()) >= 0x80 ? -1 : 0;
  for (const char byte : bytes) number = number << 8 | static_cast<unsigned char>(byte);
  return number;
}

std::int64_t HeadAt(std::string_view binary, std::size_t at) { return NumberFrom(binary.substr(at, kHeadWidth)); }

domain::Uuid UuidFrom(std::string_view bytes) {
  domain::Uuid::Bytes id;
  std::copy_n(bytes.begin(), id.size(), id.begin());
  return domain::Uuid(id);
}

}  // namespace

ArrayParam::ArrayParam() : binary_(kElementsAt, '\0') {
  PutHead(binary_, kDimensionsAt, 1);
  PutHead(binary_, kFirstIndexAt, 1);
}

ArrayParam::Type ArrayParam::type() const { return static_cast<Type>(HeadAt(binary_, kTypeAt)); }

bool ArrayParam::has_binary() const { return type() != Type::kNone; }

void ArrayParam::Count() { PutHead(binary_, kCountAt, HeadAt(binary_, kCountAt) + 1); }

void ArrayParam::Append(Type type, std::string_view element) {
  assert(!has_binary() || type == this->type());
  PutHead(binary_, kTypeAt, static_cast<std::int64_t>(type));
  Count();
  char length[kHeadWidth];
  PutNumber(length, static_cast<std::int64_t>(element.size()), kHeadWidth);
  binary_.append(length, kHeadWidth).append(element);
}

void ArrayParam::AppendNumber(Type type, std::int64_t number, std::size_t width) {
  char bytes[sizeof number];
  PutNumber(bytes, number, width);
  Append(type, {bytes, width});
}

void ArrayParam::Add(std::string_view text) { Append(Type::kText, text); }

void ArrayParam::Add(const domain::Uuid& id) {
  Append(Type::kUuid, {reinterpret_cast<const char*>(id.bytes().data()), domain::Uuid::kBytes});
}

void ArrayParam::Add(std::int16_t number) { AppendNumber(Type::kSmallint, number, sizeof number); }
void ArrayParam::Add(std::int32_t number) { AppendNumber(Type::kInteger, number, sizeof number); }
void ArrayParam::Add(std::int64_t number) { AppendNumber(Type::kBigint, number, sizeof number); }
void ArrayParam::Add(bool value) { AppendNumber(Type::kBoolean, value ? 1 : 0, 1); }
void ArrayParam::Add(absl::Time time) { AppendNumber(Type::kTimestamptz, TimeBinary(time), sizeof(std::int64_t)); }
void ArrayParam::Add(Bytes bytes) { Append(Type::kBytea, bytes.bytes); }

void ArrayParam::AddNull() {
  PutHead(binary_, kHasNullAt, 1);
  Count();
  char length[kHeadWidth];
  PutNumber(length, kNullLength, kHeadWidth);
  binary_.append(length, kHeadWidth);
}

std::string ArrayParam::Literal() const {
  ArrayLiteral literal;
  std::string_view left = std::string_view(binary_).substr(kElementsAt);
  while (!left.empty()) {
    const std::int64_t length = HeadAt(left, 0);
    left.remove_prefix(kHeadWidth);
    if (length == kNullLength) {
      literal.AddNull();
      continue;
    }
    const std::string_view element = left.substr(0, static_cast<std::size_t>(length));
    left.remove_prefix(element.size());
    switch (type()) {
      case Type::kNone:
        break;
      case Type::kText:
        literal.Add(element);
        break;
      case Type::kBytea:
        literal.Add(Bytes{element});
        break;
      case Type::kUuid:
        literal.Add(UuidFrom(element));
        break;
      case Type::kBoolean:
        literal.Add(NumberFrom(element) != 0);
        break;
      case Type::kTimestamptz:
        literal.Add(TimeOfBinary(NumberFrom(element)));
        break;
      case Type::kSmallint:
      case Type::kInteger:
      case Type::kBigint:
        literal.Add(NumberFrom(element));
        break;
    }
  }
  return literal.ToString();
}

}  // namespace logistics::storage
