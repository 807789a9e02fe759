// Calls whose messages are bytes, right or wrong.
#pragma once

#include <grpcpp/channel.h>
#include <grpcpp/client_context.h>
#include <grpcpp/impl/codegen/client_unary_call.h>
#include <grpcpp/impl/codegen/rpc_method.h>
#include <grpcpp/impl/codegen/sync_stream.h>
#include <grpcpp/support/byte_buffer.h>

#include <string>
#include <vector>

namespace logistics::rpc {

inline grpc::ByteBuffer BufferOf(const std::string& bytes) {
  const grpc::Slice slice(bytes);
  return {&slice, 1};
}

inline std::string BytesOf(const grpc::ByteBuffer& buffer) {
  std::vector<grpc::Slice> slices;
  std::string bytes;
  if (!buffer.Dump(&slices).ok()) return bytes;
  for (const grpc::Slice& slice : slices) bytes.append(reinterpret_cast<const char*>(slice.begin()), slice.size());
  return bytes;
}

// A unary call of "/package.Service/Method".
inline grpc::Status CallRaw(grpc::ChannelInterface& channel, const std::string& path, const std::string& request,
                            grpc::ClientContext& context, std::string* response = nullptr) {
  const grpc::internal::RpcMethod method(path.c_str(), grpc::internal::RpcMethod::NORMAL_RPC);
  grpc::ByteBuffer answer;
  const grpc::Status status = grpc::internal::BlockingUnaryCall<grpc::ByteBuffer, grpc::ByteBuffer>(
      &channel, method, &context, BufferOf(request), &answer);
  if (status.ok() && response != nullptr) *response = BytesOf(answer);
  return status;
}

// A server stream: how it ends. `leave`: its caller goes after the first message at the latest.
inline grpc::Status StreamRaw(grpc::ChannelInterface& channel, const std::string& path, const std::string& request,
                              grpc::ClientContext& context, bool leave = false) {
  const grpc::internal::RpcMethod method(path.c_str(), grpc::internal::RpcMethod::SERVER_STREAMING);
  const std::unique_ptr<grpc::ClientReader<grpc::ByteBuffer>> reader(
      grpc::internal::ClientReaderFactory<grpc::ByteBuffer>::Create(&channel, method, &context, BufferOf(request)));
  grpc::ByteBuffer event;
  if (leave) context.TryCancel();
  while (reader->Read(&event)) {
  }
  return reader->Finish();
}

}  // namespace logistics::rpc
