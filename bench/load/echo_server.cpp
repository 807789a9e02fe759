// A bare gRPC server that answers CreateOrder and GetOrder with an order that it makes up: the yardstick of the calls.
// One completion queue, one thread. Prints its port and serves until SIGTERM.
#include <grpcpp/grpcpp.h>

#include <csignal>
#include <cstdio>
#include <memory>
#include <random>
#include <string>
#include <thread>

#include "arguments.hpp"
#include "order.grpc.pb.h"
#include "order_requests.hpp"

namespace logistics::bench {
namespace {

using Service = order::OrderService::WithAsyncMethod_CreateOrder<
    order::OrderService::WithAsyncMethod_GetOrder<order::OrderService::Service>>;

constexpr int kWaitingCalls = 256;

// A call, from before it comes until it has been answered.
class Call {
 public:
  virtual ~Call() = default;
  virtual void Proceed(bool ok) = 0;
};

template <typename Request>
class EchoCall final : public Call {
 public:
  using Accept = void (Service::*)(grpc::ServerContext*, Request*,
                                   grpc::ServerAsyncResponseWriter<order::OrderResponse>*, grpc::CompletionQueue*,
                                   grpc::ServerCompletionQueue*, void*);
  EchoCall(Service& service, grpc::ServerCompletionQueue& queue, Accept accept)
      : service_(service), queue_(queue), accept_(accept), writer_(&context_) {
    (service_.*accept_)(&context_, &request_, &writer_, &queue_, &queue_, this);
  }

  void Proceed(bool ok) override {
    if (!ok || answered_) {
      delete this;
      return;
    }
    new EchoCall(service_, queue_, accept_);  // deletes itself, as this one does
    answered_ = true;
    order::OrderResponse response;
    Fill(request_, response);
    writer_.Finish(response, grpc::Status::OK, this);
  }

 private:
  static void Fill(const order::CreateOrderRequest& request, order::OrderResponse& response) {
    FillResponse(request, response);
  }
  static void Fill(const order::GetOrderRequest& request, order::OrderResponse& response) {
    static const order::CreateOrderRequest order = [] {
      std::mt19937_64 random(1);
      order::CreateOrderRequest any;
      FillRequest(any, 1'000, 2, random);
      return any;
    }();
    FillResponse(order, response);
    response.set_id(request.order_id());
  }

  Service& service_;
  grpc::ServerCompletionQueue& queue_;
  const Accept accept_;
  grpc::ServerContext context_;
  Request request_;
  grpc::ServerAsyncResponseWriter<order::OrderResponse> writer_;
  bool answered_ = false;
};

int Serve(const std::string& address) {
  sigset_t signals;
  sigemptyset(&signals);
  sigaddset(&signals, SIGTERM);
  sigaddset(&signals, SIGINT);
  pthread_sigmask(SIG_BLOCK, &signals, nullptr);
  Service service;
  grpc::ServerBuilder builder;
  int port = 0;
  builder.AddListeningPort(address, grpc::InsecureServerCredentials(), &port);
  builder.RegisterService(&service);
  const std::unique_ptr<grpc::ServerCompletionQueue> queue = builder.AddCompletionQueue();
  const std::unique_ptr<grpc::Server> server = builder.BuildAndStart();
  if (server == nullptr || port == 0) {
    std::fprintf(stderr, "echo_server: cannot listen at %s\n", address.c_str());
    return 1;
  }
  for (int i = 0; i < kWaitingCalls; ++i) {
    new EchoCall<order::CreateOrderRequest>(service, *queue, &Service::RequestCreateOrder);
    new EchoCall<order::GetOrderRequest>(service, *queue, &Service::RequestGetOrder);
  }
  std::thread calls([&queue] {
    void* tag = nullptr;
    bool ok = false;
    while (queue->Next(&tag, &ok)) static_cast<Call*>(tag)->Proceed(ok);
  });
  std::printf("%d\n", port);
  std::fflush(stdout);
  int signal = 0;
  sigwait(&signals, &signal);
  // The process ends with the calls that still wait for a client.
  server->Shutdown(std::chrono::system_clock::now());
  std::_Exit(0);
}

}  // namespace
}  // namespace logistics::bench

int main(int argc, char** argv) {
  std::string address = "127.0.0.1:0";
  logistics::bench::Arguments arguments("Answers orders without storing them.");
  arguments.Text("--listen", address, "host:port; port 0 is any free one");
  if (const auto over = arguments.Parse(argc, argv)) return *over;
  return logistics::bench::Serve(address);
}
