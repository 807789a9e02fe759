#include "storage/postgres/session_slot.hpp"

#include <algorithm>

#include "absl/time/clock.h"

namespace logistics::storage {
namespace {

// A server that turned read-only is found out after this time by a session that only reads, at once by a write.
constexpr absl::Duration kAskInterval = absl::Seconds(1);
// The server's own limit comes first where it answers.
constexpr absl::Duration kLateMax = absl::Milliseconds(200);
// A session that was used within this time is not asked whether it works.
constexpr absl::Duration kKeepAfter = absl::Seconds(5);
constexpr absl::Duration kKeepMax = absl::Seconds(5);  // a stop waits for it

}  // namespace

template <typename S>
SlotOf<S>::SlotOf(const DatabaseOptions& options, SessionUse use, const SessionPart& part)
    : options_(options),
      use_(use),
      part_(part),
      member_(part.health == nullptr ? 0 : part.health->Join(part.name, part.weight)) {}

template <typename S>
SlotOf<S>::~SlotOf() {
  if (part_.health != nullptr) part_.health->Leave(member_);
}

template <typename S>
bool SlotOf<S>::needs_keeping() const {
  if (part_.health == nullptr || !part_.health->started()) return false;
  return works_ != true || !session_ || absl::Now() - used_at_ > kKeepAfter;
}

template <typename S>
std::optional<Failure> SlotOf<S>::KeepReady(const Statement& probe) {
  if (!needs_keeping()) return std::nullopt;
  // Each host of the URL may take its connect_timeout: the limit of the probe begins behind them.
  if (!session_) {
    if (auto failure = Catch([&] { Open(options_.connect_timeout); })) return failure;
  }
  // Twice: an idle connection that was cut says nothing of the next.
  const auto failure = Attempt(
      Tries::kTwice, [&](S& session) { session.Execute(probe); }, absl::Now() + kKeepMax);
  if (!failure) {
    Works();
  } else if (failure->kind == FailureKind::kConnection || failure->kind == FailureKind::kPermanent) {
    Fails(failure->text);
  }
  return failure;
}

template <typename S>
void SlotOf<S>::Works() {
  used_at_ = absl::Now();
  if (part_.health == nullptr || works_ == true) return;
  works_ = true;
  part_.health->Works(member_);
}

template <typename S>
void SlotOf<S>::Fails(std::string_view reason) {
  if (part_.health == nullptr) return;
  works_ = false;
  part_.health->Fails(member_, reason);
}

template <typename S>
std::optional<Failure> SlotOf<S>::Attempt(Tries tries, const std::function<void(S&)>& work, absl::Time deadline) {
  for (int attempt = 1;; ++attempt) {
    std::optional<Failure> failure = Catch([&] {
      work(Get(deadline));
      used_at_ = absl::Now();
      if (!part_.commits) Works();
    });
    if (!failure || failure->kind != FailureKind::kConnection) return failure;
    if (attempt >= static_cast<int>(tries) || absl::Now() >= deadline) return failure;
  }
}

template <typename S>
std::optional<Failure> SlotOf<S>::Catch(const std::function<void()>& step) {
  try {
    step();
    return std::nullopt;
  } catch (const std::exception& error) {
    Failure failure = TranslateException(error);
    RollbackOrDrop(failure);
    return failure;
  }
}

template <typename S>
void SlotOf<S>::Open(absl::Duration connect_timeout) {
  DatabaseOptions options = options_;
  options.connect_timeout = connect_timeout;
  try {
    session_.emplace(options, use_);
    asked_at_ = absl::Now();
  } catch (const std::exception& error) {
    // With a short deadline the time may have been over.
    if (connect_timeout == options_.connect_timeout) Fails(error.what());
    throw;
  }
}

template <typename S>
S& SlotOf<S>::Get(absl::Time deadline) {
  const absl::Time now = absl::Now();
  const bool fresh = !session_;
  if (fresh) {
    Open(std::min(options_.connect_timeout, deadline - now));
    if (absl::Now() >= deadline) throw ServerError("the deadline passed during the connect", "57014");
  }
  session_->LimitWaits(options_.statement_timeout + ServerWaits::kAnswerMargin, deadline + kLateMax);
  if (fresh || now - asked_at_ <= kAskInterval) return *session_;
  session_->RequireWritable();
  asked_at_ = now;
  return *session_;
}

template <typename S>
void SlotOf<S>::RollbackOrDrop(const Failure& failure) {
  if (failure.unfit || (failure.no_room && part_.commits)) {
    Fails(failure.text);
    if (part_.health != nullptr) part_.health->Suspect();
  }
  if (failure.kind == FailureKind::kConnection) return session_.reset();
  RollbackOrDrop();
}

template <typename S>
void SlotOf<S>::RollbackOrDrop() {
  if (!session_) return;
  session_->Rollback();
  if (session_->broken()) session_.reset();
}

template class SlotOf<Session>;
template class SlotOf<PipelineSession>;

}  // namespace logistics::storage
