#!/bin/sh
# makeCertificates.sh FOLDER NAME...: makes an authority, and a certificate of it for each name. FOLDER is absolute, as
# Traefik's file has the paths. nginx reads the folders NAME/, Traefik reads dynamic/. Caddy makes its own certificates.
set -eu
folder=$1
shift
mkdir -p "$folder/dynamic"
cd "$folder"
openssl req -x509 -newkey rsa:2048 -nodes -days 30 -subj /CN=authority -keyout ca.key -out ca.crt 2>/dev/null
echo 'tls: { certificates: [' >dynamic/certificates.yaml
for name in "$@"; do
  mkdir -p "$name"
  openssl req -newkey rsa:2048 -nodes -subj "/CN=$name" -keyout "$name/privkey.pem" -out "$name/csr" 2>/dev/null
  printf 'subjectAltName=DNS:%s\n' "$name" >"$name/extensions"
  openssl x509 -req -in "$name/csr" -CA ca.crt -CAkey ca.key -CAcreateserial -days 20 -extfile "$name/extensions" \
    -out "$name/fullchain.pem" 2>/dev/null
  echo "{ certFile: $folder/$name/fullchain.pem, keyFile: $folder/$name/privkey.pem }," >>dynamic/certificates.yaml
done
echo ']}' >>dynamic/certificates.yaml
