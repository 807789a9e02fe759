#pragma once

#include <functional>
#include <optional>

#include "storage/postgres/errors.hpp"
#include "storage/postgres/session.hpp"

namespace logistics::storage {

// How often work runs whose connection is lost. Twice is for work that is safe to do twice.
enum class Tries { kOnce = 1, kTwice = 2 };

// A session that is opened when it is first needed, and again after it broke. For one thread.
class SessionSlot {
 public:
  SessionSlot(const DatabaseOptions& options, SessionUse use) : options_(options), use_(use) {}

  // Runs `work` on the working session; connects when there is none. Where that throws, the failure is translated and
  // the transaction rolled back; a broken session is dropped. A lost connection is tried again on a new one, within
  // `tries`. Returns why the last try failed, nothing when it succeeded. Does not throw.
  std::optional<Failure> Attempt(Tries tries, const std::function<void(Session&)>& work);

  // For the write executor alone, which has to know whether its commit was sent.
  // The working session; connects when there is none. Throws what Session's constructor throws.
  Session& Get();
  // Rolls back, and drops the session where that fails or it is broken. Does not throw.
  void RollbackOrDrop();

  bool open() const { return session_.has_value(); }

 private:
  const DatabaseOptions options_;
  const SessionUse use_;
  std::optional<Session> session_;
};

}  // namespace logistics::storage
