#!/bin/sh
# An ssh that answers with the files LOGIN.doctor and LOGIN.preflight of its folder.
folder=${0%/*}
login=$(printf '%s\n' "$@" | grep -m 1 '^[a-z0-9-]*@')
call=$(mktemp "$folder/call-XXXXXX")
printf '%s\n' "$login $*" >"$call"
cat >"$call.input"
kind=doctor
# The script of scripts/stack/nodePreflight.ts has this line.
if grep -q '^echo inspects$' "$call.input"; then kind=preflight; fi
if [ ! -e "$folder/$login.$kind" ]; then
  echo 'sudo: a password is required' >&2
  exit 1
fi
cat "$folder/$login.$kind"
