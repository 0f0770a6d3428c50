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
need systemd-nspawn systemd-container
need mmdebstrap mmdebstrap
need ssh openssh-client
need apt-cacher-ng apt-cacher-ng
need named bind9
need nft nftables
# A source of another release than the lab's own, and with TLS.
[ -x /usr/lib/postgresql/15/bin/postgres ] || missing+=(postgresql-15)
[ -e /usr/share/keyrings/debian-archive-keyring.gpg ] || missing+=(debian-archive-keyring)

if [ "${#missing[@]}" -eq 0 ]; then
  exit 0
fi
if [ "$(id -u)" -ne 0 ]; then
  echo "missing system tools; ask an administrator for: apt-get install ${missing[*]}" >&2
  exit 0
fi
export DEBIAN_FRONTEND=noninteractive

# The lab runs the package mirror and the name servers itself, on its own bridge only: the services that come
# with the packages would listen to everybody. 101: action forbidden by policy (invoke-rc.d(8)).
services=()
for package in "${missing[@]}"; do
  case $package in
    apt-cacher-ng) services+=(apt-cacher-ng.service) ;;
    bind9) services+=(named.service) ;;
    postgresql-15) services+=(postgresql.service) ;;
  esac
done
if [ "${#services[@]}" -ne 0 ]; then
  if [ ! -e /usr/sbin/policy-rc.d ]; then
    trap 'rm -f /usr/sbin/policy-rc.d' EXIT
    printf '#!/bin/sh\nexit 101\n' >/usr/sbin/policy-rc.d
    chmod 755 /usr/sbin/policy-rc.d
  fi
  if command -v systemctl >/dev/null; then
    systemctl --quiet mask "${services[@]}"
  fi
fi
apt-get update -qq
apt-get install -y -qq --no-install-recommends "${missing[@]}" >/dev/null
