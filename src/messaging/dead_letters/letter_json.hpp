// Letters and the results of commands on them, as JSON in one line: for --json, exports and the audit.
#pragma once

#include <cstddef>
#include <map>
#include <string>
#include <vector>

#include "absl/time/time.h"
#include "messaging/dead_letters/letter.hpp"
#include "messaging/dead_letters/redrive.hpp"
#include "messaging/dead_letters/redrive_plan.hpp"

namespace logistics::messaging {

// All members of the letter, `properties` and `headers` as they are, and `body`, or `body_base64` for a body that is no
// UTF-8. An absent part is null. No line break at the end.
std::string LetterJson(const Letter& letter);
// The headers alone, as a JSON object.
std::string HeadersJson(const Letter& letter);

// The outcome for a letter ("redriven") and the members that identify it.
std::string LetterActionJson(const std::string& action, const Letter& letter);

// The letters of one dead letter queue, summed up.
struct LetterSummary {
  std::string queue;
  bool there = true;        // whether the dead letter queue exists
  bool queue_there = true;  // whether the queue itself does
  std::size_t count = 0;
  std::size_t looked_at = 0;                   // the first letters, which the members below are about
  absl::Time oldest = absl::InfiniteFuture();  // died_at; InfiniteFuture = none says
  std::map<std::string, std::size_t> reasons;  // without ids
};
void AddTo(LetterSummary& summary, const Letter& letter);
std::string SummariesJson(const std::vector<LetterSummary>& summaries);

std::string RedriveResultJson(const std::string& queue, const RedriveResult& result, bool dry_run);
std::string DropResultJson(const std::string& queue, std::size_t dropped, const std::string& file);

// A line of the audit: who does what to which letter, and the filter that selected it.
struct AuditEntry {
  absl::Time at;
  std::string user;
  std::string host;
  std::string command;  // redrive, drop
  std::string queue;
  LetterFilter filter;
  std::string outcome;  // empty: the command is about to act; else why it did not, or may not have
};
std::string AuditJson(const AuditEntry& entry, const Letter& letter);

}  // namespace logistics::messaging
