#!/bin/sh
# The check of the story: is the gateway there? What it found is kept where both domains may write.
ping -c 1 -W 1 127.0.0.1 >/dev/null 2>&1
result=$?
{ cat /proc/self/attr/current | tr -d '\0'; echo " $result"; } >/run/keepalived.check 2>/dev/null
exit $result
