#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "absl/time/time.h"
#include "logistics/domain/ids.hpp"

namespace logistics::storage {

// Builds a Postgres array literal ("{a,b}") for one text parameter that the statement casts and unnests.
// Syntax: Postgres manual §8.15.6.
class ArrayParam {
 public:
  void Add(std::string_view text);  // quoted and escaped
  void Add(const domain::Uuid& id);
  void Add(std::int64_t number);
  void Add(bool value);
  void Add(absl::Time time);
  template <typename Tag>
  void Add(const domain::Id<Tag>& id) {
    Add(id.uuid());
  }
  void Add(const char* text) { Add(std::string_view(text)); }
  void Add(int number) { Add(std::int64_t{number}); }
  void AddNull();

  // The literal so far, closed.
  std::string Literal() const { return literal_ + "}"; }

 private:
  void Separate();
  std::string literal_ = "{";
};

// The text form of a timestamptz parameter, to the microsecond. Years from 0001 to 9999.
std::string TimeText(absl::Time time);

// Cuts to microseconds, as a timestamptz does, so that an answer equals the stored value.
absl::Time ToMicroseconds(absl::Time time);

// Parameters of one statement, in text form but for bytes.
class Params {
 public:
  enum Format { kText = 0, kBytes = 1 };  // as libpq numbers them

  Params& Add(std::string text) {
    values_.push_back(std::move(text));
    formats_.push_back(kText);
    return *this;
  }
  // A bytea, as it is. For a PipelineSession.
  Params& AddBytes(std::string bytes) {
    values_.push_back(std::move(bytes));
    formats_.push_back(kBytes);
    return *this;
  }
  Params& Add(const ArrayParam& array) { return Add(array.Literal()); }
  Params& Add(std::int64_t number) { return Add(std::to_string(number)); }
  Params& Add(const domain::Uuid& id) { return Add(id.ToString()); }
  Params& Add(absl::Time time) { return Add(TimeText(time)); }

  const std::vector<std::string>& values() const { return values_; }
  const std::vector<int>& formats() const { return formats_; }

 private:
  std::vector<std::string> values_;
  std::vector<int> formats_;
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
