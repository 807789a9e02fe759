#include "remote_inventory/peer_url.hpp"

#include <string>

#include "fakes/status_matchers.hpp"
#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace logistics::remote_inventory {
namespace {

using fakes::StatusIs;
using testing::HasSubstr;
using testing::Not;

struct Right {
  const char* url;
  const char* target;
  const char* authority;
  bool tls;
};

TEST(PeerUrl, OneHostGoesThroughDnsAndSeveralAddressesAreListed) {
  for (const Right& right : {
           Right{"http://inventory:50052", "dns:///inventory:50052", "", false},
           Right{"https://inventory.example.org:443/", "dns:///inventory.example.org:443", "", true},
           Right{"http://10.0.0.1:50052", "dns:///10.0.0.1:50052", "", false},
           Right{"http://[::1]:50052", "dns:///%5B::1%5D:50052", "", false},
           Right{"http://10.0.0.1:1,10.0.0.2:2", "ipv4:10.0.0.1:1,10.0.0.2:2", "10.0.0.1:1", false},
           Right{"http://[::1]:1,[::2]:2", "ipv6:%5B::1%5D:1,%5B::2%5D:2", "[::1]:1", false},
       }) {
    ASSERT_OK_AND_ASSIGN(const PeerUrl url, ParsePeerUrl(right.url));
    EXPECT_EQ(url.target, right.target) << right.url;
    EXPECT_EQ(url.authority, right.authority) << right.url;
    EXPECT_EQ(url.tls, right.tls) << right.url;
    EXPECT_EQ(url.display, right.url);
  }
}

struct Wrong {
  const char* url;
  const char* said;
};

TEST(PeerUrl, WhatIsWrongIsSaid) {
  for (const Wrong& wrong : {
           Wrong{"", "must begin with http://"},
           Wrong{"inventory:50052", "must begin with http://"},
           Wrong{"grpc://inventory:50052", "must begin with http://"},
           Wrong{"http://", "the host is no name"},
           Wrong{"http://:50052", "the host is no name"},
           Wrong{"http://in ventory:50052", "the host is no name"},
           Wrong{"http://inventory", "the port is missing"},
           Wrong{"http://inventory:", "the port is missing"},
           Wrong{"http://inventory:0", "the port is not a number"},
           Wrong{"http://inventory:65536", "the port is not a number"},
           Wrong{"http://inventory:50052x", "the port is not a number"},
           Wrong{"http://[::1:50052", "closing bracket"},
           Wrong{"http://[zz]:50052", "no IPv6 address"},
           Wrong{"http://inventory:50052/path", "nothing may follow the port"},
           Wrong{"http://inventory:50052?a=b", "nothing may follow the port"},
           Wrong{"http://one:1,two:2", "one name that resolves to all"},
           Wrong{"http://10.0.0.1:1,[::1]:2", "all IPv4 or all IPv6"},
           Wrong{"http://10.0.0.1:1,", "the host is no name"},
           Wrong{"https://10.0.0.1:1,10.0.0.2:2", "a certificate is for one name"},
       }) {
    EXPECT_THAT(ParsePeerUrl(wrong.url), StatusIs(absl::StatusCode::kInvalidArgument, HasSubstr(wrong.said)))
        << wrong.url;
  }
}

TEST(PeerUrl, APasswordIsRefusedAndNotRepeated) {
  EXPECT_THAT(ParsePeerUrl("http://me:hunter2@inventory:50052"),
              StatusIs(absl::StatusCode::kInvalidArgument, Not(HasSubstr("hunter2"))));
}

}  // namespace
}  // namespace logistics::remote_inventory
