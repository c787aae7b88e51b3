#!/bin/sh
# Brings what the tests need of the system and cannot get from Python's packages: a browser, systemd-analyze, nginx.
# Says what to install where it may not install by itself.
set -eu
has() { command -v "$1" >/dev/null 2>&1; }
missing=
has chromium || has google-chrome || missing="chromium"
has systemd-analyze || missing="$missing systemd"
has nginx || [ -x /usr/sbin/nginx ] || missing="$missing nginx"
if [ -z "$missing" ]; then
    exit 0
fi
if [ "$(id -u)" = 0 ] && has apt-get; then
    echo "Installing for the tests: $missing"
    apt-get update -qq
    # shellcheck disable=SC2086  # a list of packages
    DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends $missing >/dev/null
    exit 0
fi
echo "The tests need these (Debian: apt-get install $missing): install them and run again." >&2
exit 1
