#pragma once

#include <atomic>
#include <map>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>

#include "logistics/ports/health.hpp"

namespace logistics::storage {

// Whether each part of a replica has the sessions that its work needs: the health component "postgres". A part cannot
// work while one of its sessions fails; its name and the reason are reported. Thread-safe.
class SessionHealth {
 public:
  enum class Weight {
    kNeeded,    // the replica is down without it, and until it has worked once
    kDeferred,  // degraded: its work waits
  };

  // `reporter` outlives this object. Nothing is reported before Start().
  explicit SessionHealth(ports::HealthReporter& reporter) : reporter_(reporter) {}
  void Start();
  bool started() const { return started_; }

  // One more session of `part`, until Leave.
  int Join(std::string_view part, Weight weight);
  void Leave(int member);
  void Works(int member);
  // The first line of `reason` is for an operator.
  void Fails(int member, std::string_view reason);

  // After a failure that a pooler or missing rights explain: true once, for the one who can ask the server.
  void Suspect() { suspected_ = true; }
  bool TakeSuspicion() { return suspected_.exchange(false); }

 private:
  enum class State { kUnknown, kWorks, kFails };
  struct Member {
    std::string part;
    Weight weight = Weight::kNeeded;
    State state = State::kUnknown;
    std::string reason;
  };
  struct Verdict {
    ports::HealthState state = ports::HealthState::kUp;
    std::string reason;
    friend bool operator==(const Verdict&, const Verdict&) = default;
  };
  void Set(int member, State state, std::string reason);
  Verdict VerdictLocked() const;
  void Publish();

  ports::HealthReporter& reporter_;
  std::atomic<bool> started_ = false;
  std::atomic<bool> suspected_ = false;
  mutable std::mutex mutex_;
  std::map<int, Member> members_;     // guarded by mutex_
  int last_ = 0;                      // guarded by mutex_
  std::mutex publish_mutex_;          // taken before mutex_
  std::optional<Verdict> published_;  // guarded by publish_mutex_
};

// The part of the daemon that a session works for, and who hears whether it can. Without `health` nobody does.
struct SessionPart {
  SessionHealth* health = nullptr;
  const char* name = "";
  SessionHealth::Weight weight = SessionHealth::Weight::kNeeded;
  bool commits = false;  // its work is to commit, and nothing less than a commit shows that it can
};

}  // namespace logistics::storage
