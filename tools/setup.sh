#!/usr/bin/env bash
# Prepares this machine for avcdoctor: the distribution's SELinux packages, then .venv on the system's own Python.
# A second run finds everything in place and takes a second. SELinux itself is neither enabled nor changed.
# Usage: tools/setup.sh [tests]   with `tests`, what the tests, linters and builds need as well
set -euo pipefail
cd "$(dirname "$0")/.."
for_what=${1:-use}

debian=(python3-venv python3-audit python3-setools python3-selinux python3-semanage policycoreutils
    policycoreutils-python-utils checkpolicy secilc semodule-utils selinux-utils selinux-policy-default)
if [ "$for_what" = tests ]; then
    debian+=(setools shellcheck mmdebstrap rpm bzip2 xz-utils zstd
        # what tests run for real: the HTML page in a browser, playbooks, manual pages and completions in the programs
        # that read them
        chromium chromium-driver ansible-lint mandoc man-db zsh fish)
    command -v npm >/dev/null || debian+=(npm)
fi
# Services whose messages are told apart, or that serve files: run by tests alone, so that none is left on.
daemons=(openssh-server haproxy keepalived postfix)
fedora=(python3 python3-pip python3-audit python3-setools python3-libselinux python3-libsemanage
    python3-policycoreutils policycoreutils policycoreutils-python-utils checkpolicy secilc libselinux-utils
    setools-console)
suse=(python3 python3-pip python3-audit python3-setools python3-selinux python3-semanage python3-policycoreutils
    policycoreutils policycoreutils-python-utils checkpolicy secilc selinux-tools setools-console)

say() { printf 'setup: %s\n' "$*" >&2; }

# Root is at hand, or sudo is and can ask for a password if it must.
may_install() {
    [ "$(id -u)" = 0 ] && return
    if command -v sudo >/dev/null && { sudo -n true 2>/dev/null || [ -t 0 ]; }; then
        root=(sudo)
        return
    fi
    say "packages are missing, and without root or sudo they can't be installed; please ask for"
    say "  $1 install ${missing[*]}"
    say "and run this again"
    return 1
}

install_apt() {
    local package
    for package in "${debian[@]}"; do
        is_installed "$package" || missing+=("$package")
    done
    [ "$for_what" != tests ] || for package in "${daemons[@]}"; do
        is_installed "$package" && continue
        missing+=("$package")
        if [ "$package" = openssh-server ]; then off+=(ssh.service ssh.socket); else off+=("$package.service"); fi
    done
    [ ${#missing[@]} = 0 ] && return
    may_install apt-get
    say "apt-get install ${missing[*]}"
    if ! apt_get install -y --no-install-recommends "${missing[@]}" 2>/dev/null; then
        say "once more with new package lists"
        apt_get update
        apt_get install -y --no-install-recommends "${missing[@]}"
    fi
    # The tests start their own on loopback; nobody asked for services that are reached from elsewhere.
    if [ ${#off[@]} != 0 ] && command -v systemctl >/dev/null; then
        say "switched off again: ${off[*]}"
        "${root[@]}" systemctl disable --now "${off[@]}" >/dev/null 2>&1 || say "please see that they are off"
    fi
}

is_installed() {
    [ "$(dpkg-query -W -f '${db:Status-Status}' "$1" 2>/dev/null)" = installed ]
}

apt_get() {
    "${root[@]}" env DEBIAN_FRONTEND=noninteractive apt-get -qq "$@" </dev/null >/dev/null
}

install_dnf() {
    local package
    for package in "${fedora[@]}"; do
        rpm -q --whatprovides "$package" >/dev/null 2>&1 || missing+=("$package")
    done
    [ ${#missing[@]} = 0 ] && return
    may_install dnf
    say "dnf install ${missing[*]}"
    "${root[@]}" dnf -q -y install "${missing[@]}" </dev/null
}

install_zypper() {
    local package
    for package in "${suse[@]}"; do
        rpm -q --whatprovides "$package" >/dev/null 2>&1 || missing+=("$package")
    done
    [ ${#missing[@]} = 0 ] && return
    may_install zypper
    say "zypper install ${missing[*]}"
    "${root[@]}" zypper --quiet --non-interactive install --no-recommends "${missing[@]}" </dev/null
}

install_packages() {
    missing=()
    off=() # services that were not there before
    root=(env) # what to put before a command that needs root
    if command -v apt-get >/dev/null && command -v dpkg-query >/dev/null; then
        install_apt
    elif command -v dnf >/dev/null; then
        install_dnf
    elif command -v zypper >/dev/null && command -v rpm >/dev/null; then
        install_zypper
    else
        say "neither apt, dnf nor zypper is here: avcdoctor reads and explains logs, but without the distribution's"
        say "bindings it can't change anything, and the reference policy needs secilc to be compiled"
    fi
}

# The Python the distribution's bindings were built for; never one from pyenv, which can't import them.
system_python() {
    local candidate
    for candidate in /usr/bin/python3 /usr/bin/python3.{13,12,11,10,9}; do
        if "$candidate" -c 'import selinux, setools, venv, ensurepip, sys; assert sys.version_info >= (3, 9)' 2>/dev/null; then
            echo "$candidate"
            return
        fi
    done
    for candidate in /usr/bin/python3 /usr/bin/python3.{13,12,11,10,9} python3; do
        if "$candidate" -c 'import venv, ensurepip, sys; assert sys.version_info >= (3, 9)' 2>/dev/null; then
            say "no system Python from 3.9 on can import selinux and setools; using $candidate without them"
            echo "$candidate"
            return
        fi
    done
    say "no Python from 3.9 on with its venv module is here; install python3-venv (apt) or python3 (dnf, zypper)"
    return 1
}

# axe-core looks at the HTML page in its tests; it comes from npm alone.
install_axe() {
    [ -e .venv/node/node_modules/axe-core/axe.min.js ] && return
    command -v npm >/dev/null || {
        say "npm is not here: the accessibility tests of the HTML page are skipped"
        return 0
    }
    npm install --no-save --no-audit --no-fund --silent --prefix .venv/node axe-core@4 ||
        say "axe-core could not be installed: the accessibility tests of the HTML page are skipped"
}

stamp=.venv/.prepared
wanted=$(cat pyproject.toml tools/setup.sh | sha256sum)
install_packages
# What tests need is enough to use it as well.
if ! grep -qxF -e "$wanted tests" -e "$wanted $for_what" "$stamp" 2>/dev/null; then
    python=$(system_python)
    say "making .venv with $python ($("$python" --version 2>&1))"
    rm -rf .venv
    "$python" -m venv --system-site-packages .venv
    extras=
    [ "$for_what" != tests ] || extras='[test]'
    .venv/bin/python -m pip --disable-pip-version-check --no-input install -q -e ".$extras"
    printf '%s\n' "$wanted $for_what" >"$stamp"
fi
[ "$for_what" != tests ] || install_axe
