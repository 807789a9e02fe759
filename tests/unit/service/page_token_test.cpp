#include "service/page_token.hpp"

#include <gtest/gtest.h>

#include <random>

#include "fakes/seed.hpp"
#include "fakes/sequential_ids.hpp"

namespace logistics::service {
namespace {

using ports::OrderQuery;

class PageTokenTest : public testing::Test {
 protected:
  PageTokenTest() {
    query_.status = domain::OrderStatus::kShipped;
    query_.customer_id = domain::CustomerId(ids_.NewId());
    query_.created_from = absl::FromUnixSeconds(1'000'000);
    after_ = {"1767323045678901", domain::OrderId(ids_.NewId())};
    token_ = EncodePageToken(query_, after_);
  }

  fakes::SequentialIds ids_;
  OrderQuery query_;
  OrderQuery::After after_;
  std::string token_;
};

TEST_F(PageTokenTest, SameQuery_GivesTheRowBack) {
  const DecodedPageToken decoded = DecodePageToken(query_, token_);
  ASSERT_TRUE(decoded.after);
  EXPECT_EQ(decoded.after->sort_value, after_.sort_value);
  EXPECT_EQ(decoded.after->id, after_.id);
}

TEST_F(PageTokenTest, OtherPageSize_IsTheSameQuery) {
  query_.page_size = 7;
  query_.page = 3;
  EXPECT_TRUE(DecodePageToken(query_, token_).after);
}

TEST_F(PageTokenTest, TheToken_IsUrlSafe) {
  EXPECT_EQ(token_.find_first_not_of("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_="),
            std::string::npos);
}

TEST_F(PageTokenTest, AnyOtherFilterOrSort_IsRefusedAsSuch) {
  std::vector<OrderQuery> others(8, query_);
  others[0].status = domain::OrderStatus::kPending;
  others[1].status.reset();
  others[2].customer_id.reset();
  others[3].customer_id = domain::CustomerId(ids_.NewId());
  others[4].created_from.reset();
  others[5].created_before = absl::FromUnixSeconds(1'000'000);
  others[6].sort = ports::OrderSort::kStatus;
  others[7].descending = true;
  for (std::size_t i = 0; i < others.size(); ++i) {
    const DecodedPageToken decoded = DecodePageToken(others[i], token_);
    EXPECT_FALSE(decoded.after) << i;
    EXPECT_EQ(decoded.error, PageTokenError::kOtherQuery) << i;
  }
}

TEST_F(PageTokenTest, AnyFlippedBit_IsMalformed) {
  for (std::size_t place = 0; place < token_.size(); ++place) {
    for (int bit = 0; bit < 8; ++bit) {
      std::string flipped = token_;
      flipped[place] = static_cast<char>(flipped[place] ^ (1 << bit));
      const DecodedPageToken decoded = DecodePageToken(query_, flipped);
      EXPECT_FALSE(decoded.after) << "bit " << bit << " of " << place;
      EXPECT_EQ(decoded.error, PageTokenError::kMalformed);
    }
  }
}

TEST_F(PageTokenTest, CutLengthenedOrNonsense_IsMalformed) {
  for (std::size_t length = 0; length < token_.size(); ++length) {
    EXPECT_FALSE(DecodePageToken(query_, token_.substr(0, length)).after) << length;
  }
  for (const std::string& nonsense :
       {token_ + "A", token_ + "=", " " + token_, token_ + "\n", std::string(100'000, 'A')}) {
    EXPECT_FALSE(DecodePageToken(query_, nonsense).after);
  }
}

TEST_F(PageTokenTest, RandomBytes_AreMalformed) {
  const std::uint64_t seed = fakes::TestSeed();
  SCOPED_TRACE(seed);
  std::mt19937_64 random(seed);
  for (int run = 0; run < 20'000; ++run) {
    std::string token = token_;
    token.resize(random() % 120, 'A');
    for (std::uint64_t change = random() % 8 + 1; change > 0 && !token.empty(); --change) {
      token[random() % token.size()] = static_cast<char>(random());
    }
    EXPECT_EQ(DecodePageToken(query_, token).after.has_value(), token == token_);
  }
}

}  // namespace
}  // namespace logistics::service
