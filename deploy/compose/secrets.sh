#!/bin/sh
# Makes the secrets that compose.yml mounts, below ./secrets. What is there already stays as it is.
set -eu
cd "$(dirname "$0")/secrets"

# This directory keeps the other people of this machine out. Inside their containers the programs read the files as
# users of their own, therefore the files themselves are readable.
chmod 0700 .
mkdir -p alertsmith
chmod 0755 alertsmith

random() { head -c 24 /dev/urandom | base64 | tr -d '/+=\n'; }

keep() { # keep FILE: writes what comes in, unless FILE is there
	if [ -e "$1" ]; then
		cat >/dev/null
		echo "kept secrets/$1"
	else
		cat >"$1"
		chmod 0644 "$1"
		echo "made secrets/$1"
	fi
}

random | keep postgres-password
random | keep grafana-admin-password
printf 'MM_SQLSETTINGS_DATASOURCE=postgres://mattermost:%s@postgres:5432/mattermost?sslmode=disable\n' \
	"$(cat postgres-password)" | keep mattermost.env
{
	echo '# Put the token that Mattermost shows for the slash command in the place of the line below.'
	random
	echo
} | keep alertsmith/mattermost-tokens
