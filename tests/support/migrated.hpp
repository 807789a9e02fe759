// The schema of this build, for databases that a test does not migrate itself.
#pragma once

#include <fmt/format.h>

#include <functional>
#include <stdexcept>
#include <string>

#include "storage/schema/migrations.hpp"
#include "storage/schema/migrator.hpp"
#include "support/postgres.hpp"

namespace test {

inline Schema Migrated() {
  std::string all;
  for (const logistics::storage::EmbeddedMigration& migration : logistics::storage::EmbeddedMigrations()) {
    all.append(migration.name).append(migration.sql);
  }
  const auto done = [](const auto& outcome) {
    if (!outcome.ok()) throw std::runtime_error(outcome.status().ToString());
  };
  const auto at = [](const std::string& url) {
    logistics::storage::DatabaseOptions options;
    options.url = url;
    return options;
  };
  return {fmt::format("template_{:x}", std::hash<std::string>()(all)),
          [=](const std::string& url) { done(logistics::storage::Migrate(at(url))); },
          [=](const std::string& url) { done(logistics::storage::RenewIdentity(at(url))); }};
}

}  // namespace test
