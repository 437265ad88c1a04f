#!/bin/sh
# Writes the certificate authorities for remote write: the issuers that the set-up has written, and the system's. The file
# is replaced atomically, as an incomplete one would fail every request.
set -eu

authorities=/etc/pi-monitoring/server-certificate.pem
issuers=/etc/pi-monitoring/server-issuers.pem
system=/etc/ssl/certs/ca-certificates.crt
new=$authorities.new

# The set-up and a change of the system's authorities may run this at the same time.
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
# Written to the card before the rename, in case of a power cut.
sync "$new"
mv -f "$new" "$authorities"
echo "wrote $authorities, with $found certificates"
