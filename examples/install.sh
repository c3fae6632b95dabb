#!/bin/sh
# Installs one number through the API and waits until it has ended: for any language, this is all there is to it.
#
#   API_URL=http://127.0.0.1:3000 API_KEY=… ACCESS_TOKEN=… sh install.sh
#
# API_KEY may be left out while the API has no keys. Needs curl.
set -eu
api=${API_URL:-http://127.0.0.1:3000}

# The key and the token go in by standard input, because a process's arguments are seen by everybody on its machine.
call() {
  path=$1
  shift
  printf 'header = "Authorization: Bearer %s"\n' "${API_KEY:-none}" |
    curl --silent --show-error --config - "$@" "$api$path"
}

body=$(mktemp)
trap 'rm -f "$body"' EXIT
cat >"$body" <<JSON
{
  "workspaceId": "0b6f2f0c-7d1a-4f0e-9c55-3a1f0f6f4d10",
  "name": "Acme support",
  "wabaId": "102290129340398",
  "phoneId": "106540352242922",
  "phoneNumber": "+14155550123",
  "accessToken": "$ACCESS_TOKEN"
}
JSON

# The same key with the same body never makes a second install, so this whole script may be repeated.
queued=$(call /v1/installs --header 'Content-Type: application/json' --header 'Idempotency-Key: order-4711' --data-binary "@$body")
id=$(printf '%s' "$queued" | sed -n 's/.*"id":"\([0-9A-Z]*\)".*/\1/p')
if [ -z "$id" ]; then
  printf '%s\n' "$queued" >&2
  exit 1
fi

# Each call waits for up to 60 seconds; ask again until the install has ended.
while :; do
  install=$(call "/v1/installs/$id?wait=60")
  status=$(printf '%s' "$install" | sed -n 's/.*"status":"\([a-z_]*\)","workspaceId".*/\1/p')
  case $status in
    completed) printf '%s\n' "$install"; exit 0 ;;
    failed | cancelled) printf '%s\n' "$install" >&2; exit 1 ;;
  esac
done
