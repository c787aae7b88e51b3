#!/bin/sh
# Brings what the tests need of the system and cannot get from Python's packages: a browser.
# Says what to install where it may not install by itself.
set -eu
if command -v chromium >/dev/null 2>&1 || command -v google-chrome >/dev/null 2>&1; then
    exit 0
fi
if [ "$(id -u)" = 0 ] && command -v apt-get >/dev/null 2>&1; then
    echo "Installing chromium, for the browser tests."
    apt-get update -qq
    DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends chromium >/dev/null
    exit 0
fi
echo "A browser is needed by the tests: install chromium (Debian: apt-get install chromium) and run again." >&2
exit 1
