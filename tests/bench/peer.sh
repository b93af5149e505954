#!/bin/bash
# The procedure as a script would have it, with curl and jq. The probes run beside the question to the API.
set -euo pipefail

api=$1 zone=$2 record=$3 main=$4 backup=$5 probe=$6

cloudflare() {
  curl --silent --show-error --fail --max-time 10 --header @- "$@" <<<"Authorization: Bearer $CLOUDFLARE_API_TOKEN"
}

accessible() {
  curl --silent --fail --max-time 5 --connect-timeout 2.5 --output /dev/null --connect-to "::$1:" "$probe"
}

accessible "$main" &
main_probe=$!
accessible "$backup" &
backup_probe=$!
answer=$(cloudflare "$api/zones/$zone/dns_records?type=A&name=$record")
read -r id origin <<<"$(jq --raw-output --exit-status '.result[0] | .id + " " + .content' <<<"$answer")"

main_is_up=true backup_is_up=true
wait "$main_probe" || main_is_up=false
wait "$backup_probe" || backup_is_up=false

is_up() {
  case $1 in
    "$main") $main_is_up ;;
    "$backup") $backup_is_up ;;
    *) accessible "$1" ;;
  esac
}

if is_up "$origin"; then
  if [ "$origin" = "$main" ] || ! is_up "$main"; then
    exit 0
  fi
  candidate=$main
else
  candidate=$backup
  if [ "$origin" = "$backup" ]; then
    candidate=$main
  fi
  is_up "$candidate" || exit 1
fi

cloudflare --request PATCH --json "{\"content\":\"$candidate\"}" "$api/zones/$zone/dns_records/$id" |
  jq --exit-status .success >/dev/null
echo "$record: $origin -> $candidate"
