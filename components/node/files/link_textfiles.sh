#!/bin/sh
# Links other programs' metrics files into our folder, as node_exporter reads one folder only.
set -eu

ours=${1:-/run/pi-monitoring/textfiles}
debian=${2:-/var/lib/prometheus/node-exporter}
# Of raspberrypi_exporter and most tutorials.
tutorials=${3:-/var/lib/node_exporter/textfile_collector}

is_readable() {
  setpriv --reuid=prometheus --regid=prometheus --init-groups test -r "$1"
}

# A metric that is there twice would fail each scrape.
has_our_metrics() {
  grep -q '^rpi_' "$1"
}

mkdir -p "$ours"
linked=' '
count=0
for folder in "$debian" "$tutorials"; do
  count=$((count + 1))
  for file in "$folder"/*.prom; do
    target=$(readlink -e -- "$file") || continue
    link=others-$count-${file##*/}
    case $linked in
      *" $target "*) continue ;;
    esac
    if [ -f "$target" ] && is_readable "$target" && ! has_our_metrics "$target"; then
      linked="$linked$target $link "
      [ "$(readlink -- "$ours/$link")" = "$target" ] || ln -sfn -- "$target" "$ours/$link"
    fi
  done
done

for link in "$ours"/others-*; do
  case $linked in
    *" ${link##*/} "*) ;;
    *) rm -f -- "$link" ;;
  esac
done
