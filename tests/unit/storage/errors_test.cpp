#include "storage/postgres/errors.hpp"

#include <gmock/gmock.h>

#include <memory>
#include <pqxx/except>
#include <stdexcept>
#include <string>
#include <vector>

#include "fakes/status_matchers.hpp"
#include "logistics/domain/errors.hpp"

namespace logistics::storage {
namespace {

using fakes::StatusIs;

pqxx::sql_error SqlError(const char* sqlstate) { return pqxx::sql_error("server's words", "SELECT 1", sqlstate); }

void ExpectTryLater(const std::exception& error, FailureKind kind) {
  const Failure failure = TranslateException(error);
  EXPECT_EQ(failure.kind, kind) << error.what();
  EXPECT_THAT(failure.status, StatusIs(absl::StatusCode::kUnavailable));
  EXPECT_TRUE(domain::RetryAfterOf(failure.status).has_value());
  EXPECT_EQ(IsBusy(failure.status), kind == FailureKind::kTransient || kind == FailureKind::kLocked);
  EXPECT_THAT(std::string(failure.status.message()), testing::Not(testing::HasSubstr("server's words")));
}

TEST(TranslateExceptionTest, WhatPasses_IsTransient) {
  for (const char* const sqlstate : {"40001", "40P01", "23505", "53100", "53200", "53300"}) {
    SCOPED_TRACE(sqlstate);
    ExpectTryLater(SqlError(sqlstate), FailureKind::kTransient);
  }
  ExpectTryLater(pqxx::deadlock_detected("deadlock"), FailureKind::kTransient);
  ExpectTryLater(pqxx::serialization_failure("serialization"), FailureKind::kTransient);
  ExpectTryLater(pqxx::unique_violation("twice", "INSERT", "23505"), FailureKind::kTransient);
}

TEST(TranslateExceptionTest, WaitInVain_IsOneForALock) {
  for (const char* const sqlstate : {"55P03", "57014"}) ExpectTryLater(SqlError(sqlstate), FailureKind::kLocked);
}

TEST(TranslateExceptionTest, LostOrRefusedConnection_IsOneOfConnection) {
  for (const char* const sqlstate :
       {"08000", "08003", "08006", "08007", "40003", "57P01", "57P02", "57P03", "25P03", "25P04", "25006", "55000"}) {
    SCOPED_TRACE(sqlstate);
    ExpectTryLater(SqlError(sqlstate), FailureKind::kConnection);
  }
  ExpectTryLater(pqxx::broken_connection("gone"), FailureKind::kConnection);
  ExpectTryLater(pqxx::too_many_connections("no more"), FailureKind::kConnection);
}

TEST(TranslateExceptionTest, SessionsOnLibpq_MeanTheSameByTheirCodes) {
  for (const char* const sqlstate : {"40P01", "55P03", "08007", "53100", "42501", "26000", "40003", "40002", "0A000"}) {
    SCOPED_TRACE(sqlstate);
    const Failure ours = TranslateException(ServerError("server's words", sqlstate));
    const Failure theirs = TranslateException(SqlError(sqlstate));
    EXPECT_EQ(ours.kind, theirs.kind);
    EXPECT_EQ(ours.status, theirs.status);
    EXPECT_EQ(ours.sqlstate, sqlstate);
    EXPECT_EQ(ours.unfit, theirs.unfit);
    EXPECT_EQ(ours.no_room, theirs.no_room);
  }
  ExpectTryLater(LostConnection("gone"), FailureKind::kConnection);
}

// A table has changed under a prepared statement. That is no fault of the server's: it serves.
TEST(TranslateExceptionTest, OutdatedPreparedStatement_IsALostSessionAndNoUnfitOne) {
  ExpectTryLater(SqlError("0A000"), FailureKind::kConnection);
  EXPECT_FALSE(TranslateException(SqlError("0A000")).unfit);
}

// A pooler gave our place at the server to another session.
TEST(TranslateExceptionTest, LostPreparedStatement_IsALostSession) {
  for (const char* const sqlstate : {"26000", "42P05"}) {
    SCOPED_TRACE(sqlstate);
    ExpectTryLater(SqlError(sqlstate), FailureKind::kConnection);
    EXPECT_TRUE(TranslateException(SqlError(sqlstate)).unfit);
  }
}

// libpqxx 6 gives no code with this one.
TEST(TranslateExceptionTest, MissingRight_HasItsCode) {
  const Failure failure = TranslateException(pqxx::insufficient_privilege("permission denied for table orders"));
  EXPECT_EQ(failure.sqlstate, "42501");
  EXPECT_TRUE(failure.unfit);
  EXPECT_THAT(failure.status, StatusIs(absl::StatusCode::kInternal, testing::HasSubstr("42501")));
}

// A query that spills says nothing of the next; a commit that finds no room does.
TEST(TranslateExceptionTest, LackOfRoom_IsApartFromAnUnfitSession) {
  for (const char* const sqlstate : {"53100", "53200", "53300", "53400"}) {
    SCOPED_TRACE(sqlstate);
    const Failure failure = TranslateException(SqlError(sqlstate));
    EXPECT_TRUE(failure.no_room);
    EXPECT_EQ(failure.unfit, sqlstate == std::string("53300"));
  }
}

TEST(TranslateExceptionTest, WhatIsWrongWithOneStatement_SaysNothingOfTheSession) {
  for (const char* const sqlstate : {"22000", "23514", "40001", "55P03", "57014", ""}) {
    SCOPED_TRACE(sqlstate);
    EXPECT_FALSE(TranslateException(SqlError(sqlstate)).unfit);
  }
}

// The server cannot say whether it was done: that is for the one who knows what was sent, never a plain "again".
TEST(TranslateExceptionTest, UnknownCompletion_IsOneOfConnection) {
  ExpectTryLater(pqxx::statement_completion_unknown("perhaps"), FailureKind::kConnection);
}

TEST(TranslateExceptionTest, WhatWillFailAgain_IsPermanentAndInternal) {
  for (const char* const sqlstate : {"22000", "22P02", "23502", "23514", "42P01", "42601", "XX000", ""}) {
    SCOPED_TRACE(sqlstate);
    const Failure failure = TranslateException(SqlError(sqlstate));
    EXPECT_EQ(failure.kind, FailureKind::kPermanent);
    EXPECT_THAT(failure.status, StatusIs(absl::StatusCode::kInternal, testing::HasSubstr("server's words")));
  }
  EXPECT_EQ(TranslateException(pqxx::check_violation("no", "INSERT", "23514")).kind, FailureKind::kPermanent);
  EXPECT_EQ(TranslateException(std::runtime_error("ours")).kind, FailureKind::kPermanent);
  EXPECT_EQ(TranslateException(pqxx::conversion_error("ours")).kind, FailureKind::kPermanent);
}

}  // namespace
}  // namespace logistics::storage
