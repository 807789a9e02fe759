#include "rpc/server/library_log.hpp"

#include <google/protobuf/stubs/logging.h>
#include <grpc/support/log.h>

#include <mutex>
#include <string>

#include "rpc/call/request_bytes.hpp"
#include "spdlog/spdlog.h"

namespace logistics::rpc {
namespace {

void ForwardGrpc(gpr_log_func_args* args) {
  // Most errors of gRPC are about single connections and calls.
  const auto level = args->severity == GPR_LOG_SEVERITY_ERROR ? spdlog::level::warn : spdlog::level::debug;
  spdlog::log(level, "grpc: {}", args->message);
}

void ForwardProtobuf(google::protobuf::LogLevel severity, const char* /*file*/, int /*line*/,
                     const std::string& message) {
  // The call has its own line.
  if (IsReadingRequest()) return;
  const auto level = severity >= google::protobuf::LOGLEVEL_WARNING ? spdlog::level::warn : spdlog::level::debug;
  spdlog::log(level, "protobuf: {}", message);
}

}  // namespace

void ForwardLibraryLogs() {
  gpr_set_log_function(ForwardGrpc);
  static std::once_flag once;  // protobuf's setting is not thread-safe
  std::call_once(once, [] { google::protobuf::SetLogHandler(ForwardProtobuf); });
}

}  // namespace logistics::rpc
