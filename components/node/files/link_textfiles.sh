#!/bin/sh
# Links other programs' metrics files into our folder, as node_exporter reads one folder only.
set -eu

ours=${1:-/run/pi-monitoring/textfiles}
reader=${2:-prometheus}
shift "$(($# < 2 ? $# : 2))"
if [ $# -eq 0 ]; then
  # Debian's folder, and that of raspberrypi_exporter and most tutorials.
  set -- /var/lib/prometheus/node-exporter /var/lib/node_exporter/textfile_collector
fi

is_readable() {
  setpriv --reuid="$reader" --regid="$reader" --init-groups test -r "$1"
}

# A metric that is there twice would fail each scrape.
has_our_metrics() {
  grep -q '^rpi_' "$1"
}

mkdir -p "$ours"
linked=' '
count=0
for folder in "$@"; do
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
