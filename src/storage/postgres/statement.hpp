#pragma once

namespace logistics::storage {

// A statement that is prepared once a session, at its first use. Both strings live as long as the program.
struct Statement {
  const char* name;
  const char* sql;
};

// What a session is used for decides how its statements are planned.
enum class SessionUse {
  kByKey,    // writes and look-ups by key: generic plans, index scans only
  kQueries,  // lists and sums: planned for their values
};

}  // namespace logistics::storage
