#include "support/postgres.hpp"

#include <fmt/format.h>
#include <spdlog/spdlog.h>
#include <unistd.h>

#include <atomic>
#include <cstdlib>
#include <iostream>
#include <random>
#include <stdexcept>

namespace test {
namespace {

std::string ServerUrl() {
  const char* url = std::getenv("LOGISTICS_TEST_DATABASE_URL");
  if (url == nullptr) {
    throw std::runtime_error(
        "LOGISTICS_TEST_DATABASE_URL is not set: run `scripts/stack up` and `eval \"$(scripts/stack env)\"`, or "
        "`scripts/test`");
  }
  return url;
}

// The same server, another database: the path of the URL is replaced.
std::string WithDatabase(const std::string& url, const std::string& name) {
  const std::size_t host = url.find("://") + 3;
  const std::size_t path = url.find('/', host);
  const std::size_t query = url.find('?', host);
  const std::string base = url.substr(0, std::min(path, query));
  return base + "/" + name + (query == std::string::npos ? "" : url.substr(query));
}

void Admin(const std::string& sql) {
  pqxx::connection connection(ServerUrl());
  pqxx::nontransaction(connection).exec(sql);
}

std::string NewName() {
  // The library makes its logger at first use, where TSan cannot see how others are kept from it meanwhile: so before
  // any thread of the test.
  spdlog::default_logger();
  static std::atomic<int> count = 0;
  return fmt::format("test_{}_{}_{:x}", getpid(), ++count, std::random_device{}());
}

// Under another name until it is whole: a test that is killed meanwhile leaves no half of a template.
void MakeTemplate(const Schema& schema) {
  pqxx::connection connection(ServerUrl());
  pqxx::nontransaction server(connection);
  server.exec("SELECT pg_advisory_lock(8386103255512118899)");  // the tests of a server start together
  if (!server.exec("SELECT 1 FROM pg_database WHERE datname = " + server.quote(schema.name)).empty()) return;
  const std::string unfinished = schema.name + "_unfinished";
  server.exec("DROP DATABASE IF EXISTS " + unfinished + " WITH (FORCE)");
  server.exec("CREATE DATABASE " + unfinished);
  schema.make(WithDatabase(ServerUrl(), unfinished));
  server.exec("ALTER DATABASE " + unfinished + " RENAME TO " + schema.name);
}

bool Copy(const std::string& source, const std::string& name) try {
  Admin("CREATE DATABASE " + name + " TEMPLATE " + source);
  return true;
} catch (const pqxx::sql_error& error) {
  if (error.sqlstate() == "3D000") return false;  // there is no such template
  throw;
}

}  // namespace

TestDatabase::TestDatabase() : name_(NewName()), url_(WithDatabase(ServerUrl(), name_)) {
  Admin("CREATE DATABASE " + name_);
}

TestDatabase::TestDatabase(const Schema& schema) : name_(NewName()), url_(WithDatabase(ServerUrl(), name_)) {
  if (!Copy(schema.name, name_)) {
    MakeTemplate(schema);
    if (!Copy(schema.name, name_)) throw std::runtime_error("the template " + schema.name + " is gone");
  }
  schema.differ(url_);
}

TestDatabase::~TestDatabase() {
  try {
    Admin("DROP DATABASE IF EXISTS " + name_ + " WITH (FORCE)");
  } catch (const std::exception& error) {
    std::cerr << "dropping " << name_ << " failed: " << error.what() << "\n";
  }
}

pqxx::result TestDatabase::Query(const std::string& sql) const {
  pqxx::connection connection(url_);
  return pqxx::nontransaction(connection).exec(sql);
}

int TestDatabase::CutConnections() const {
  return Query(
             "SELECT count(pg_terminate_backend(pid)) FROM pg_stat_activity WHERE datname = current_database() AND "
             "pid <> pg_backend_pid()")[0][0]
      .as<int>();
}

}  // namespace test
