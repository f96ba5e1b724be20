#!/usr/bin/env bash
# Usage: clients.sh CLIENT URL LOG FIFO FINISHED
#
# Uses the server as people do in a shell. LOG is the path of a log that has begun and ends when something is written into
# FIFO; FINISHED that of one with ten digits and nothing else.
set -euo pipefail

client=$1 url=$2 log=$3 fifo=$4 finished=$5
user=alice password=open:sesame
basic=$(printf '%s:%s' "$user" "$password" | base64)

# check WHAT FOUND EXPECTED
check() { [[ $2 == "$3" ]] || { echo "$1: '$2', not '$3'" && exit 1; }; }

# follow COMMAND...: a program that writes the log to its output, while it grows and to its end.
follow() {
    local line
    exec 3< <("$@")
    read -r -t 180 line <&3
    check "first line" "$line" begun
    echo go > "$fifo"
    read -r -t 180 line <&3
    check "last line" "$line" ended
    check "after it" "$(cat <&3)" ""
}

with_ab() {
    local kept said
    for kept in "" -k; do
        # shellcheck disable=SC2086 # none or one word
        said=$(ab -q -s 120 $kept -n 40 -c 4 -A "$user:$password" "${url}list-projects.json")
        grep -q 'Complete requests: *40$' <<< "$said" || { echo "$said" && exit 1; }
        grep -q 'Failed requests: *0$' <<< "$said" || { echo "$said" && exit 1; }
        if grep -q 'Non-2xx' <<< "$said"; then echo "$said" && exit 1; fi
    done
}

with_wrk() {
    local said
    # An answer may be late on a busy machine: by itself it waits for two seconds.
    said=$(wrk -t 1 -c 4 -d 5 --timeout 60 -H "Authorization: Basic $basic" "${url}status.json")
    if grep -Eq 'Non-2xx|Socket errors' <<< "$said"; then echo "$said" && exit 1; fi
    grep -Eq '[1-9][0-9]* requests in' <<< "$said" || { echo "$said" && exit 1; }
}

with_curl() {
    local login part
    for login in --digest --basic --anyauth; do
        curl() { command curl -sS "$login" -u "$user:$password" "$@"; }
        check "$login" "$(curl "${url}status.json" | jq -r .status)" ok
        check "$login, encoded" "$(curl "${url}list%2Dprojects.json" | jq -r .status)" ok
        check "$login, 1.0" "$(curl -0 "${url}status.json" | jq -r .status)" ok
        check "$login, POST" "$(curl -F id=x "${url}cancel-job.json" | jq -r .status)" error
        check "$login, HEAD" "$(curl -I -o /dev/null -w '%{http_code} %{size_download}' "$url$log")" "200 0"
        check "$login, part" "$(curl -r 2-3 "$url$log")" gu
        check "$login, part by 1.0" "$(curl -0 -r 2-3 "$url$log")" gu
    done
    printf 012 > part
    curl -C - -o part "$url$finished"
    check "resumed" "$(cat part)" 0123456789
    curl -s --etag-save tag -o whole "$url$finished"
    check "unchanged" "$(curl --etag-compare tag -o /dev/null -w '%{http_code}' "$url$finished")" 304
    check "not newer" "$(curl -R -o whole "$url$finished" && curl -z whole -o /dev/null -w '%{http_code}' "$url$finished")" 304
    follow curl -N -0 "$url$log"
}

with_wget() {
    # It asks without a login first, and takes digest from what it is offered.
    wget() { command wget -q --user "$user" --password "$password" "$@"; }
    check "digest" "$(wget -O - "${url}status.json" | jq -r .status)" ok
    check "Basic" "$(wget --auth-no-challenge -O - "${url}status.json" | jq -r .status)" ok
    check "POST" "$(wget --content-on-error --post-data id=x -O - "${url}cancel-job.json" | jq -r .status || true)" error
    wget --spider "$url$log"
    printf 012 > part
    wget -c -O part "$url$finished"
    check "resumed" "$(cat part)" 0123456789
    wget -N "$url$finished"
    check "taken" "$(cat "${finished##*/}")" 0123456789
    check "taken once" "$(command wget -N --user "$user" --password "$password" "$url$finished" 2>&1 | grep -c ' 304 ')" 1
    follow wget -O - "$url$log"
}

"with_$client"
