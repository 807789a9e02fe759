#include "e2e/stream_crowd.hpp"

#include "e2e/stream_reader.hpp"

namespace logistics::e2e {

class StreamCrowd::Caller final : public grpc::ClientReadReactor<order::OrderStatusEvent> {
 public:
  Caller(StreamCrowd& crowd, order::OrderService::Stub& stub) : crowd_(crowd) {
    stub.async()->StreamOrderUpdates(&context_, &request_, this);
    StartRead(&event_);
    StartCall();
  }

  void Cut() { context_.TryCancel(); }

  void OnReadDone(bool ok) override {
    if (!ok) return;
    const bool first = !greeted_;
    greeted_ = true;
    const bool change = !event_.order_id().empty();
    StartRead(&event_);
    crowd_.Note(first ? 1 : 0, change ? 1 : 0);
  }
  void OnDone(const grpc::Status& status) override {
    const bool by_us = status.error_code() == grpc::StatusCode::CANCELLED;
    if (by_us || !EndToken(context_, status).empty()) {
      crowd_.NoteEnd(status.error_code());
    } else {
      crowd_.NoteEnd(grpc::StatusCode::UNKNOWN);
    }
  }

 private:
  StreamCrowd& crowd_;
  grpc::ClientContext context_;
  order::StreamOrderUpdatesRequest request_;
  order::OrderStatusEvent event_;
  bool greeted_ = false;  // of the one reaction at a time
};

StreamCrowd::StreamCrowd(const std::string& address, int streams, int per_connection) {
  std::unique_ptr<order::OrderService::Stub> stub;
  for (int i = 0; i < streams; ++i) {
    if (i % per_connection == 0) stub = order::OrderService::NewStub(Connect(address));
    callers_.push_back(std::make_unique<Caller>(*this, *stub));
  }
}

StreamCrowd::~StreamCrowd() {
  for (const auto& caller : callers_) caller->Cut();
  std::unique_lock lock(mutex_);
  done_.wait(lock, [this] { return ended_ == size(); });
}

void StreamCrowd::CutHalf() {
  for (std::size_t i = 0; i < callers_.size(); i += 2) callers_[i]->Cut();
}

void StreamCrowd::Note(int greeted, int told) {
  const std::lock_guard lock(mutex_);
  greeted_ += greeted;
  told_ += told;
}

void StreamCrowd::NoteEnd(grpc::StatusCode code) {
  const std::lock_guard lock(mutex_);
  ++ends_[code];
  ++ended_;
  done_.notify_all();
}

int StreamCrowd::greeted() const {
  const std::lock_guard lock(mutex_);
  return greeted_;
}

int StreamCrowd::told() const {
  const std::lock_guard lock(mutex_);
  return told_;
}

int StreamCrowd::ended() const {
  const std::lock_guard lock(mutex_);
  return ended_;
}

int StreamCrowd::EndedWith(grpc::StatusCode code) const {
  const std::lock_guard lock(mutex_);
  const auto found = ends_.find(code);
  return found == ends_.end() ? 0 : found->second;
}

}  // namespace logistics::e2e
