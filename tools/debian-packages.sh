#!/usr/bin/env bash
# The Debian packages that the lab needs.
#   debian-packages.sh line      prints the one command that installs them
#   debian-packages.sh missing   prints those that are not installed
#   debian-packages.sh install   installs those, and starts none of the services in them
set -euo pipefail

packages=(
  samba samba-ad-dc samba-ad-provision samba-dsdb-modules winbind # the domain controllers
  debootstrap                                                     # a later Samba, beside Debian 12's
  krb5-user ldap-utils dnsutils iproute2 openssl                  # proofs, addresses, certificates
  python3-cryptography                                            # an independent reader of the envelope
  gdb                                                             # core dumps, in which no password may be
  chromium fonts-liberation fonts-droid-fallback                  # pages as people see them, in any script
)

missing() {
  local package
  for package in "${packages[@]}"; do
    [ "$(dpkg-query --show --showformat='${db:Status-Status}' "$package" 2>/dev/null)" = installed ] || echo "$package"
  done
}

# Debian starts a service as soon as its package is there: an smbd for the whole machine, which nobody asked for.
# While /usr/sbin/policy-rc.d says 101 ("forbidden by policy") it does not. One that is there already keeps its say.
without_starting_services() {
  local policy=/usr/sbin/policy-rc.d
  if [ -e "$policy" ]; then
    "$@"
    return
  fi
  trap 'rm -f /usr/sbin/policy-rc.d' EXIT
  printf '#!/bin/sh\nexit 101\n' >"$policy"
  chmod 755 "$policy"
  "$@"
}

# Nor shall they start at the next boot. Only those that this run installed: a file server that was here before stays.
keep_services_off() {
  local package
  command -v systemctl >/dev/null || return 0
  for package in "$@"; do
    case "$package" in
      samba) systemctl disable --quiet smbd nmbd ;;
      samba-ad-dc | winbind) systemctl disable --quiet "$package" ;;
    esac
  done
}

install() {
  local wanted
  mapfile -t wanted < <(missing)
  [ "${#wanted[@]}" -gt 0 ] || return 0
  export DEBIAN_FRONTEND=noninteractive
  quietly apt-get update -qq
  without_starting_services quietly apt-get install -qq -y --no-install-recommends "${wanted[@]}"
  quietly keep_services_off "${wanted[@]}"
}

# Silent when all goes well; everything that was said when not.
quietly() {
  local output
  if ! output=$("$@" 2>&1); then
    printf '%s\nThis failed: %s\n' "$output" "$*" >&2
    return 1
  fi
}

case "${1:-}" in
  line) echo "apt-get update && apt-get install -y --no-install-recommends ${packages[*]}" ;;
  missing) missing ;;
  install) install ;;
  *)
    echo "usage: $0 line | missing | install" >&2
    exit 2
    ;;
esac
