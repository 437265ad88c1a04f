#!/bin/sh
# remove.sh FOLDER: stops and removes the web servers, and the folder of their certificates.
set -eu
systemctl stop nginx caddy traefik taken || true
DEBIAN_FRONTEND=noninteractive apt-get purge -qq --autoremove nginx caddy >/dev/null
rm -rf "$1" /etc/caddy /etc/nginx /var/lib/caddy
