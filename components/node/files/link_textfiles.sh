#!/bin/sh
# Links the files that others write for node_exporter into our folder, as it reads one folder only.
set -eu

ours=${1:-/run/pi-monitoring/textfiles}
reader=${2:-prometheus}
shift "$(($# < 2 ? $# : 2))"
if [ $# -eq 0 ]; then
  # Debian's own, and the one that raspberrypi_exporter and most tutorials use.
  set -- /var/lib/prometheus/node-exporter /var/lib/node_exporter/textfile_collector
fi

is_readable() {
  setpriv --reuid="$reader" --regid="$reader" --init-groups test -r "$1"
}

# One of our metrics twice would be an error in each scrape.
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
