#pragma once

#include <string>

#include "storage/postgres/session.hpp"

namespace logistics::storage {

// Several INSERT, UPDATE or DELETE statements without results, sent to Postgres as one: each becomes a WITH part of one
// prepared statement. All see the same snapshot, so none may depend on the rows of another. Measured: a batch spends
// most of its fixed time in round trips. Postgres manual §7.8.4, "Data-Modifying Statements in WITH".
class StatementGroup {
 public:
  // `part` is written as if it stood alone, with parameters from $1 on.
  void Add(const Statement& part, Params params);

  // Runs the added statements, if there are any.
  void Run(Session& session) const;

 private:
  std::string name_;  // the parts' names: a combination is prepared once a session
  std::string with_;
  std::string last_;
  std::string name_of_last_;
  Params params_;
};

}  // namespace logistics::storage
