#!/bin/sh
# Runs in InfluxDB's container: what docker-compose.yml has no word for. Sets InfluxDB up with the password in
# PASSWORD and prints two tokens, one that writes and one that reads.
set -eu

url=http://localhost:8086/api/v2

# field NAME: the first one of that name in a JSON text.
field() {
  tr ',{' '[\n*]' | sed -n "s/.*\"$1\": *\"\([^\"]*\)\".*/\1/p" | head -n 1
}

answer=$(curl --silent --fail --data-binary @- "$url/setup" <<END
{"username": "admin", "password": "$PASSWORD", "org": "pi-monitoring", "bucket": "prometheus",
 "retentionPeriodSeconds": 31536000}
END
)
admin_token=$(printf '%s' "$answer" | field token)
organization_id=$(printf '%s' "$answer" | field orgID)

bucket() {
  curl --silent --fail --header "Authorization: Token $admin_token" "$url/buckets?name=prometheus" | field id
}

# token ACTION: makes one that may do that with the bucket, and prints it.
token() {
  curl --silent --fail --header "Authorization: Token $admin_token" --data-binary @- "$url/authorizations" <<END | field token
{"orgID": "$organization_id", "permissions": [
  {"action": "$1", "resource": {"type": "buckets", "orgID": "$organization_id", "id": "$bucket_id"}}]}
END
}

bucket_id=$(bucket)
token write
token read
