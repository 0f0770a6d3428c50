#!/usr/bin/env bash
# Installs the system tools that the lab and the tests need, by package name; called by `make setup`.
# As an ordinary user it installs nothing and says what is missing.
set -euo pipefail

missing=()
need() { command -v "$1" >/dev/null || missing+=("$2"); }
need ip iproute2
need nsenter util-linux
need chromium chromium
need promtool prometheus

if [ "${#missing[@]}" -eq 0 ]; then
  exit 0
fi
if [ "$(id -u)" -ne 0 ]; then
  echo "missing system tools; ask an administrator for: apt-get install ${missing[*]}" >&2
  exit 0
fi
export DEBIAN_FRONTEND=noninteractive
apt-get update -qq
apt-get install -y -qq --no-install-recommends "${missing[@]}" >/dev/null
