#!/bin/sh
# Lets a user run the scripts of this program as root without a password, by a file of sudoers with one line in it.
# It runs as root.
#   permitSudo.sh inspect LINE   changes nothing
#   permitSudo.sh apply LINE     writes the file
# Both print `refusal=SENTENCE` where a file of that name has other lines, and then nothing is changed.
set -eu
PATH=/usr/sbin:/usr/bin:/sbin:/bin

verb=$1
line=$2
file=/etc/sudoers.d/pi-monitoring

if [ -e "$file" ] && [ "$(cat "$file")" != "$line" ]; then
  echo "refusal=$file has other lines, and they stay as they are: add the line there, or move the file away."
  exit 0
fi
if [ "$verb" = inspect ]; then
  exit 0
fi

umask 077
# sudo reads no file with a dot in its name.
new=$(mktemp "$file.XXXXXX")
trap 'rm -f "$new"' EXIT
printf '%s\n' "$line" >"$new"
chown root:root "$new"
chmod 0440 "$new"
visudo -cqf "$new"
mv -f "$new" "$file"
