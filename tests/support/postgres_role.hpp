// A role of the private Postgres that is no superuser, as an operator gives to a daemon.
#pragma once

#include <iostream>
#include <string>

#include "support/postgres.hpp"

namespace test {

// May connect to the database, and nothing else until the test grants it. Removed with all its rights at the end:
// declared before what works as the role.
class TestRole {
 public:
  TestRole(const TestDatabase& database, const std::string& suffix)
      : database_(database), name_("role_" + suffix + database.url().substr(database.url().rfind('/') + 6)) {
    Sql("CREATE ROLE " + name_ + " LOGIN PASSWORD 'of_a_test'");
  }
  ~TestRole() {
    try {
      Cut();
      Sql("DROP OWNED BY " + name_ + " CASCADE");
      Sql("DROP ROLE " + name_);
    } catch (const std::exception& error) {
      std::cerr << "dropping " << name_ << " failed: " << error.what() << "\n";
    }
  }
  TestRole(const TestRole&) = delete;
  TestRole& operator=(const TestRole&) = delete;

  const std::string& name() const { return name_; }
  // The database as this role reaches it.
  std::string url() const {
    const std::string& url = database_.url();
    return url.substr(0, url.find("://") + 3) + name_ + ":of_a_test" + url.substr(url.rfind('@'));
  }
  // Runs `sql` as the server's owner; ROLE_ stands for the name of this role.
  void Sql(std::string sql) const {
    for (std::size_t at = sql.find("ROLE_"); at != std::string::npos; at = sql.find("ROLE_")) {
      sql.replace(at, std::string("ROLE_").size(), name_);
    }
    database_.Query(sql);
  }
  // Ends the role's sessions whose last statement begins with `statement`.
  void Cut(const std::string& statement = "") const {
    Sql("SELECT count(pg_terminate_backend(pid)) FROM pg_stat_activity WHERE usename = '" + name_ +
        "' AND starts_with(query, '" + statement + "')");
  }

 private:
  const TestDatabase& database_;
  const std::string name_;
};

}  // namespace test
