#pragma once

namespace logistics::messaging {

// Headers of a dead letter. The first four are of its last death, the last three of its first: a message that died
// again after a redrive still says where it was published, and what is missing.
inline constexpr char kDeadReasonHeader[] = "x-dead-reason";      // in words
inline constexpr char kDeadAtHeader[] = "x-dead-at";              // RFC 3339, UTC
inline constexpr char kDeadConsumerHeader[] = "x-dead-consumer";  // the consumer group
inline constexpr char kDeadAttemptsHeader[] = "x-dead-attempts";  // tries by the handler, as a 64-bit integer
inline constexpr char kOriginalExchangeHeader[] = "x-original-exchange";
inline constexpr char kOriginalRoutingKeyHeader[] = "x-original-routing-key";
inline constexpr char kLostHeadersHeader[] = "x-lost-headers";  // names of headers that a dead letter has no room for

}  // namespace logistics::messaging
