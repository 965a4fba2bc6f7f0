# 掌证 Zhangzheng
#   make run        everything on this machine: desktop, review console, vendors, and the phone on the desk
#   make test       everything that CI checks
#   make rehearse   the whole journey in a browser, desktop and phone together, with screenshots
#   make looks      every screen of the phone in light, dark, elders' mode and other widths, looked over, on contact sheets
#   make bench      how fast and how small it is, each figure beside its limit or its peer (FRESH=1: a fresh clone too)
#   make check      the quick loop: format, lints, types, unit tests

PORT ?= 8080
SANDBOX_PORT ?= 8081
SMTP_PORT ?= 8025
DATA ?= data

.PHONY: run test rehearse looks bench check setup phone openapi

setup:
	@tests/setup.sh run

phone: setup
	@cd miniprogram && npm run --silent build

run: phone
	@cargo build --quiet --bin zhangzheng
	@exec target/debug/zhangzheng dev --folder "$(DATA)" --port $(PORT) --sandbox-port $(SANDBOX_PORT) --smtp-port $(SMTP_PORT)

# The API's document and the phone's types are made from the server; a test fails when either is stale.
openapi: setup
	cargo run --quiet --bin zhangzheng -- openapi > src/docs/openapi.json
	cd miniprogram && npm run --silent schema

check: setup
	cargo fmt --all --check
	cargo clippy --workspace --all-targets --quiet -- -D warnings
	cd miniprogram && npm run --silent typecheck && npm run --silent lint && npm run --silent unit
	cargo nextest run --workspace --lib

test:
	@tests/setup.sh test
	@tests/run.sh

rehearse:
	@tests/setup.sh test
	@cd miniprogram && npm run --silent build
	@cargo build --quiet --bin zhangzheng
	@cd miniprogram && npm run --silent rehearse

looks:
	@tests/setup.sh test
	@cd miniprogram && npm run --silent build
	@cargo build --quiet --bin zhangzheng
	@cd miniprogram && npm run --silent looks

bench:
	@tests/setup.sh test
	@tests/bench.sh
