// Places orders with a fixed number in flight and says how many a second were answered, how long that took, and when
// the broker had confirmed the last event. Bounded by --orders; used by scripts/bench.
#include <grpcpp/grpcpp.h>

#include <algorithm>
#include <chrono>
#include <cstdio>
#include <memory>
#include <pqxx/pqxx>
#include <random>
#include <string>
#include <thread>
#include <vector>

#include "arguments.hpp"
#include "inventory.grpc.pb.h"
#include "order.grpc.pb.h"
#include "order_requests.hpp"

namespace logistics::bench {
namespace {

using Clock = std::chrono::steady_clock;

struct Options {
  std::string address = "127.0.0.1:50051";
  std::string database_url;
  int orders = 10'000;
  int in_flight = 64;
  int products = 100;
  int channels = 2;
  int confirm_wait_s = 120;
  bool existing = false;  // orders what the daemon's catalogue has: another service keeps the stock
};

// One call in flight. It is reused for the next order when it has been answered.
struct Call {
  std::unique_ptr<grpc::ClientContext> context;
  std::unique_ptr<grpc::ClientAsyncResponseReader<order::OrderResponse>> reader;
  order::CreateOrderRequest request;
  order::OrderResponse response;
  grpc::Status status;
  Clock::time_point start;
  order::OrderService::Stub* stub = nullptr;
};

// Products that are there already, with stock enough.
std::vector<std::string> ReadCatalogue(inventory::InventoryService::Stub& stub, const Options& options) {
  std::vector<std::string> ids;
  for (int page = 1; ids.size() < static_cast<std::size_t>(options.products); ++page) {
    grpc::ClientContext context;
    inventory::ListItemsRequest list;
    list.set_page(page);
    list.set_page_size(100);
    inventory::ListItemsResponse items;
    if (const auto status = stub.ListItems(&context, list, &items); !status.ok()) {
      throw std::runtime_error("ListItems: " + status.error_message());
    }
    if (items.items().empty()) throw std::runtime_error("the catalogue has fewer products than --products");
    for (const inventory::Item& item : items.items()) ids.push_back(item.id());
  }
  ids.resize(static_cast<std::size_t>(options.products));
  return ids;
}

void StartCall(Call& call, grpc::CompletionQueue& queue) {
  call.context = std::make_unique<grpc::ClientContext>();
  call.context->set_deadline(std::chrono::system_clock::now() + std::chrono::seconds(30));
  call.start = Clock::now();
  call.reader = call.stub->AsyncCreateOrder(call.context.get(), call.request, &queue);
  call.reader->Finish(&call.response, &call.status, &call);
}

double Seconds(Clock::duration duration) { return std::chrono::duration<double>(duration).count(); }

int Run(const Options& options) {
  std::mt19937_64 random(std::random_device{}());
  std::vector<std::shared_ptr<grpc::Channel>> channels;
  std::vector<std::unique_ptr<order::OrderService::Stub>> stubs;
  for (int i = 0; i < options.channels; ++i) {
    grpc::ChannelArguments arguments;
    arguments.SetInt(GRPC_ARG_USE_LOCAL_SUBCHANNEL_POOL, 1);
    channels.push_back(grpc::CreateCustomChannel(options.address, grpc::InsecureChannelCredentials(), arguments));
    stubs.push_back(order::OrderService::NewStub(channels.back()));
  }
  const auto inventory_stub = inventory::InventoryService::NewStub(channels.front());
  const std::vector<std::string> products =
      options.existing ? ReadCatalogue(*inventory_stub, options)
                       : MakeCatalogue(*inventory_stub, options.products, options.orders, random);

  grpc::CompletionQueue queue;
  std::vector<std::unique_ptr<Call>> calls;
  std::vector<double> latencies_s;
  latencies_s.reserve(static_cast<std::size_t>(options.orders));
  int started = 0;
  int failed = 0;
  std::string first_failure;
  const auto start = Clock::now();
  for (int i = 0; i < std::min(options.in_flight, options.orders); ++i) {
    calls.push_back(std::make_unique<Call>());
    calls.back()->stub = stubs[static_cast<std::size_t>(i) % stubs.size()].get();
    FillRequest(calls.back()->request, products, started++, random);
    StartCall(*calls.back(), queue);
  }
  void* tag = nullptr;
  bool ok = false;
  for (int done = 0; done < options.orders && queue.Next(&tag, &ok); ++done) {
    Call& call = *static_cast<Call*>(tag);
    latencies_s.push_back(Seconds(Clock::now() - call.start));
    if (!call.status.ok()) {
      if (failed++ == 0) first_failure = call.status.error_message();
    }
    if (started < options.orders) {
      FillRequest(call.request, products, started++, random);
      StartCall(call, queue);
    }
  }
  const auto answered = Clock::now();
  queue.Shutdown();

  double confirmed_s = 0;
  if (!options.database_url.empty()) {
    pqxx::connection connection(options.database_url);
    pqxx::nontransaction work(connection);
    const auto give_up = answered + std::chrono::seconds(options.confirm_wait_s);
    // Everything up to outbox_position is confirmed. Asking the outbox itself would read all that was deleted from it.
    while (!work.exec1("SELECT number >= (SELECT value FROM change_counter) FROM outbox_position")[0].as<bool>()) {
      if (Clock::now() > give_up) {
        std::fprintf(stderr, "the outbox is not empty after %d s\n", options.confirm_wait_s);
        return 1;
      }
      std::this_thread::sleep_for(std::chrono::milliseconds(5));
    }
    confirmed_s = Seconds(Clock::now() - start);
  }
  std::sort(latencies_s.begin(), latencies_s.end());
  const auto percentile = [&](double p) {
    return latencies_s[static_cast<std::size_t>(p * static_cast<double>(latencies_s.size() - 1))] * 1000;
  };
  const double answered_s = Seconds(answered - start);
  std::printf(
      "in_flight=%d products=%d orders=%d failed=%d answered_per_s=%.0f confirmed_per_s=%.0f p50_ms=%.2f p99_ms=%.2f "
      "max_ms=%.2f\n",
      options.in_flight, options.products, options.orders, failed, options.orders / answered_s,
      confirmed_s > 0 ? options.orders / confirmed_s : 0.0, percentile(0.5), percentile(0.99), percentile(1.0));
  if (failed > 0) std::fprintf(stderr, "first failure: %s\n", first_failure.c_str());
  return failed > 0 ? 1 : 0;
}

}  // namespace
}  // namespace logistics::bench

int main(int argc, char** argv) {
  logistics::bench::Options options;
  logistics::bench::Arguments arguments("Places orders with a fixed number in flight and measures.");
  arguments.Text("--address", options.address, "host:port of the daemon");
  arguments.Text("--database-url", options.database_url, "when given, also waits until the outbox is empty");
  arguments.Number("--orders", options.orders, 1, 10'000'000, "how many orders");
  arguments.Number("--in-flight", options.in_flight, 1, 4096, "calls in flight");
  arguments.Number("--products", options.products, 1, 10'000, "1 = all orders on one product");
  arguments.Flag("--existing", options.existing, "order products that are there instead of making some");
  arguments.Number("--channels", options.channels, 1, 64, "connections");
  if (const auto over = arguments.Parse(argc, argv)) return *over;
  try {
    return logistics::bench::Run(options);
  } catch (const std::exception& error) {
    std::fprintf(stderr, "order_load: %s\n", error.what());
    return 1;
  }
}
