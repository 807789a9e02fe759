// A database of its own for a test, in the private Postgres of the stack.
#pragma once

#include <functional>
#include <pqxx/pqxx>
#include <string>

namespace test {

// The tables that a test begins with. The first test on a server makes them, in a template; each database is a copy.
struct Schema {
  std::string name;                                    // of the template: another one for other tables
  std::function<void(const std::string& url)> make;    // in an empty database
  std::function<void(const std::string& url)> differ;  // in each copy, where copies may not be the same
};

// Dropped at the end (whoever is still connected is cut off). The server is the one that LOGISTICS_TEST_DATABASE_URL
// names; without it the test fails saying how to get it.
class TestDatabase {
 public:
  TestDatabase();  // empty
  explicit TestDatabase(const Schema& schema);
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
