#!/bin/sh
# Plays the entry point of Telegraf's image. The test copies it to FOLDER/bin. It writes to FOLDER/log, ends with the status in
# FOLDER/end, and takes 0.3 s to stop. It calls /bin/sleep, as the test replaces `sleep`.
folder=${0%/*}/..
trap 'echo stopping >>"$folder/log"; /bin/sleep 0.3; echo stopped >>"$folder/log"; exit 0' TERM
echo "$BUFFER_STRATEGY: $*" >>"$folder/log"
# Ends with the script that started it.
while kill -0 "$PPID"; do
  # The file is there before its content.
  if [ -s "$folder/end" ]; then exit "$(cat "$folder/end")"; fi
  /bin/sleep 0.02
done
