#pragma once

#include <string>

#include "logistics/ports/call_context.hpp"
#include "storage/postgres/session_pool.hpp"

namespace logistics::storage {

// SessionPool::Read for a list. One that ran out of its time is DEADLINE_EXCEEDED without a retry hint, because the
// same list takes as long again; `advice` says how to make it shorter.
template <typename Work>
auto ReadList(SessionPool& pool, const ports::CallContext& context, const std::string& advice, const Work& work) {
  bool timed_out = false;
  auto result = pool.Read(context, [&](Session& session) {
    timed_out = false;
    try {
      return work(session);
    } catch (const pqxx::sql_error& error) {
      timed_out = error.sqlstate() == "57014";
      throw;
    }
  });
  if (timed_out && !result.ok() && !absl::IsCancelled(result.status())) {
    result = absl::DeadlineExceededError("the list took too long: " + advice);
  }
  return result;
}

}  // namespace logistics::storage
