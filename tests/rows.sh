#!/usr/bin/env bash
# Prints the rows M1 to M51 of the manual that no test is named after, and fails when there are any.
set -euo pipefail
cd "$(dirname "$0")/.."
missing=()
for row in $(seq 1 51); do
  git grep -qiE "(fn|mod|test\(['\"\`]|it\(['\"\`]|async fn) *([a-z0-9_]*_)?m0?${row}_" -- tests src 'miniprogram/tests' || missing+=("M$row")
done
[ ${#missing[@]} -eq 0 ] && echo "none" && exit 0
echo "without a test: ${missing[*]}"
exit 1
