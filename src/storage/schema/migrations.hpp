#pragma once

#include <span>
#include <string_view>

namespace logistics::storage {

// A file of src/storage/schema/migrations, built into the binary. Names are 0001_words, applied in their order.
struct EmbeddedMigration {
  std::string_view name;
  std::string_view sql;
};
std::span<const EmbeddedMigration> EmbeddedMigrations();

}  // namespace logistics::storage
