#!/bin/sh
# Installs nginx and Caddy on the VPS. Debian would start them at once, and https-portal has their ports.
set -eu
# Debian asks this program before each start; 101 forbids it.
printf '#!/bin/sh\nexit 101\n' >/usr/sbin/policy-rc.d
trap 'rm -f /usr/sbin/policy-rc.d' EXIT
chmod +x /usr/sbin/policy-rc.d
apt-get update -qq
DEBIAN_FRONTEND=noninteractive apt-get install -qq --no-install-recommends nginx caddy openssl >/dev/null
# Its server takes port 80 for every name.
rm -f /etc/nginx/sites-enabled/default
