#include "storage/postgres/session_slot.hpp"

namespace logistics::storage {

std::optional<Failure> SessionSlot::Attempt(Tries tries, const std::function<void(Session&)>& work) {
  for (int attempt = 1;; ++attempt) {
    try {
      work(Get());
      return std::nullopt;
    } catch (const std::exception& error) {
      Failure failure = TranslateException(error);
      RollbackOrDrop();
      if (failure.kind != FailureKind::kConnection || attempt >= static_cast<int>(tries)) return failure;
    }
  }
}

Session& SessionSlot::Get() {
  if (!session_) session_.emplace(options_, use_);
  return *session_;
}

void SessionSlot::RollbackOrDrop() {
  if (!session_) return;
  session_->Rollback();
  if (session_->broken()) session_.reset();
}

}  // namespace logistics::storage
