// The plans of everything that some sessions run, with the buffers that each read, from the server's own log.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

namespace logistics::storage {

struct LoggedPlan {
  std::string query;
  std::int64_t buffers = 0;
  std::int64_t rows_sorted_max = 0;     // the largest input of a sort
  std::vector<std::string> read_whole;  // tables, by a sequential scan
};

class PlanLog {
 public:
  // From here on in the log of the stack's Postgres. `name` marks the sessions.
  explicit PlanLog(std::string name);

  // The URL of a session whose plans are logged.
  std::string Url(const std::string& database_url) const;

  // What was logged since the last call. Postgres writes a plan before it answers the statement.
  std::vector<LoggedPlan> Read();

 private:
  const std::string name_;
  const std::string path_;
  std::int64_t offset_ = 0;
};

}  // namespace logistics::storage
