#include "rpc/server/grpc_log.hpp"

#include <grpc/support/log.h>

#include "spdlog/spdlog.h"

namespace logistics::rpc {
namespace {

void Forward(gpr_log_func_args* args) {
  // Most errors of gRPC are about single connections and calls.
  const auto level = args->severity == GPR_LOG_SEVERITY_ERROR ? spdlog::level::warn : spdlog::level::debug;
  spdlog::log(level, "grpc: {}", args->message);
}

}  // namespace

void ForwardGrpcLog() { gpr_set_log_function(Forward); }

}  // namespace logistics::rpc
