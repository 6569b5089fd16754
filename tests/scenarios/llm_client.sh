#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# Asks a language model's host by curl until it has been silent and has answered again.
#   usage: llm_client.sh CURL-OPTION…   (e.g. --http2 --tlsv1.3)
# Exit code 0: one question was not answered within 0.5 s, and three in a row were after that.
silent=0
answers=0
questions=0
while [ "$silent" = 0 ] || [ "$answers" -lt 3 ]; do
  questions=$((questions + 1))
  [ "$questions" -le 100 ] || exit 1
  curl -sS --fail --max-time 0.5 --cacert "$CUTPOINT_LLM_CA" --json '{"contents":[]}' -o /dev/null "$@" \
    "$CUTPOINT_LLM_URL/v1beta/models/m:generateContent"
  case $? in
    0) answers=$((answers + 1)) ;;
    28)
      silent=1
      answers=0
      ;;
    *) exit 1 ;;
  esac
done
