// A database of its own for a test, in the private Postgres of the stack.
#pragma once

#include <pqxx/pqxx>
#include <string>

namespace test {

// Created empty, dropped at the end (whoever is still connected is cut off). The server is the one that
// LOGISTICS_TEST_DATABASE_URL names; without it the test fails saying how to get it.
class TestDatabase {
 public:
  TestDatabase();
  ~TestDatabase();
  TestDatabase(const TestDatabase&) = delete;
  TestDatabase& operator=(const TestDatabase&) = delete;

  const std::string& url() const { return url_; }

  // Runs one statement on a connection of its own.
  pqxx::result Query(const std::string& sql) const;
  std::int64_t QueryNumber(const std::string& sql) const { return Query(sql)[0][0].as<std::int64_t>(); }

  // Ends all connections of others to this database, as a failing server would. Returns how many.
  int CutConnections() const;

 private:
  std::string name_;
  std::string url_;
};

}  // namespace test
