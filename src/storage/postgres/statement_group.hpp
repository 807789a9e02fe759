#pragma once

#include <cstddef>
#include <utility>
#include <vector>

#include "storage/postgres/pipeline_session.hpp"

namespace logistics::storage {

// INSERT, UPDATE or DELETE statements without results, in the order in which they are executed.
class StatementGroup {
 public:
  void Add(const Statement& statement, Params params) { statements_.emplace_back(statement, std::move(params)); }
  std::size_t size() const { return statements_.size(); }

  // Adds them to the session's next message.
  void QueueTo(PipelineSession& session) && {
    for (auto& [statement, params] : statements_) session.Queue(statement, std::move(params));
  }

 private:
  std::vector<std::pair<Statement, Params>> statements_;
};

}  // namespace logistics::storage
