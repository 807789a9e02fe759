// Rows that Postgres answered to a session on libpq, as texts.
#pragma once

#include <cstddef>
#include <memory>
#include <string>

struct pg_result;

namespace logistics::storage {

// A value of a row; lives as long as its Rows.
class Field {
 public:
  Field(const pg_result* rows, int row, int column) : rows_(rows), row_(row), column_(column) {}
  bool is_null() const;
  const char* c_str() const;  // "" for NULL
  std::size_t size() const;
  // T: an integer, bool, std::string. Throws std::runtime_error where the text is none.
  template <typename T>
  T as() const;

 private:
  const pg_result* rows_;
  int row_;
  int column_;
};

class Row {
 public:
  using size_type = int;
  Row(const pg_result* rows, int row) : rows_(rows), row_(row) {}
  Field operator[](int column) const { return {rows_, row_, column}; }

 private:
  const pg_result* rows_;
  int row_;
};

// The answer to one statement. Cheap to copy.
class Rows {
 public:
  class Iterator {
   public:
    Iterator(const pg_result* rows, int row) : rows_(rows), row_(row) {}
    Row operator*() const { return {rows_, row_}; }
    Iterator& operator++() {
      ++row_;
      return *this;
    }
    bool operator!=(const Iterator& other) const { return row_ != other.row_; }

   private:
    const pg_result* rows_;
    int row_;
  };

  Rows() = default;
  explicit Rows(pg_result* rows);  // owned from now on

  int size() const;
  bool empty() const { return size() == 0; }
  Row operator[](int row) const { return {rows_.get(), row}; }
  Iterator begin() const { return {rows_.get(), 0}; }
  Iterator end() const { return {rows_.get(), size()}; }
  // What the server says it did: "COMMIT", "INSERT 0 2".
  std::string tag() const;

 private:
  std::shared_ptr<pg_result> rows_;
};

}  // namespace logistics::storage
