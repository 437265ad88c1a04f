#!/bin/sh
# A curl that plays InfluxDB, for scripts of its container. $influx is a folder:
#   login      the configuration of curl that may sign in; without this file InfluxDB is not set up
#   header     the configuration of curl that needs no session, as it has a token
#   answers    N.request and N.body; one with a code is an error, and all other requests time out
#   calls      a folder for each call
#   temporary  the scripts' temporary files
export TMPDIR="${influx:?}/temporary"

curl() (
  call=$influx/calls/$(find "$influx/calls" -mindepth 1 -maxdepth 1 | wc -l)
  session='' jar='' request=''
  mkdir "$call"
  printf '%s\0' "$@" >"$call/commandLine"
  : >"$call/body"
  while [ $# -gt 0 ]; do
    case $1 in
      --config) cp "$2" "$call/config" ;;
      --cookie) session=$(cat "$2") ;;
      --cookie-jar) jar=$2 ;;
      --request) request=$2 ;;
      --data-binary) cat >"$call/body" ;;
      http://localhost:8086/api/v2/*) request="$request ${1#http://localhost:8086/api/v2/}" ;;
    esac
    shift
  done
  printf '%s' "$request" >"$call/request"
  if [ -e "$influx/header" ] && cmp -s "$call/config" "$influx/header"; then
    session=signed-in
  fi
  set_password() {
    printf 'user = "admin:%s"\n' "$(sed 's/.*"password": *"\([^"]*\)".*/\1/' "$call/body")" >"$influx/login"
  }
  case $request in
    'POST signin')
      cmp -s "$call/config" "$influx/login" || exit 22
      printf signed-in >"$jar"
      exit
      ;;
    'POST setup')
      [ ! -e "$influx/login" ] || exit 22
      set_password
      ;;
    'GET setup') ;;
    *) [ "$session" = signed-in ] || exit 22 ;;
  esac
  case $request in
    'POST signout') exit ;;
    'PUT me/password')
      cmp -s "$call/config" "$influx/login" || exit 22
      set_password
      exit
      ;;
  esac
  for each in "$influx"/answers/*.request; do
    [ -e "$each" ] || exit 28
    # There is no newline at its end, which makes `read` fail.
    IFS='' read -r answered <"$each" || true
    if [ "$answered" = "$request" ]; then
      cat "${each%.request}.body"
      # With --fail-with-body, curl ends so for an answer with an error, such as status 404 for what InfluxDB does not have.
      ! grep -q '"code"' "${each%.request}.body" || exit 22
      exit
    fi
  done
  exit 28
)
