#!/usr/bin/env bash
# What `make test` does, in order: what fails soonest comes first. Each part says how long it took.
set -euo pipefail
cd "$(dirname "$0")/.."

part() {
  local title=$1 began=$SECONDS
  shift
  echo
  echo "== $title"
  "$@"
  echo "-- $title: $((SECONDS - began)) s"
}
in_miniprogram() { (cd miniprogram && "$@"); }
fresh_openapi() {
  cargo run --quiet --bin zhangzheng -- openapi | diff -u src/docs/openapi.json - \
    || { echo "src/docs/openapi.json is stale: run make openapi" >&2; return 1; }
}
fresh_schema() {
  cp miniprogram/app/api/schema.ts target/schema.before.ts
  in_miniprogram npm run --silent schema
  diff -u target/schema.before.ts miniprogram/app/api/schema.ts \
    || { echo "miniprogram/app/api/schema.ts is stale: run make openapi" >&2; return 1; }
}

mkdir -p target
part "format" cargo fmt --all --check
part "mini-program: types" in_miniprogram npm run --silent typecheck
part "mini-program: lints" in_miniprogram npm run --silent lint
part "lints" cargo clippy --workspace --all-targets --quiet -- -D warnings
part "production build has no sandbox" cargo check --quiet --no-default-features --bin zhangzheng
part "the API's document is fresh" fresh_openapi
part "the phone's types are fresh" fresh_schema
part "Rust tests, SQLite and PostgreSQL" tests/postgres.sh run cargo nextest run --workspace --no-fail-fast
part "old buckets (feature oss-v1)" cargo nextest run -p zhangzheng-providers --features oss-v1 --test cloud -E 'test(storage)'
part "doc tests" cargo test --quiet --workspace --doc
part "mini-program: unit tests" in_miniprogram npm run --silent unit
part "mini-program: the browser host" in_miniprogram npm run --silent conformance
part "mini-program: build" in_miniprogram npm run --silent build
part "binary for the browser journeys" cargo build --quiet --bin zhangzheng
part "browser journeys" in_miniprogram npm run --silent journeys
part "rehearsal" in_miniprogram npm run --silent rehearse
part "rows of the manual without a test" tests/rows.sh
echo
echo "all parts passed in $SECONDS s"
