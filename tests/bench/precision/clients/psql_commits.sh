#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# psql in a loop, one connection and one COMMIT each, until it is killed. A line "committed" for
# each COMMIT of which psql was told; ends with an error other than a lost connection.
#   usage: psql_commits.sh        (CUTPOINT_PG_DSN)
set -u

longest=700 # bytes of what stands before the transaction

for ((trial = 0; ; ++trial)); do
  printf -v filler '%*s' $((trial * 37 % longest)) ''
  psql -Xqt -v ON_ERROR_STOP=1 -o /dev/null -c "SELECT '$filler'" -c BEGIN \
    -c 'INSERT INTO cuts VALUES (pg_backend_pid())' -c COMMIT "$CUTPOINT_PG_DSN"
  case $? in
    0) echo committed ;;
    2) ;; # the connection is lost
    *) exit 1 ;;
  esac
done
