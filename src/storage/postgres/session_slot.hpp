#pragma once

#include <functional>
#include <optional>

#include "storage/postgres/errors.hpp"
#include "storage/postgres/pipeline_session.hpp"
#include "storage/postgres/session.hpp"
#include "storage/postgres/session_health.hpp"

namespace logistics::storage {

// How often work runs whose connection is lost. Twice is for work that is safe to do twice.
enum class Tries { kOnce = 1, kTwice = 2 };

// A probe for sessions that read.
inline constexpr Statement kReadProbe = {"read_probe", "SELECT value FROM change_counter"};

// A session that is opened when it is first needed, and again after it broke. For one thread. Its part hears when it
// cannot be opened or lacks what its work needs, and when it works.
template <typename S>
class SlotOf {
 public:
  SlotOf(const DatabaseOptions& options, SessionUse use, const SessionPart& part = {});
  ~SlotOf();
  SlotOf(const SlotOf&) = delete;
  SlotOf& operator=(const SlotOf&) = delete;

  // Runs `work` on the working session; connects when there is none. Where that throws, the failure is translated and
  // the transaction rolled back; a session that is broken, or whose server cannot serve (a standby, one that shuts
  // down), is dropped. A lost connection is tried again on a new one, within `tries` and the deadline. Returns why the
  // last try failed, nothing when it succeeded. Does not throw. A wait for a server that hangs ends little later than
  // the deadline. A session that is opened too late for the work stays for the next.
  std::optional<Failure> Attempt(Tries tries, const std::function<void(S&)>& work,
                                 absl::Time deadline = absl::InfiniteFuture());

  // Where the part's health is watched, and the session failed last or has been idle for a while: opens it where there
  // is none, however long its hosts take, and then runs `probe`, a statement that needs what its work needs.
  // Returns why the session does not work.
  std::optional<Failure> KeepReady(const Statement& probe);
  bool needs_keeping() const;
  bool works() const { return works_ == true; }

  // What the work itself says of the session, where Attempt does not see it.
  void Works();
  void Fails(std::string_view reason);

  // For the write executor alone, which has to know whether its commit was sent.
  // The working session; connects when there is none. Asks once a second whether the server still accepts writes.
  // Throws what the session's methods throw.
  S& Get(absl::Time deadline = absl::InfiniteFuture());
  // Rolls back, and drops the session where that fails or it is broken. Does not throw.
  void RollbackOrDrop();
  // The same after a failure; drops the session also where the failure says that its server cannot serve.
  void RollbackOrDrop(const Failure& failure);

  bool open() const { return session_.has_value(); }

 private:
  void Open(absl::Duration connect_timeout);
  // Runs a step of an attempt; what it throws is translated and cleared up.
  std::optional<Failure> Catch(const std::function<void()>& step);

  const DatabaseOptions options_;
  const SessionUse use_;
  const SessionPart part_;
  const int member_;
  std::optional<S> session_;
  absl::Time asked_at_;  // whether the server accepts writes
  std::optional<bool> works_;
  absl::Time used_at_;  // with success
};

using SessionSlot = SlotOf<Session>;
using WriterSlot = SlotOf<PipelineSession>;

}  // namespace logistics::storage
