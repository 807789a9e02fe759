#pragma once

#include <string>

#include "absl/time/time.h"

namespace logistics::remote_inventory {

enum class Compression { kNone, kGzip };

// How an order is treated whose product the peer stocks in several locations (contract §2, point 10).
enum class MultiLocation { kRefuse, kWarn };

// When a peer that fails is no longer asked.
struct BreakerOptions {
  int failures = 5;  // so many in a row open it, 1–1000
  absl::Duration open_for = absl::Seconds(5);
  int probes = 2;  // calls let through at once while half-open; as many successes in a row close it, 1–100
};

// When a read is tried again. No other call ever is.
struct ReadRetryOptions {
  int attempts_max = 3;  // with the first, 1–10
  absl::Duration delay_min = absl::Milliseconds(50);
  absl::Duration delay_max = absl::Seconds(1);
  // Retries for each read, over all reads, so that a failing peer does not get a multiple of the load; and how many may
  // be saved up.
  double budget_ratio = 0.1;
  double budget_max = 10;
};

// How the peer's catalogue is remembered.
struct DirectoryOptions {
  std::size_t products_max = 100'000;  // remembered. Not a setting
  absl::Duration remember_for = absl::Minutes(5);
  MultiLocation multi_location = MultiLocation::kRefuse;
};

// How the inventory service is reached and treated. Defaults are those of config/logistics-engine.yaml.
struct PeerOptions {
  std::string url;  // as ParsePeerUrl takes it; empty = there is no peer, the inventory is embedded
  absl::Duration call_timeout = absl::Seconds(10);
  absl::Duration connect_timeout = absl::Seconds(5);
  // Of the socket, not HTTP/2 pings: grpc-go servers cut clients that ping more often than every five minutes.
  absl::Duration tcp_keepalive = absl::Seconds(30);
  int message_bytes_max = 16 * 1024 * 1024;      // of an answer (every level, for instance) and of a request
  Compression compression = Compression::kNone;  // a grpc-go peer built without it answers gzip with UNIMPLEMENTED
  std::string tls_ca_file;                       // https: empty = the system's authorities
  absl::Duration reconnect_min = absl::Milliseconds(200);
  absl::Duration reconnect_max = absl::Seconds(5);
  BreakerOptions breaker;
  ReadRetryOptions reads;
  DirectoryOptions directory;
};

// A call that was cut off sooner than this says nothing about the peer: callers with very short deadlines must not
// open its breaker. Shorter call timeouts count as they are.
inline constexpr absl::Duration kFairCallTime = absl::Seconds(1);

// Questions of one command that are asked at the same time.
inline constexpr int kReadsAtOnceMax = 4;

// The retry hints of refused calls.
inline constexpr absl::Duration kRetryAfter = absl::Seconds(1);
inline constexpr absl::Duration kWrongPeerRetryAfter = absl::Seconds(30);

}  // namespace logistics::remote_inventory
