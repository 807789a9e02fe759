// The connection that all commands share: how a call goes out, and how its answer or failure is printed.
#pragma once

#include <google/protobuf/message.h>
#include <grpcpp/client_context.h>
#include <grpcpp/support/status.h>

#include <functional>
#include <memory>
#include <string>
#include <type_traits>

#include "absl/time/time.h"
#include "admin.grpc.pb.h"
#include "inventory.grpc.pb.h"
#include "order.grpc.pb.h"

namespace logistics::ctl {

inline constexpr int kExitOk = 0;
inline constexpr int kExitRefused = 1;      // the server refused; stderr has the reason
inline constexpr int kExitUsage = 2;        // the command line or an input file is wrong; nothing was sent
inline constexpr int kExitUnavailable = 3;  // no server, no answer in time, an unknown outcome, or it cannot serve now
inline constexpr int kExitDrift = 4;        // done, and the comparison found a drift

struct SessionOptions {
  std::string address = "127.0.0.1:50051";
  bool json = false;
  absl::Duration timeout = absl::Seconds(10);
  std::string correlation_id;  // empty: the server makes one
};

// The outcome of a write to stdout.
enum class Written { kAll, kReaderGone, kFailed };

// Writes it. An error is on stderr.
Written WriteOut(const std::string& text);
// The same as an exit code: kExitOk, unless stdout could not be written.
int WriteAnswer(const std::string& text);

struct Failure;

// One run of the program. Not thread-safe.
class Session {
 public:
  explicit Session(const SessionOptions& options);

  ::order::OrderService::Stub& orders() { return *orders_; }
  ::inventory::InventoryService::Stub& inventory() { return *inventory_; }
  ::logistics::admin::AdminService::Stub& admin() { return *admin_; }
  bool json() const { return options_.json; }

  // Makes one call within the timeout. kExitOk, or the exit code after the failure was written to stderr.
  int Call(const std::function<grpc::Status(grpc::ClientContext&)>& call);

  // Makes one call and writes its answer as Answer does, with the text of `human`. Keeps it in `kept`, if given.
  template <typename Stub, typename Request, typename Response>
  int Ask(Stub& stub, grpc::Status (Stub::*method)(grpc::ClientContext*, const Request&, Response*),
          const Request& request, std::string (*human)(const std::type_identity_t<Response>&),
          std::type_identity_t<Response>* kept = nullptr) {
    Response own;
    Response& response = kept != nullptr ? *kept : own;
    const int code = Call([&](grpc::ClientContext& context) { return (stub.*method)(&context, request, &response); });
    return code != kExitOk ? code : Answer(response, [&] { return human(response); });
  }

  // The parts of Call, for streams, which have no timeout. Prepare adds the metadata of a call; Fail writes the failure
  // to stderr and gives the exit code.
  void Prepare(grpc::ClientContext& context) const;
  Failure FailureOf(const grpc::ClientContext& context, const grpc::Status& status) const;
  int Fail(const grpc::ClientContext& context, const grpc::Status& status) const;

  // Writes an answer to stdout: protobuf JSON with --json, else `human`.
  int Answer(const google::protobuf::Message& message, const std::function<std::string()>& human);

  // Writes one of many answers, as a line of JSON or `human` (with its line break). An error is on stderr.
  Written Show(const google::protobuf::Message& message, const std::function<std::string()>& human);

 private:
  Written Print(const google::protobuf::Message& message, bool whitespace, const std::function<std::string()>& human);

  const SessionOptions options_;
  std::unique_ptr<::order::OrderService::Stub> orders_;
  std::unique_ptr<::inventory::InventoryService::Stub> inventory_;
  std::unique_ptr<::logistics::admin::AdminService::Stub> admin_;
};

// "" when the server sent no such metadata.
std::string TrailingValue(const grpc::ClientContext& context, const std::string& key);

// Writes a line to stderr and gives kExitUsage.
int UsageError(const std::string& message);

}  // namespace logistics::ctl
