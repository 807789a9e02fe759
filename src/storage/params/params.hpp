#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>
#include <variant>
#include <vector>

#include "absl/time/time.h"
#include "logistics/domain/ids.hpp"
#include "storage/params/array_param.hpp"
#include "storage/params/timestamps.hpp"

namespace logistics::storage {

// Parameters of one statement.
class Params {
 public:
  Params& Add(std::string text) { return Push(std::move(text)); }
  Params& AddBytes(std::string bytes) { return Push(ByteString{std::move(bytes)}); }  // a bytea
  Params& Add(ArrayParam array);
  Params& Add(std::int64_t number) { return Add(std::to_string(number)); }
  Params& Add(const domain::Uuid& id) { return Add(id.ToString()); }
  Params& Add(absl::Time time) { return Add(TimeText(time)); }

  std::size_t size() const { return values_.size(); }
  // All as texts.
  std::vector<std::string> Texts() const;

  // One as libpq takes it: bytes, and arrays that have a type, in binary form. Lives as long as the parameters.
  enum Format { kText = 0, kBinary = 1 };  // as libpq numbers them
  struct Wire {
    Format format;
    std::string_view value;  // a text ends with a zero byte
  };
  Wire WireOf(std::size_t index) const;

 private:
  struct ByteString {
    std::string bytes;
  };
  using Value = std::variant<std::string, ByteString, ArrayParam>;

  template <typename T>
  Params& Push(T value) {
    values_.emplace_back(std::move(value));
    return *this;
  }

  std::vector<Value> values_;
};

// One array a column, for the INSERT ... SELECT FROM unnest() of a batch: rows are added column by column.
class Columns {
 public:
  explicit Columns(std::size_t count) : columns_(count) {}

  // Adds one row; as many values as there are columns. std::nullopt-like values are given as Null{}.
  struct Null {};
  template <typename... Values>
  void AddRow(const Values&... values) {
    std::size_t i = 0;
    (AddValue(columns_[i++], values), ...);
    ++rows_;
  }

  bool empty() const { return rows_ == 0; }
  std::size_t rows() const { return rows_; }
  void AddTo(Params& params) const {
    for (const ArrayParam& column : columns_) params.Add(column);
  }

 private:
  template <typename T>
  static void AddValue(ArrayParam& column, const T& value) {
    if constexpr (std::is_same_v<T, Null>) {
      column.AddNull();
    } else if constexpr (requires { value.has_value(); }) {
      if (value.has_value()) {
        column.Add(*value);
      } else {
        column.AddNull();
      }
    } else {
      column.Add(value);
    }
  }

  std::vector<ArrayParam> columns_;
  std::size_t rows_ = 0;
};

}  // namespace logistics::storage
