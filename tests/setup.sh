#!/usr/bin/env bash
# Installs what is missing: `tests/setup.sh run` for `make run`, `tests/setup.sh test` for `make test`.
# Debian packages when root; otherwise says what to ask an administrator for. Node packages by npm, crates by cargo itself.
set -euo pipefail
cd "$(dirname "$0")/.."

have() { command -v "$1" >/dev/null 2>&1; }
missing=()
have cc || missing+=(gcc libc6-dev)
if [ "${1:-run}" = test ]; then
  have openssl || missing+=(openssl)
  { have pkg-config && pkg-config --exists openssl; } || missing+=(pkg-config libssl-dev)
  have pdftoppm || missing+=(poppler-utils)
  have chromium || missing+=(chromium)
  [ -n "$(compgen -G '/usr/share/fonts/opentype/noto/NotoSansCJK*' || true)" ] || missing+=(fonts-noto-cjk)
  compgen -G '/usr/lib/postgresql/*/bin/initdb' >/dev/null || missing+=(postgresql)
  python3 -c 'import ensurepip, venv' 2>/dev/null || missing+=(python3-venv)
fi
if [ ${#missing[@]} -gt 0 ]; then
  if [ "$(id -u)" = 0 ] && have apt-get; then
    echo "installing: ${missing[*]}"
    apt-get update -qq
    DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends "${missing[@]}" >/dev/null
  else
    echo "Please have these Debian packages installed: ${missing[*]}" >&2
    exit 1
  fi
fi
have cargo || { echo "Rust is missing: see https://rustup.rs" >&2; exit 1; }
have node || { echo "Node.js 20 or newer is missing" >&2; exit 1; }
if [ "${1:-run}" = test ] && ! cargo nextest --version >/dev/null 2>&1; then
  cargo install --locked cargo-nextest
fi

# An SM2 that is not ours checks what the authority signs (tests/oracle).
if [ "${1:-run}" = test ] && ! [ target/oracle/ready -nt tests/oracle/requirements.txt ]; then
  echo "installing what checks SM2 signatures"
  python3 -m venv target/oracle
  target/oracle/bin/pip install --quiet --disable-pip-version-check -r tests/oracle/requirements.txt
  touch target/oracle/ready
fi

# npm leaves this file when it is done: packages are installed again only when the lock changes.
if ! [ miniprogram/node_modules/.package-lock.json -nt miniprogram/package-lock.json ]; then
  echo "installing the mini-program's packages"
  (cd miniprogram && npm ci --ignore-scripts --no-audit --no-fund --silent)
  touch miniprogram/node_modules/.package-lock.json
fi

# Another maker's client of WeChat Pay, to check the sandbox against (tests/other_client.py).
if [ "${1:-run}" = test ] && ! target/other-client/bin/python -c 'import wechatpayv3' 2>/dev/null; then
  python3 -m venv target/other-client
  target/other-client/bin/pip install --quiet --disable-pip-version-check wechatpayv3==2.0.4
fi
