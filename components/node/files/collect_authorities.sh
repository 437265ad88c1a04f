#!/bin/sh
# Writes what Prometheus checks the server's certificate by: the issuers that the set-up has brought, and the system's
# authorities. Whole or not at all: an empty or torn file would fail every request.
set -eu

authorities=/etc/pi-monitoring/server-certificate.pem
issuers=/etc/pi-monitoring/server-issuers.pem
system=/etc/ssl/certs/ca-certificates.crt
new=$authorities.new

# The set-up and a change of the system's authorities may come at once.
exec 9<"${authorities%/*}"
flock 9
umask 022
cat "$issuers" "$system" >"$new" 2>/dev/null || true
if cmp -s "$new" "$authorities"; then
  rm "$new"
  exit
fi
wanted=$(grep -c -- '-BEGIN .*CERTIFICATE-' "$new" || true)
found=$(openssl crl2pkcs7 -nocrl -certfile "$new" 2>/dev/null | openssl pkcs7 -print_certs -noout 2>/dev/null | grep -c '^subject' || true)
if [ "$wanted" -eq 0 ] || [ "$found" -ne "$wanted" ]; then
  rm "$new"
  echo "$authorities stays as it is: openssl reads $found of $wanted certificates in $issuers and $system; \`sudo update-ca-certificates\` writes the second" >&2
  exit 1
fi
# On the card before its name is, for a power cut.
sync "$new"
mv -f "$new" "$authorities"
echo "wrote $authorities, with $found certificates"
