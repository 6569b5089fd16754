// SPDX-License-Identifier: Apache-2.0
#include "controller/scenario/redact.h"

#include <gtest/gtest.h>
#include <utility>
#include <vector>

namespace cutpoint {
namespace {

using Pairs = std::vector<std::pair<std::string, std::string>>;

TEST(DsnWithoutPassword, LeavesTheRestOfAUri) {
  const Pairs pairs{
      {"postgresql://u:secret@h:5432/d", "postgresql://u@h:5432/d"},
      {"postgres://u:secret@h", "postgres://u@h"},
      {"postgresql://u:@h/d", "postgresql://u@h/d"},
      {"postgresql://u@h/d", "postgresql://u@h/d"},
      {"postgresql://h:5432/d", "postgresql://h:5432/d"},
      {"postgresql://h1:1,h2:2/d", "postgresql://h1:1,h2:2/d"},
      {"postgresql://h:5432/d?options=a@b", "postgresql://h:5432/d?options=a@b"},
      {"postgresql://u:secret@[::1]:5432/d", "postgresql://u@[::1]:5432/d"},
      {"postgresql:///d?host=/tmp", "postgresql:///d?host=/tmp"},
      {"postgresql://u@h/d?password=secret", "postgresql://u@h/d"},
      {"postgresql://u@h/d?password=secret&sslmode=off", "postgresql://u@h/d?sslmode=off"},
      {"postgresql://u@h/d?sslmode=off&sslpassword=secret&a=b",
       "postgresql://u@h/d?sslmode=off&a=b"},
  };
  for (const auto& [dsn, expected] : pairs) EXPECT_EQ(dsn_without_password(dsn), expected) << dsn;
}

TEST(DsnWithoutPassword, ShowsNothingOfAPasswordThatShouldHaveBeenEscaped) {
  EXPECT_EQ(dsn_without_password("postgresql://u:se@cret@h/d"), "postgresql://u@h/d");
  EXPECT_EQ(dsn_without_password("postgresql://u:se/cret@h/d"), "postgresql://u@h/d");
  EXPECT_EQ(dsn_without_password("postgresql://u:12345@h/d"), "postgresql://u@h/d");
}

TEST(DsnWithoutPassword, LeavesTheRestOfKeywords) {
  const Pairs pairs{
      {"host=h password=secret user=u", "host=h user=u"},
      {"password=secret", ""},
      {"host=h password = secret user=u", "host=h user=u"},
      {"host=h password='two words' user=u", "host=h user=u"},
      {R"(host=h password='it\'s' user=u)", "host=h user=u"},
      {R"(host=h password=it\ s user=u)", "host=h user=u"},
      {"host=h password= user=u", "host=h"},  // libpq: the blank belongs to `=`
      {"host=h PASSWORD=secret", "host=h"},
      {"host=h sslpassword=secret port=5", "host=h port=5"},
      {"host=h passfile=/x", "host=h passfile=/x"},
      {"host=h options='-c x=password=1'", "host=h options='-c x=password=1'"},
      {"host=h password='never closed user=u", "host=h"},
      {"host=h secret", "host=h"},
      {"fallback=postgresql://u:x@h password=secret", "fallback=postgresql://u:x@h"},
      {"", ""},
  };
  for (const auto& [dsn, expected] : pairs) EXPECT_EQ(dsn_without_password(dsn), expected) << dsn;
}

TEST(MaskSecrets, KeepsEveryColumn) {
  const Pairs pairs{
      {"dsn: postgresql://u:secret@h/d", "dsn: postgresql://u:******@h/d"},
      {"amqp://u:x@h, http://v:yy@i", "amqp://u:*@h, http://v:**@i"},
      {R"(dsn: "host=h password=secret")", R"(dsn: "host=h password=******")"},
      {"dsn: \"password='two words' port=1\"", "dsn: \"password=*********** port=1\""},
      {"'password=''two words'' port=1'", "'password=************* port=1'"},
      {"--password=secret", "--password=******"},
      {R"([env, "API_TOKEN=abc", --api-key=d])", R"([env, "API_TOKEN=***", --api-key=**)"},
      {"?password=a&sslpassword=bc", "?password=*&sslpassword=**"},
      {"password=p\xc3\xa4ss", "password=****"},
      {"password: given", "password: given"},
      {"http://h:80/a@b", "http://h:80/a@b"},
      {"password=", "password="},
  };
  for (const auto& [text, expected] : pairs) EXPECT_EQ(mask_secrets(text), expected) << text;
}

TEST(MaskSecrets, ShowsTheNamesOfVariables) {
  EXPECT_EQ(mask_secrets("password=${PW} port=1"), "password=${PW} port=1");
  EXPECT_EQ(mask_secrets("postgresql://u:${PW}@h"), "postgresql://u:${PW}@h");
}

TEST(MaskSecretWords, LeavesTheCommand) {
  const std::vector<std::string> words{
      "app",      "--token=a", "--api-key",  "b",         "X_SECRET=c", "Authorization: Bearer d",
      "--orders", "50",        "--password", "--verbose", "--token",    "${TOKEN}"};
  const std::vector<std::string> masked{
      "app",      "--token=***", "--api-key",  "***",       "X_SECRET=***", "Authorization:***",
      "--orders", "50",          "--password", "--verbose", "--token",      "${TOKEN}"};
  EXPECT_EQ(mask_secret_words(words), masked);
}

}  // namespace
}  // namespace cutpoint
