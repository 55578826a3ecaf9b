#!/usr/bin/env bash
# Starts Perch scraping itself and a node exporter, sends it a few traces and log lines, has an alert fire, shows a few answers, and stays until Ctrl-C.
#   scripts/demo.sh [--once]     --once stops after the answers, with a status
# PERCH_DEMO_PORT (9797) and PERCH_DEMO_EXPORTER_PORT (9100) choose the ports.
set -euo pipefail
cd "$(dirname "$0")/.."

once=
case "${1:-}" in
    --once) once=1 ;;
    "") ;;
    *) echo "usage: scripts/demo.sh [--once]" >&2; exit 2 ;;
esac

port=${PERCH_DEMO_PORT:-9797}
exporter_port=${PERCH_DEMO_EXPORTER_PORT:-9100}
url=http://127.0.0.1:$port

say() { printf '\n\033[1m%s\033[0m\n' "$*"; }
listening() { (exec 3<>"/dev/tcp/127.0.0.1/$1") 2>/dev/null; }

scripts/install-packages.sh build demo
command -v swift >/dev/null || { echo "A Swift 6.2 or later toolchain is needed: https://www.swift.org/install" >&2; exit 1; }
say "Building perch (the first time takes a while, mostly for its dependencies)"
swift build -c release --product perch
perch=$(swift build -c release --show-bin-path)/perch

if listening "$port"; then
    echo "Something already listens on port $port. Stop it, or choose another: PERCH_DEMO_PORT=9898 make demo" >&2
    exit 1
fi

folder=$(mktemp -d "${TMPDIR:-/tmp}/perch-demo.XXXXXX")
children=()
stop() {
    trap - EXIT INT TERM
    for child in "${children[@]}"; do kill -TERM "$child" 2>/dev/null || true; done
    for child in "${children[@]}"; do wait "$child" 2>/dev/null || true; done
    rm -rf "$folder"
}
trap stop EXIT
trap 'stop; echo; echo "Stopped."; exit 0' INT TERM

if listening "$exporter_port"; then
    echo "Using what already listens on port $exporter_port as the node exporter."
else
    prometheus-node-exporter --web.listen-address="127.0.0.1:$exporter_port" >"$folder/exporter.log" 2>&1 &
    children+=($!)
fi

cat >"$folder/prometheus.yml" <<CONFIG
global:
  scrape_interval: 1s
rule_files: [rules.yml]
alertmanager_config: alertmanager.yml
scrape_configs:
  - job_name: perch
    static_configs:
      - targets: ['127.0.0.1:$port']
  - job_name: node
    static_configs:
      - targets: ['127.0.0.1:$exporter_port']
CONFIG
# An alert on log lines, told of to nobody: receivers with addresses go where `people` is.
cat >"$folder/rules.yml" <<'RULES'
groups:
  - name: shop
    interval: 1s
    language: logql
    rules:
      - alert: PaymentsFail
        expr: sum by (service) (count_over_time({service=~".+"} | json | level="error" [5m])) > 0
        labels: {severity: page}
        annotations:
          summary: "{{ $labels.service }} wrote {{ $value }} errors within five minutes"
RULES
cat >"$folder/alertmanager.yml" <<'ROUTES'
route: {receiver: people, group_by: [alertname], group_wait: 1s}
receivers: [{name: people}]
ROUTES

"$perch" serve --config "$folder/prometheus.yml" --data-dir "$folder/data" --http-listen "127.0.0.1:$port" \
    --otlp-grpc-listen off --otlp-http-listen off >"$folder/perch.log" 2>&1 &
server=$!
children+=($server)

fail() {
    echo "$1" >&2
    echo "The end of Perch's log:" >&2
    tail -n 20 "$folder/perch.log" >&2
    exit 1
}

say "Waiting for samples"
query() { "$perch" query --url "$url" "$@"; }
enough='count(up == 1) == 2 and on() count(count_over_time(up[1m]) >= 10) == 2'
for attempt in $(seq 1 60); do
    kill -0 "$server" 2>/dev/null || fail "Perch stopped."
    if query "$enough" --output json 2>/dev/null | grep -q '"value"'; then break; fi
    [ "$attempt" -lt 60 ] || fail "No samples after a minute."
    sleep 1
done

say '$ perch query up'
query up
say '$ perch query "sum by (job) (scrape_samples_scraped)"'
query 'sum by (job) (scrape_samples_scraped)'
say '$ perch query "topk(5, rate(node_cpu_seconds_total[15s]))"'
query 'topk(5, rate(node_cpu_seconds_total[15s]))'
say '$ perch query "sum by (mode) (rate(node_cpu_seconds_total{mode=~\"user|system\"}[5s]))" --since 15s --step 1s --output graph'
query 'sum by (mode) (rate(node_cpu_seconds_total{mode=~"user|system"}[5s]))' --since 15s --step 1s --output graph
say '$ perch storage stats'
"$perch" storage stats --url "$url"

say "Sending a few traces (OTLP as JSON, with curl)"
trace() { # ID MILLISECONDS_AGO PAYMENT_MILLISECONDS STATUS
    local start=$(($(date +%s%N) - $2 * 1000000)) root=$1
    span() { # ID PARENT NAME KIND FROM UNTIL STATUS EVENTS
        printf '{"traceId":"%s","spanId":"%016x","parentSpanId":"%s","name":"%s","kind":%d,"startTimeUnixNano":"%d","endTimeUnixNano":"%d","status":%s,"events":[%s]}' \
            "$root" "$1" "$2" "$3" "$4" $((start + $5 * 1000000)) $((start + $6 * 1000000)) "$7" "$8"
    }
    service() { # NAME SPANS
        printf '{"resource":{"attributes":[{"key":"service.name","value":{"stringValue":"%s"}}]},"scopeSpans":[{"spans":[%s]}]}' "$1" "$2"
    }
    local pay=$3 status=$4 declined=
    if [ "$status" != '{}' ]; then
        declined='{"timeUnixNano":"'$((start + (30 + pay) * 1000000))'","name":"exception","attributes":[{"key":"exception.type","value":{"stringValue":"CardDeclined"}},{"key":"exception.message","value":{"stringValue":"insufficient funds"}}]}'
    fi
    local shop cart payments fraud
    shop=$(span 1 "" "POST /checkout" 2 0 $((pay + 60)) '{}' "")
    cart="$(span 2 0000000000000001 "GET /cart" 2 4 24 '{}' ""),$(span 3 0000000000000002 "SELECT cart" 3 8 20 '{}' "")"
    payments=$(span 4 0000000000000001 "POST /charge" 2 30 $((pay + 35)) "$status" "$declined")
    fraud=$(span 5 0000000000000004 "score" 1 40 $((pay + 20)) '{}' "")
    curl -sS --fail --max-time 10 -o /dev/null -H 'Content-Type: application/json' "$url/v1/traces" -d \
        '{"resourceSpans":['"$(service checkout "$shop"),$(service cart "$cart"),$(service payments "$payments"),$(service fraud "$fraud")"']}'
}
error='{"code":2,"message":"CardDeclined: insufficient funds"}'
trace 0af7651916cd43dd8448eb211c80319c 3000 80 '{}' || fail "The traces were not taken."
trace 4bf92f3577b34da6a3ce929d0e0e4736 2000 120 '{}' || fail "The traces were not taken."
trace 5b8aa5a2d2c872e8321cf37308d69df2 1000 250 "$error" || fail "The traces were not taken."

say '$ perch traces search --service payments --since 10m'
"$perch" traces search --service payments --since 10m --url "$url" || fail "The traces were not found."
say "\$ perch traces search '{ resource.service.name = \"payments\" && status = error && duration > 200ms }'"
"$perch" traces search '{ resource.service.name = "payments" && status = error && duration > 200ms }' --url "$url" \
    || fail "The traces were not found."

say "Sending the log lines of the last trace (Loki's push API, with curl)"
declined=5b8aa5a2d2c872e8321cf37308d69df2
line() { # SERVICE LEVEL MILLISECONDS_AGO MESSAGE
    printf '{"stream":{"service":"%s"},"values":[["%d","{\\"level\\":\\"%s\\",\\"msg\\":\\"%s\\",\\"trace_id\\":\\"%s\\"}"]]}' \
        "$1" $(($(date +%s%N) - $3 * 1000000)) "$2" "$4" "$declined"
}
curl -sS --fail --max-time 10 -o /dev/null -H 'Content-Type: application/json' "$url/loki/api/v1/push" -d \
    '{"streams":['"$(line checkout info 1000 "order 81 placed"),$(line payments error 700 "payment declined: insufficient funds")"']}' \
    || fail "The lines were not taken."
say "\$ perch logs '{service=~\".+\"} | json | level = \"error\"' --since 10m"
"$perch" logs '{service=~".+"} | json | level = "error"' --since 10m --url "$url" || fail "The lines were not found."

say '$ perch traces show 5b8aa5a2d2c872e8321cf37308d69df2'
"$perch" traces show "$declined" --url "$url" || fail "The trace was not found."

say "Waiting for the alert on that error line"
for attempt in $(seq 1 20); do
    if "$perch" alerts list alertname=PaymentsFail --url "$url" --output json 2>/dev/null | grep -q PaymentsFail; then break; fi
    [ "$attempt" -lt 20 ] || fail "The alert did not fire."
    sleep 1
done
say '$ perch alerts'
"$perch" alerts --url "$url" || fail "The alerts were not listed."
say '$ perch alerts why PaymentsFail'
"$perch" alerts why PaymentsFail --url "$url" || fail "The alert was not explained."

say "Open"
cat <<TEXT
  $url/                            what this Perch serves
  $url/metrics                     Perch's own metrics
  $url/api/v1/targets              the targets and their health
  $url/api/v1/query?query=up       the Prometheus API
In Grafana, add a Prometheus, a Loki and an Alertmanager data source with the URL $url, and a Tempo data source with $url/tempo
TEXT

if [ -n "$once" ]; then
    kill -TERM "$server"
    wait "$server" || fail "Perch did not stop cleanly."
    say "All answers came; Perch stopped cleanly."
    exit 0
fi
say "Running. Ctrl-C stops everything."
wait "$server" || fail "Perch stopped."
