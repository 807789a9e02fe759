#include "stream_readers.hpp"

#include <stdexcept>

namespace logistics::bench {

struct Readers::Reader final : grpc::ClientReadReactor<order::OrderStatusEvent> {
  Reader(Readers& all_readers, order::OrderService::Stub& stub, const std::string& customer) : all(all_readers) {
    request.set_customer_id(customer);
    stub.async()->StreamOrderUpdates(&context, &request, this);
    StartRead(&event);
    StartCall();
  }
  void OnReadDone(bool ok) override {
    if (!ok) return;
    all.Note(event);
    StartRead(&event);
  }
  void OnDone(const grpc::Status&) override {
    const std::lock_guard lock(all.mutex_);
    ++all.ended_;
    all.changed_.notify_all();
  }
  Readers& all;
  grpc::ClientContext context;
  order::StreamOrderUpdatesRequest request;
  order::OrderStatusEvent event;
};

std::shared_ptr<grpc::Channel> Connect(const std::string& address) {
  grpc::ChannelArguments arguments;
  arguments.SetInt(GRPC_ARG_USE_LOCAL_SUBCHANNEL_POOL, 1);
  return grpc::CreateCustomChannel(address, grpc::InsecureChannelCredentials(), arguments);
}

Readers::Readers(const std::string& address, const std::vector<std::string>& customers, int per_connection) {
  std::unique_ptr<order::OrderService::Stub> stub;
  for (const std::string& customer : customers) {
    if (readers_.size() % static_cast<std::size_t>(per_connection) == 0) {
      stub = order::OrderService::NewStub(Connect(address));
    }
    readers_.push_back(std::make_unique<Reader>(*this, *stub, customer));
  }
}

Readers::~Readers() {
  for (const auto& reader : readers_) reader->context.TryCancel();
  std::unique_lock lock(mutex_);
  changed_.wait(lock, [this] { return ended_ == readers_.size(); });
}

void Readers::AwaitGreeted() {
  std::unique_lock lock(mutex_);
  if (!changed_.wait_for(lock, kPatience, [this] { return greeted_ >= readers_.size(); })) {
    throw std::runtime_error("not all readers got a first token");
  }
}

Times Readers::AwaitReceived(std::size_t changes) {
  std::unique_lock lock(mutex_);
  if (!changed_.wait_for(lock, kPatience, [&] { return received_.size() >= changes; })) {
    throw std::runtime_error("the readers got " + std::to_string(received_.size()) + " of " + std::to_string(changes) +
                             " changes");
  }
  return received_;
}

// The first of a stream is a token.
void Readers::Note(const order::OrderStatusEvent& event) {
  const auto now = std::chrono::system_clock::now();
  const std::lock_guard lock(mutex_);
  if (event.order_id().empty()) {
    ++greeted_;
  } else {
    received_.emplace(event.order_id(), now);
  }
  changed_.notify_all();
}

}  // namespace logistics::bench
