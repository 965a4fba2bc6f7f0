#!/usr/bin/env bash
# What `make bench` does: every figure of speed and size beside its limit or its peer, in one run. Nothing here is asserted.
#   FRESH=1 also times the first `make run`, in a fresh clone (some minutes).
set -euo pipefail
cd "$(dirname "$0")/.."
out=target/bench
mkdir -p "$out"
figures="$out/figures.tsv"
printf 'figure\tmeasured\tlimit or peer\tmore\n' > "$figures"
figure() { printf '%s\t%s\t%s\t%s\n' "$1" "$2" "$3" "${4:-}" >> "$figures"; }
seconds_since() { awk -v from="$1" -v to="$(date +%s.%N)" 'BEGIN { printf "%.2f s", to - from }'; }

echo "building (release)…" >&2
(cd tests/bench/peer && [ -d node_modules/better-sqlite3 ] || npm ci --silent --foreground-scripts >/dev/null) \
  || echo "the peer cannot be installed: its figures are left out" >&2
cargo build --quiet --release --no-default-features --bin zhangzheng
cp target/release/zhangzheng "$out/product"
cargo build --quiet --release --bin zhangzheng
cargo bench --quiet --bench journey --no-run

# The product alone, as in production: start and memory.
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
port=$(python3 -c 'import socket; s = socket.socket(); s.bind(("127.0.0.1", 0)); print(s.getsockname()[1])' 2>/dev/null || echo 18473)
cat > "$folder/own.toml" <<TOML
[data]
folder = "$folder"
[http]
listen = "127.0.0.1:$port"
public_url = "http://127.0.0.1:$port"
TOML
starts() {
  local began
  began=$(date +%s.%N)
  "$out/product" serve --config "$folder/own.toml" > "$folder/log" 2>&1 &
  until curl -sf "http://127.0.0.1:$port/" -o /dev/null; do sleep 0.005; kill -0 $! || { cat "$folder/log" >&2; return 1; }; done
  started=$(seconds_since "$began")
}
starts
first=$started
kill %% && wait %% || true
starts
sleep 5
memory=$(awk '/VmRSS/ { printf "%.0f MiB", $2 / 1024 }' /proc/$!/status)
kill %% && wait %% || true
figure "start, product alone, empty folder" "$first" "1 s" "database made, keys drawn"
figure "start, product alone, again" "$started" "1 s" "first page answered"
figure "memory, product alone, idle" "$memory" "64 MiB" "after 5 s and a page"
figure "size of the product" "$(stat -c %s "$out/product" | numfmt --to=iec)" "" "with fonts, pages and agreements"

ZHANGZHENG_BINARY=target/release/zhangzheng cargo bench --quiet --bench journey >> "$figures"
ZHANGZHENG_BINARY=target/release/zhangzheng tests/postgres.sh run cargo bench --quiet --bench journey -- pay >> "$figures"

seals=$(cargo run --quiet --release -p zhangzheng-documents --example seals | tail -1)
figure "seals cut out of 200 drawn photos" "$seals" "" "IoU against the drawing"

# The authority and both halves of a signature, beside OpenSSL.
cargo run --quiet --release -p zhangzheng-pki --example speed >> "$figures"
(cd miniprogram && node simulator/build/run.mjs test bench) | sed -n 's/.*FIGURE //p' >> "$figures"

# The mini-program's packages, and `make run`.
sizes=$(cd miniprogram && npm run --silent build | tail -1)
figure "mini-program, main package" "$(grep -o 'main [0-9]* kB' <<< "$sizes" | cut -d' ' -f2-)" "1 MB"
figure "mini-program, total" "$(grep -o 'total [0-9]* kB' <<< "$sizes" | cut -d' ' -f2-)" "2 MB"
runs() {
  local began ready
  began=$(date +%s.%N)
  setsid make --silent -C "$1" run DATA="$folder/run" PORT=18474 SANDBOX_PORT=18475 SMTP_PORT=18476 > "$folder/run.log" 2>&1 &
  until grep -q "is ready after" "$folder/run.log"; do sleep 0.05; kill -0 $! || { cat "$folder/run.log" >&2; return 1; }; done
  ready=$(seconds_since "$began")
  kill -- -$!
  wait $! || true
  echo "$ready"
}
if [ -n "${FRESH:-}" ]; then
  git clone --quiet . "$folder/clone"
  figure "make run, fresh clone" "$(runs "$folder/clone")" "12 min" "$(nproc) cores"
fi
runs . > /dev/null
figure "make run, the next time" "$(runs .)" "5 s"

echo >&2
column -t -s $'\t' "$figures"
