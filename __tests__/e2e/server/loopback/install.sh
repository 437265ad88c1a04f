#!/bin/sh
# Installs nginx and Caddy without starting them, which Debian does by default: the portal has the ports.
set -eu
printf '#!/bin/sh\nexit 101\n' >/usr/sbin/policy-rc.d
chmod +x /usr/sbin/policy-rc.d
apt-get update -qq
DEBIAN_FRONTEND=noninteractive apt-get install -qq --no-install-recommends nginx caddy openssl >/dev/null
rm /usr/sbin/policy-rc.d /etc/nginx/sites-enabled/default
