#!/usr/bin/env bash
# Builds a fuzz target on stable Rust and feeds it for some seconds: tests/fuzz/run.sh <target> [seconds] [libFuzzer's options].
# What it finds is left in tests/fuzz/artifacts/<target>, what it has learnt in tests/fuzz/corpus/<target>.
set -euo pipefail
cd "$(dirname "$0")"
target=${1:?image, scan, video, letter_mark, multipart, bill, ocsp_request, seal or certificate}
seconds=${2:-60}
shift $(($# < 2 ? $# : 2))
host=$(rustc -vV | sed -n 's/^host: //p')
# libFuzzer's coverage, as cargo-fuzz sets it up on nightly. With --target, build scripts stay as they are.
export RUSTFLAGS="-Cpasses=sancov-module -Cllvm-args=-sanitizer-coverage-level=4 \
-Cllvm-args=-sanitizer-coverage-inline-8bit-counters -Cllvm-args=-sanitizer-coverage-pc-table \
-Cllvm-args=-sanitizer-coverage-trace-compares --cfg fuzzing"
case "$target" in multipart | bill) features=(--features server) ;; *) features=() ;; esac
cargo build --release --target "$host" --bin "$target" "${features[@]}"
mkdir -p "corpus/$target" "artifacts/$target"
seeds=()
[ -d "seeds/$target" ] && seeds=("seeds/$target")
exec "target/$host/release/$target" "corpus/$target" "${seeds[@]}" -artifact_prefix="artifacts/$target/" \
  -max_total_time="$seconds" -timeout=25 -rss_limit_mb=3072 "$@"
