#include "storage/postgres/session_slot.hpp"

#include <algorithm>

#include "absl/time/clock.h"

namespace logistics::storage {
namespace {

// A server that turned read-only is found out after this time by a session that only reads, at once by a write.
constexpr absl::Duration kAskInterval = absl::Seconds(1);
// The server's own limit comes first where it answers.
constexpr absl::Duration kLateMax = absl::Milliseconds(200);

}  // namespace

std::optional<Failure> SessionSlot::Attempt(Tries tries, const std::function<void(Session&)>& work,
                                            absl::Time deadline) {
  for (int attempt = 1;; ++attempt) {
    try {
      work(Get(deadline));
      return std::nullopt;
    } catch (const std::exception& error) {
      Failure failure = TranslateException(error);
      RollbackOrDrop(failure);
      if (failure.kind != FailureKind::kConnection || attempt >= static_cast<int>(tries)) return failure;
      if (absl::Now() >= deadline) return failure;
    }
  }
}

Session& SessionSlot::Get(absl::Time deadline) {
  const absl::Time now = absl::Now();
  const bool fresh = !session_;
  if (fresh) {
    DatabaseOptions options = options_;
    options.connect_timeout = std::min(options.connect_timeout, deadline - now);
    session_.emplace(options, use_);
  }
  session_->LimitWaits(options_.statement_timeout + Session::kAnswerMargin, deadline + kLateMax);
  if (!fresh && now - asked_at_ <= kAskInterval) return *session_;
  if (!fresh) session_->RequireWritable();
  asked_at_ = now;
  return *session_;
}

void SessionSlot::RollbackOrDrop(const Failure& failure) {
  if (failure.kind == FailureKind::kConnection) return session_.reset();
  RollbackOrDrop();
}

void SessionSlot::RollbackOrDrop() {
  if (!session_) return;
  session_->Rollback();
  if (session_->broken()) session_.reset();
}

}  // namespace logistics::storage
