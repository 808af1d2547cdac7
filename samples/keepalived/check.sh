#!/bin/bash
# Succeeds while this machine can serve the address: gateway, route and proxy are there.
set -eu
ping -c 1 -W 1 192.0.2.1 >/dev/null
ip route show default | grep -q via
systemctl is-active --quiet haproxy
