// SPDX-License-Identifier: Apache-2.0
#include "probes/postgres/dsn.h"

#include <cstdlib>
#include <gtest/gtest.h>

#include "probes/postgres/observer.h"

namespace cutpoint::probes {
namespace {

using Endpoints = std::vector<std::pair<std::string, std::uint16_t>>;

// libpq's environment is part of what it connects by: each test starts without any of it.
class ResolveDsn : public testing::Test {
 protected:
  void SetUp() override {
    for (const char* name : {"PGHOST", "PGHOSTADDR", "PGPORT", "PGSERVICE"}) unsetenv(name);
  }
  void TearDown() override { SetUp(); }

  static Endpoints endpoints(const std::string& dsn) {
    const auto address = resolve_dsn(dsn);
    EXPECT_TRUE(address.ok()) << dsn;
    EXPECT_FALSE(address && address->unix_socket) << dsn;
    return address ? address->endpoints : Endpoints{};
  }
};

TEST_F(ResolveDsn, UnderstandsUriAndKeywordForm) {
  EXPECT_EQ(endpoints("postgresql://u:p@127.0.0.1:55432/db"), (Endpoints{{"127.0.0.1", 55432}}));
  EXPECT_EQ(endpoints("postgres://[::1]:5433/db?sslmode=disable"), (Endpoints{{"::1", 5433}}));
  EXPECT_EQ(endpoints("host=192.0.2.7 port=6000 dbname=x"), (Endpoints{{"192.0.2.7", 6000}}));
  EXPECT_EQ(endpoints("host=192.0.2.7"), (Endpoints{{"192.0.2.7", 5432}}));
}

TEST_F(ResolveDsn, HostaddrSparesTheNamesResolution) {
  EXPECT_EQ(endpoints("host=no.such.name.invalid hostaddr=192.0.2.7"),
            (Endpoints{{"192.0.2.7", 5432}}));
}

TEST_F(ResolveDsn, ListsEveryHost) {
  EXPECT_EQ(endpoints("host=192.0.2.1,192.0.2.2 port=1,2"),
            (Endpoints{{"192.0.2.1", 1}, {"192.0.2.2", 2}}));
  EXPECT_EQ(endpoints("postgresql://192.0.2.1,192.0.2.2:2/db"),
            (Endpoints{{"192.0.2.1", 5432}, {"192.0.2.2", 2}}));
  EXPECT_EQ(endpoints("host=192.0.2.1,192.0.2.1 port=9"), (Endpoints{{"192.0.2.1", 9}}));
}

TEST_F(ResolveDsn, ResolvesNames) {
  const auto found = endpoints("host=localhost port=7");
  EXPECT_NE(
      std::find(found.begin(), found.end(), std::pair(std::string("127.0.0.1"), std::uint16_t{7})),
      found.end());
}

TEST_F(ResolveDsn, FillsInFromTheEnvironment) {
  setenv("PGHOST", "192.0.2.9", 1);
  setenv("PGPORT", "7777", 1);
  EXPECT_EQ(endpoints("dbname=x"), (Endpoints{{"192.0.2.9", 7777}}));
  EXPECT_EQ(endpoints("host=192.0.2.1"), (Endpoints{{"192.0.2.1", 7777}}));
}

TEST_F(ResolveDsn, SaysWhenItIsNotTcp) {
  for (const char* dsn : {"dbname=x", "host=/run/postgresql", "host=@abstract", "postgresql:///x",
                          "postgresql://%2Frun%2Fpostgresql/x"}) {
    const auto address = resolve_dsn(dsn);
    ASSERT_TRUE(address.ok()) << dsn;
    EXPECT_TRUE(address->unix_socket) << dsn;
    EXPECT_TRUE(address->endpoints.empty()) << dsn;
  }
}

TEST_F(ResolveDsn, KeepsTheTcpHostsBesideASocket) {
  const auto address = resolve_dsn("host=/run/postgresql,192.0.2.1 port=5");
  ASSERT_TRUE(address.ok());
  EXPECT_TRUE(address->unix_socket);
  EXPECT_EQ(address->endpoints, (Endpoints{{"192.0.2.1", 5}}));
}

TEST_F(ResolveDsn, RefusesWhatLeadsNowhere) {
  const std::pair<const char*, ExitCode> table[] = {
      {"host=192.0.2.1 port=70000", ExitCode::usage},
      {"host=192.0.2.1 port=0", ExitCode::usage},
      {"host=192.0.2.1 port=5x", ExitCode::usage},
      {"host=a,b port=1,2,3", ExitCode::usage},
      {"host=a,b hostaddr=192.0.2.1,192.0.2.2,192.0.2.3", ExitCode::usage},
      {"service=somewhere", ExitCode::usage},
      {"not a dsn", ExitCode::usage},
      {"host=no.such.name.invalid", ExitCode::unavailable},
  };
  for (const auto& [dsn, code] : table) {
    const auto address = resolve_dsn(dsn);
    ASSERT_FALSE(address.ok()) << dsn;
    EXPECT_EQ(address.error().code, code) << dsn;
    EXPECT_FALSE(address.error().remedy.empty()) << dsn;
  }
}

TEST(Dsn, ErrorsDoNotQuoteWhatMayBeAPassword) {
  for (const char* dsn : {"postgresql://u:hunter2%zz@h/db", "hunter2", "host=h password='hunter2",
                          "host=h password=two hunter2=words", "postgresql://h/db?hunter2=words"}) {
    const auto parsed = Dsn::parse(dsn);
    ASSERT_FALSE(parsed.ok()) << dsn;
    EXPECT_EQ(parsed.error().message.find("hunter2"), std::string::npos) << parsed.error().message;
  }
}

TEST(Dsn, ErrorsNameAnUnknownOption) {
  const auto parsed = Dsn::parse("postgresql://h/db?sslmod=require");
  ASSERT_FALSE(parsed.ok());
  EXPECT_NE(parsed.error().message.find("sslmod"), std::string::npos) << parsed.error().message;
}

TEST(Dsn, KeywordFormSurvivesAnyValue) {
  const auto dsn = Dsn::parse("host=h")->with("password", R"(it's a \ "day" )");
  EXPECT_EQ(Dsn::parse(dsn.conninfo())->find("password"), R"(it's a \ "day" )");
  EXPECT_EQ(Dsn::parse(dsn.conninfo())->find("host"), "h");
}

TEST(RedactDsn, LeavesEverythingButSecrets) {
  EXPECT_EQ(redact_dsn("postgresql://me:hunter2@127.0.0.1:5/db?sslmode=disable"),
            "dbname=db host=127.0.0.1 port=5 sslmode=disable user=me");
  EXPECT_EQ(redact_dsn("host=h password='a b' sslpassword=x user='my user'"),
            "host=h user='my user'");
  EXPECT_EQ(redact_dsn("hunter2"), "(unreadable connection string)");
}

}  // namespace
}  // namespace cutpoint::probes
