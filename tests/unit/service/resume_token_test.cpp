#include "service/streams/resume_token.hpp"

#include <gtest/gtest.h>

#include <limits>
#include <random>

#include "fakes/seed.hpp"
#include "fakes/sequential_ids.hpp"
#include "service/streams/token_codec.hpp"

namespace logistics::service {
namespace {

class ResumeTokenTest : public testing::Test {
 protected:
  ResumeTokenTest() {
    point_.database_id = ids_.NewId();
    point_.timeline = 3;
    point_.place = {1'234'567, domain::OrderId(ids_.NewId()), 4};
    point_.committed_at = absl::FromUnixMicros(1'767'323'045'678'901);
    point_.stamp = point_.committed_at - absl::Microseconds(17);
    token_ = EncodeResumeToken(point_);
  }

  fakes::SequentialIds ids_;
  ResumePoint point_;
  std::string token_;
};

TEST_F(ResumeTokenTest, APoint_ComesBackAsItWas) { EXPECT_EQ(DecodeResumeToken(token_), point_); }

TEST_F(ResumeTokenTest, APointWithoutStamp_IsAVersion1Token) {
  point_.stamp.reset();
  const std::string token = EncodeResumeToken(point_);
  EXPECT_EQ(OpenToken(token)->front(), 1);
  EXPECT_EQ(OpenToken(token_)->front(), 2);
  EXPECT_EQ(DecodeResumeToken(token), point_);
}

TEST_F(ResumeTokenTest, ThePlacesAtTheEnds_ComeBackAsTheyWere) {
  constexpr std::int64_t kMax = std::numeric_limits<std::int64_t>::max();
  for (const ports::LogPlace& place : {ports::LogPlace(), ports::LogPlace::AfterCommit(0),
                                       ports::LogPlace::AfterCommit(17), ports::LogPlace::AfterCommit(kMax)}) {
    point_.place = place;
    EXPECT_EQ(DecodeResumeToken(EncodeResumeToken(point_)), point_) << place.number;
  }
  for (const absl::Time time : {absl::UnixEpoch(), absl::FromUnixMicros(-1), absl::FromUnixMicros(kMax)}) {
    point_.committed_at = time;
    EXPECT_EQ(DecodeResumeToken(EncodeResumeToken(point_)), point_) << time;
  }
}

TEST_F(ResumeTokenTest, RandomPoints_ComeBackAsTheyWere) {
  const std::uint64_t seed = fakes::TestSeed();
  SCOPED_TRACE(seed);
  std::mt19937_64 random(seed);
  const auto uuid = [&] {
    domain::Uuid::Bytes bytes;
    for (std::uint8_t& byte : bytes) byte = static_cast<std::uint8_t>(random());
    return domain::Uuid(bytes);
  };
  for (int run = 0; run < 5'000; ++run) {
    point_.database_id = uuid();
    point_.timeline = static_cast<std::int32_t>(random() >> 33);
    point_.place = {static_cast<std::int64_t>(random() >> 1), domain::OrderId(uuid()),
                    static_cast<std::int64_t>(random() >> 1)};
    point_.committed_at = absl::FromUnixMicros(static_cast<std::int64_t>(random() >> 10));
    ASSERT_EQ(DecodeResumeToken(EncodeResumeToken(point_)), point_);
  }
}

TEST_F(ResumeTokenTest, TheToken_IsShortAndUrlSafe) {
  EXPECT_LE(token_.size(), 108U) << "it travels with every message";
  EXPECT_EQ(token_.find_first_not_of("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_"),
            std::string::npos);
}

TEST_F(ResumeTokenTest, AnyFlippedBit_IsMalformed) {
  for (std::size_t place = 0; place < token_.size(); ++place) {
    for (int bit = 0; bit < 8; ++bit) {
      std::string flipped = token_;
      flipped[place] = static_cast<char>(flipped[place] ^ (1 << bit));
      EXPECT_FALSE(DecodeResumeToken(flipped)) << "bit " << bit << " of " << place;
    }
  }
}

TEST_F(ResumeTokenTest, CutLengthenedOrNonsense_IsMalformed) {
  for (std::size_t length = 0; length < token_.size(); ++length) {
    EXPECT_FALSE(DecodeResumeToken(token_.substr(0, length))) << length;
  }
  for (const std::string& nonsense :
       {token_ + "A", token_ + "=", token_ + "==", " " + token_, token_ + "\n", token_ + token_,
        std::string(100'000, 'A'), std::string("null"), std::string(token_.size(), 'A')}) {
    EXPECT_FALSE(DecodeResumeToken(nonsense)) << nonsense.substr(0, 100);
  }
}

// Sealed as ours are, but not what a stream would have sealed.
TEST_F(ResumeTokenTest, OtherBytesWithAGoodChecksum_AreMalformed) {
  const std::string bytes = *OpenToken(token_);
  ASSERT_EQ(DecodeResumeToken(SealToken(bytes)), point_);
  std::string later_version = bytes;
  later_version[0] = 3;
  EXPECT_FALSE(DecodeResumeToken(SealToken(later_version)));
  for (std::size_t length = 0; length < bytes.size(); ++length) {
    EXPECT_FALSE(DecodeResumeToken(SealToken(bytes.substr(0, length)))) << length;
  }
  EXPECT_FALSE(DecodeResumeToken(SealToken(bytes + '\0')));

  ResumePoint point = point_;
  point.place.number = -1;
  EXPECT_FALSE(DecodeResumeToken(EncodeResumeToken(point))) << "no commit has that number";
  point = point_;
  point.place.version = -1;
  EXPECT_FALSE(DecodeResumeToken(EncodeResumeToken(point))) << "no change has that version";
  std::string timeline = bytes;
  timeline[1 + domain::Uuid::kBytes + 7] = 1;
  EXPECT_FALSE(DecodeResumeToken(SealToken(timeline))) << "no timeline is that long";
}

TEST_F(ResumeTokenTest, RandomBytes_AreMalformed) {
  const std::uint64_t seed = fakes::TestSeed();
  SCOPED_TRACE(seed);
  std::mt19937_64 random(seed);
  for (int run = 0; run < 20'000; ++run) {
    std::string token = token_;
    token.resize(random() % 130, 'A');
    for (std::uint64_t change = random() % 8 + 1; change > 0 && !token.empty(); --change) {
      token[random() % token.size()] = static_cast<char>(random());
    }
    EXPECT_EQ(DecodeResumeToken(token).has_value(), token == token_);
  }
}

}  // namespace
}  // namespace logistics::service
