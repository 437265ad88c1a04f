#!/bin/sh
# Plays Telegraf, which takes its time to end.
folder=${0%/*}/..
trap 'echo stopping >>"$folder/log"; /bin/sleep 0.3; echo stopped >>"$folder/log"; exit 0' TERM
echo "$BUFFER_STRATEGY: $*" >>"$folder/log"
while kill -0 "$PPID"; do
  if [ -e "$folder/end" ]; then exit "$(cat "$folder/end")"; fi
  /bin/sleep 0.02
done
