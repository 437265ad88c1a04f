#!/bin/sh
# An ssh that answers with the files LOGIN.inspection and LOGIN.refusals of its folder.
folder=${0%/*}
login=$(printf '%s\n' "$@" | grep -m 1 '^[a-z0-9-]*@')
call=$(mktemp "$folder/call-XXXXXX")
printf '%s\n' "$login $*" >"$call"
cat >"$call.input"
kind=inspection
! grep -q '^echo inspects$' "$call.input" || kind=refusals
if [ ! -e "$folder/$login.$kind" ]; then
  echo 'sudo: a password is required' >&2
  exit 1
fi
cat "$folder/$login.$kind"
