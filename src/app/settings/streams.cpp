#include "app/settings/kinds.hpp"
#include "app/settings/parts.hpp"

namespace logistics::app {

std::vector<Setting> StreamSettings() {
  using absl::Hours;
  using absl::Milliseconds;
  using absl::Minutes;
  using absl::Seconds;
  return {
      Duration({"stream.resume_window", "", "how old a resume token may be"}, Minutes(1), Hours(8760),
               FIELD(absl::Duration, order_updates.resume_window)),
      Duration({"stream.failover_margin", "", "how far back a stream replays when its token is from before a failover"},
               Seconds(1), Hours(24), FIELD(absl::Duration, order_updates.failover_margin)),
      Duration({"stream.heartbeat", "", "a stream this long silent gets a fresh token"}, Milliseconds(100), Hours(1),
               FIELD(absl::Duration, order_updates.heartbeat)),
      Duration({"stream.idle_write_timeout", "", "a stream whose reader takes nothing for so long is ended"},
               Milliseconds(100), Hours(1), FIELD(absl::Duration, order_updates.idle_write_timeout)),
      WholeNumber({"stream.streams_max", "", "streams at once; one more is refused with RESOURCE_EXHAUSTED"}, 1,
                  1'000'000, FIELD(int, order_updates.streams_max)),
      WholeNumber({"stream.buffer", "", "updates that wait for one reader"}, 16, 65'536,
                  FIELD(int, order_updates.buffer)),
      WholeNumber({"stream.recent_max", "", "changes kept in memory for streams that are a little behind"}, 1'024,
                  1'000'000, FIELD(int, order_updates.recent_max)),
      WholeNumber({"stream.readers", "", "threads that read the database for streams in catch-up"}, 1, 16,
                  FIELD(int, order_updates.readers)),
      WholeNumber({"stock_stream.streams_max", "", "streams of stock at once; one more is RESOURCE_EXHAUSTED"}, 1,
                  100'000, FIELD(int, stock_updates.streams_max)),
      WholeNumber({"stock_stream.buffer", "", "updates of stock that wait for one reader"}, 16, 65'536,
                  FIELD(int, stock_updates.buffer)),
      WholeNumber({"stock_stream.page", "", "levels that are read at once for a stream that begins"}, 8, 4'096,
                  FIELD(int, stock_updates.page)),
      Duration({"stock_stream.idle_write_timeout", "", "a reader who takes nothing for so long is ended"},
               Milliseconds(100), Hours(1), FIELD(absl::Duration, stock_updates.idle_write_timeout)),
  };
}

}  // namespace logistics::app
