#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "absl/time/time.h"
#include "logistics/domain/ids.hpp"
#include "storage/params/bytes.hpp"

namespace logistics::storage {

// Builds a Postgres array literal ("{a,b}"): an array within a text. Syntax: Postgres manual §8.15.6.
class ArrayLiteral {
 public:
  void Add(std::string_view text);  // quoted and escaped
  void Add(const char* text) { Add(std::string_view(text)); }
  void Add(const domain::Uuid& id);
  template <typename Tag>
  void Add(const domain::Id<Tag>& id) {
    Add(id.uuid());
  }
  void Add(std::int64_t number);
  void Add(int number) { Add(std::int64_t{number}); }
  void Add(bool value);
  void Add(absl::Time time);
  void Add(Bytes bytes);
  void AddNull();

  // The literal so far, closed.
  std::string ToString() const { return literal_ + "}"; }

 private:
  void Separate();
  std::string literal_ = "{";
};

}  // namespace logistics::storage
