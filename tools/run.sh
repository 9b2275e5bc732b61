#!/usr/bin/env bash
# Runs a command with the pinned tools on the PATH.
source "$(dirname "$0")/env.sh"
exec "$@"
