#include "storage/postgres/session_health.hpp"

#include <cstddef>
#include <set>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "logistics/base/cut_text.hpp"

namespace logistics::storage {
namespace {

constexpr std::size_t kReasonBytesMax = 300;

std::string FirstLine(std::string_view text) {
  return std::string(base::CutText(text.substr(0, text.find('\n')), kReasonBytesMax));
}

}  // namespace

void SessionHealth::Start() {
  started_ = true;
  Publish();
}

int SessionHealth::Join(std::string_view part, Weight weight) {
  const std::lock_guard lock(mutex_);
  members_[++last_] = {std::string(part), weight, State::kUnknown, ""};
  return last_;
}

void SessionHealth::Leave(int member) {
  const std::lock_guard lock(mutex_);
  members_.erase(member);
}

void SessionHealth::Works(int member) { Set(member, State::kWorks, ""); }

void SessionHealth::Fails(int member, std::string_view reason) { Set(member, State::kFails, FirstLine(reason)); }

void SessionHealth::Set(int member, State state, std::string reason) {
  {
    const std::lock_guard lock(mutex_);
    Member& entry = members_.at(member);
    entry.state = state;
    entry.reason = std::move(reason);
  }
  if (started_) Publish();
}

SessionHealth::Verdict SessionHealth::VerdictLocked() const {
  std::map<std::string, std::set<std::string>> failing;  // parts by reason
  std::set<std::string> starting;
  bool down = false;
  for (const auto& [number, member] : members_) {
    const bool needed = member.weight == Weight::kNeeded;
    if (member.state == State::kFails) {
      failing[member.reason].insert(member.part);
      down = down || needed;
    } else if (member.state == State::kUnknown && needed) {
      starting.insert(member.part);
    }
  }
  std::string reason;
  for (const auto& [why, parts] : failing) {
    absl::StrAppend(&reason, reason.empty() ? "" : "; ", absl::StrJoin(parts, ", "), ": ", why);
  }
  if (failing.empty() && !starting.empty()) {
    return {ports::HealthState::kDown, absl::StrCat("starting: ", absl::StrJoin(starting, ", "))};
  }
  if (failing.empty()) return {ports::HealthState::kUp, ""};
  return {down || !starting.empty() ? ports::HealthState::kDown : ports::HealthState::kDegraded, reason};
}

void SessionHealth::Publish() {
  // The verdict is made under the lock of the report: the last report is the last state.
  const std::lock_guard publishing(publish_mutex_);
  Verdict verdict;
  {
    const std::lock_guard lock(mutex_);
    verdict = VerdictLocked();
  }
  if (published_ == verdict) return;
  published_ = verdict;
  reporter_.Report("postgres", verdict.state, verdict.reason);
}

}  // namespace logistics::storage
