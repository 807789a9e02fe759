#pragma once

#include <grpcpp/support/status.h>

#include <string>

namespace logistics::ctl {

struct Failure {
  grpc::Status status;
  std::string address;
  std::string correlation_id;  // empty: the server did not answer
};

// Text for people: the refusal, a line for each violation and condition, when to try again, the correlation id.
std::string Describe(const Failure& failure);

// Its first line, without the line break.
std::string Headline(const Failure& failure);

int ExitCodeOf(const grpc::Status& status);

}  // namespace logistics::ctl
