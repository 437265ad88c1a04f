#!/bin/sh
# remove.sh FOLDER: stops the web servers and the unit `taken` of loopback.test.ts, as far as they run, purges the packages,
# and deletes FOLDER, which has the certificates and Traefik.
set -eu
systemctl stop nginx caddy traefik taken || true
DEBIAN_FRONTEND=noninteractive apt-get purge -qq --autoremove nginx caddy >/dev/null
rm -rf "$1" /etc/caddy /etc/nginx /var/lib/caddy
