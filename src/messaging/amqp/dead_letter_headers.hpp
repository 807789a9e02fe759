#pragma once

namespace logistics::messaging {

// Headers of a dead letter. The first four are of its last death, the last two of its first: a message that died again
// after a redrive still says where it was published.
inline constexpr char kDeadReasonHeader[] = "x-dead-reason";      // in words
inline constexpr char kDeadAtHeader[] = "x-dead-at";              // RFC 3339, UTC
inline constexpr char kDeadConsumerHeader[] = "x-dead-consumer";  // the consumer group
inline constexpr char kDeadAttemptsHeader[] = "x-dead-attempts";  // tries by the handler, as a 64-bit integer
inline constexpr char kOriginalExchangeHeader[] = "x-original-exchange";
inline constexpr char kOriginalRoutingKeyHeader[] = "x-original-routing-key";

}  // namespace logistics::messaging
