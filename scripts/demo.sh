#!/usr/bin/env bash
# Starts Perch, a node exporter, the shop and its shoppers; shows that metrics, logs and traces arrive; breaks payments for a minute; shows the alert,
# its notification, the trace that failed with its log lines, and why somebody was told; then says where to look, and stays until Ctrl-C.
#   scripts/demo.sh [--once]     --once ends by itself, with a status: 0 if all of that came
# PERCH_DEMO_PORT (9797), PERCH_DEMO_SHOP_PORT (8080, and the eight behind it), PERCH_DEMO_SINK_PORT (9799) and PERCH_DEMO_EXPORTER_PORT (9100) choose
# the ports, PERCH_DEMO_RATE (2) how many shoppers come a second. PERCH_DEMO_BIN names a folder with perch and shop, which are built here unless it is set.
set -euo pipefail
cd "$(dirname "$0")/.."

once=
case "${1:-}" in
    --once) once=1 ;;
    "") ;;
    *) echo "usage: scripts/demo.sh [--once]" >&2; exit 2 ;;
esac

port=${PERCH_DEMO_PORT:-9797}
shop_port=${PERCH_DEMO_SHOP_PORT:-8080}
exporter_port=${PERCH_DEMO_EXPORTER_PORT:-9100}
rate=${PERCH_DEMO_RATE:-2}
load_port=$((shop_port + 8))
sink_port=${PERCH_DEMO_SINK_PORT:-9799}
url=http://127.0.0.1:$port
trouble=60

say() { printf '\n\033[1m%s\033[0m\n' "$*"; }
listening() { (exec 3<>"/dev/tcp/127.0.0.1/$1") 2>/dev/null; }

scripts/install-packages.sh build demo
if [ -n "${PERCH_DEMO_BIN:-}" ]; then
    binaries=$PERCH_DEMO_BIN
else
    command -v swift >/dev/null || { echo "A Swift 6.2 or later toolchain is needed: https://www.swift.org/install" >&2; exit 1; }
    say "Building perch and shop (the first time takes a while, mostly for their dependencies)"
    swift build -c release --product perch
    swift build -c release --product shop
    binaries=$(swift build -c release --show-bin-path)
fi
perch=$binaries/perch
shop=$binaries/shop

taken() { # PORT VARIABLE
    echo "Something already listens on port $1. Stop it, or choose another port: $2=$(($1 % 50000 + 10000)) make demo" >&2
    exit 1
}
if listening "$port"; then taken "$port" PERCH_DEMO_PORT; fi
if listening "$sink_port"; then taken "$sink_port" PERCH_DEMO_SINK_PORT; fi
for needed in $(seq "$shop_port" "$load_port"); do
    if listening "$needed"; then
        echo "The shop needs the ports $shop_port to $load_port." >&2
        taken "$needed" PERCH_DEMO_SHOP_PORT
    fi
done

folder=$(mktemp -d "${TMPDIR:-/tmp}/perch-demo.XXXXXX")
children=()
stop() {
    trap - EXIT INT TERM
    # Last things first: shoppers, the shop, Perch.
    for ((place = ${#children[@]} - 1; place >= 0; place--)); do
        kill -TERM "${children[$place]}" 2>/dev/null || true
        wait "${children[$place]}" 2>/dev/null || true
    done
    rm -rf "$folder"
}
trap stop EXIT
trap 'stop; echo; echo "Stopped."; exit 0' INT TERM

fail() {
    echo "$1" >&2
    for log in perch shop load sink; do
        [ -s "$folder/$log.log" ] || continue
        echo "The end of the log of $log:" >&2
        tail -n 15 "$folder/$log.log" >&2
    done
    exit 1
}

if listening "$exporter_port"; then
    echo "Using what already listens on port $exporter_port as the node exporter."
else
    prometheus-node-exporter --web.listen-address="127.0.0.1:$exporter_port" >"$folder/exporter.log" 2>&1 &
    children+=($!)
fi

# What is scraped: Perch, the machine, and each program of the shop under its own name.
jobs=(perch:"$port" node:"$exporter_port")
services=(gateway product-catalog order-management users payments shipping inventory recommendations shop-load)
for place in "${!services[@]}"; do jobs+=("${services[$place]}:$((shop_port + place))"); done
{
    printf 'global: {scrape_interval: 2s, evaluation_interval: 2s}\n'
    printf 'rule_files: ["%s/alerts/*.yml"]\n' "$folder"
    printf 'alertmanager_config: alertmanager.yml\nscrape_configs:\n'
    for job in "${jobs[@]}"; do
        printf "  - {job_name: %s, static_configs: [{targets: ['127.0.0.1:%s']}]}\n" "${job%:*}" "${job#*:}"
    done
} >"$folder/prometheus.yml"
mkdir "$folder/alerts"
cp alerts/shop.yml alerts/perch.yml "$folder/alerts/"
# And one on log lines.
cat >"$folder/alerts/demo.yml" <<'RULES'
groups:
  - name: demo
    language: logql
    interval: 5s
    rules:
      - alert: OrdersFailInTheLog
        expr: sum by (service_name) (count_over_time({service_name="order-management"} |= "order failed" [1m])) > 0
        labels: {severity: ticket}
        annotations:
          summary: "{{ $labels.service_name }} wrote of {{ $value }} failed orders within a minute"
RULES
sed "s/127\.0\.0\.1:9799/127.0.0.1:$sink_port/" alerts/alertmanager.yml >"$folder/alertmanager.yml"

"$perch" serve --config "$folder/prometheus.yml" --data-dir "$folder/data" --http-listen "127.0.0.1:$port" \
    --otlp-grpc-listen off --otlp-http-listen off >"$folder/perch.log" 2>&1 &
server=$!
children+=("$server")
"$shop" sink --port "$sink_port" >"$folder/notifications" 2>"$folder/sink.log" &
children+=($!)

export OTEL_EXPORTER_OTLP_ENDPOINT=$url OTEL_LOGS_EXPORTER=otlp,console OTEL_BSP_SCHEDULE_DELAY=1000
"$shop" up --port-base "$shop_port" --data-dir "$folder/shop" --log-dir "$folder/shop-logs" >"$folder/shop.log" 2>&1 &
children+=($!)

# Waits until a command succeeds: until SECONDS COMMAND...
until_within() {
    local end=$((SECONDS + $1))
    shift
    while ! "$@"; do
        kill -0 "$server" 2>/dev/null || fail "Perch stopped."
        [ "$SECONDS" -lt "$end" ] || return 1
        sleep 1
    done
}
query() { "$perch" query --url "$url" "$@"; }
holds() { query "$1" --output json 2>/dev/null | grep -q '"value"'; }
show() { # COMMAND ARGUMENTS... of perch, as one would type them
    local words=
    for word in "$@"; do case $word in *[!A-Za-z0-9_=/.:-]*) words+=" '$word'" ;; *) words+=" $word" ;; esac; done
    say "\$ perch$words"
    "$perch" "$@" --url "$url"
}

say "Opening the shop"
until_within 30 grep -q 'is open' "$folder/shop.log" || fail "The shop did not open within half a minute."
"$shop" load --rate "$rate" --gateway "http://127.0.0.1:$shop_port" --port "$load_port" >"$folder/load.log" 2>&1 &
load=$!
children+=("$load")

say "Waiting for metrics, logs and traces of all of it"
until_within 60 holds "count(up == 1) == ${#jobs[@]} and on() count(count_over_time(up[1m]) >= 5) == ${#jobs[@]}" \
    || fail "Not all targets were scraped within a minute."
until_within 60 holds 'sum(shop_orders_total{outcome="paid"}) >= 3' || fail "No orders were paid within a minute."
have_all() { # COMMAND...: whether it names each service of the shop that orders pass through
    local found
    found=$("$@" --url "$url" 2>/dev/null) || return 1
    for service in gateway product-catalog order-management payments shipping inventory; do grep -q "$service" <<<"$found" || return 1; done
}
until_within 30 have_all "$perch" traces services || fail "Not all services sent spans."
until_within 30 have_all "$perch" logs '{service_name=~".+"}' --since 5m --limit 1000 --output json || fail "Not all services sent log lines."

show query 'count by (job) (up == 1)' || fail "The targets were not found."
show query 'sum by (job) (rate(http_server_request_duration_seconds_count[30s]))' || fail "No requests were counted."
show query 'sum by (outcome) (shop_orders_total)' || fail "No orders were counted."
show query 'topk(3, rate(node_cpu_seconds_total[15s]))' || fail "The machine was not found."
show logs '{service_name="order-management"} |= "order paid"' --since 5m --limit 3 || fail "The lines of paid orders were not found."
show traces search '{ name = "shopper order" } && { resource.service.name = "shipping" }' --since 5m --limit 3 || fail "No traces of orders were found."
show query 'histogram_quantile(0.9, sum by (le) (rate(http_server_request_duration_seconds_bucket{job="gateway"}[10s])))' --since 20s --step 2s \
    --output graph || fail "There is no graph of the latency."
say "\$ perch storage stats | grep -E 'active series|samples appended|entries appended|spans appended'"
"$perch" storage stats --url "$url" | grep -E 'active series|samples appended|entries appended|spans appended' || fail "Storage did not tell of itself."

say "Breaking payments for $trouble s"
"$shop" fault set failing-payments 0.8 --for "${trouble}s" --port-base "$shop_port" || fail "Payments could not be broken."
say "Waiting for the alert, and for somebody to be told"
firing() { "$perch" alerts list alertname="$1" --url "$url" --output json 2>/dev/null | grep -q "$1"; }
until_within 90 firing PaymentsFail || fail "The alert did not fire."
firing OrdersFailInTheLog || fail "The alert on log lines did not fire."
until_within 15 grep -q 'FIRING PaymentsFail' "$folder/notifications" || fail "Nobody was told of the alert."
echo "The sink got:"
grep 'FIRING PaymentsFail' "$folder/notifications" | sed 's/^/  /'
show logs '{service_name="order-management"} |= "order failed"' --since 2m --limit 3 || fail "The lines of failed orders were not found."
show alerts || fail "The alerts were not listed."
show alerts why PaymentsFail || fail "The alert was not explained."

failing='{ name = "shopper order" && status = error } && { resource.service.name = "payments" && status = error }'
found_failing() { failed=$("$perch" traces search "$failing" --since 5m --limit 1 --output json --url "$url" 2>/dev/null | grep -o '"traceID" *: *"[0-9a-f]*"' | grep -o '[0-9a-f]\{8,\}' | head -n 1) && [ -n "$failed" ]; }
until_within 30 found_failing || fail "No order that failed was found among the traces."
show traces search "$failing" --since 5m --limit 3 || fail "The traces of failed orders were not found."
"$perch" traces show "$failed" --depth 9 --url "$url" >"$folder/trace" || fail "The trace was not found."
say "\$ perch traces show $failed --depth 9"
cat "$folder/trace"
for part in 'saga charge' 'payment provider failed' 'order failed'; do grep -q "$part" "$folder/trace" || fail "The trace does not tell of: $part"; done

say "Look at"
cat <<TEXT
  $url/                    what this Perch serves; $url/graph?g0.expr=sum%20by%20(outcome)%20(rate(shop_orders_total[1m]))
  $url/api/v1/targets      the targets and their health
  http://127.0.0.1:$shop_port/                    the shop; its gateway says what is there
In Grafana, add data sources and import dashboards/:
  Prometheus    $url
  Loki          $url
  Tempo         $url/tempo
  Alertmanager  $url          (implementation: Prometheus)
Break something yourself:
  $shop fault list --port-base $shop_port
  $shop fault set slow-catalog 2000 --for 2m --port-base $shop_port
TEXT

if [ -n "$once" ]; then
    say "Checking that every panel of every dashboard has data"
    # Rates of what has just happened for the first time have their first point a step later.
    every_panel() {
        "$perch" dashboards check dashboards --url "$url" >"$folder/panels" 2>&1 && ! grep -q 'empty, as it may be' "$folder/panels"
    }
    until_within 90 every_panel || { cat "$folder/panels"; fail "A panel of a dashboard has an error, or no data."; }
    cat "$folder/panels"
    kill -TERM "$load"
    wait "$load" || fail "The shoppers did not stop cleanly."
    say "What became of the shoppers"
    cat "$folder/load.log"
    kill -TERM "${children[-2]}"
    wait "${children[-2]}" || fail "The shop did not close cleanly."
    kill -TERM "$server"
    wait "$server" || fail "Perch did not stop cleanly."
    say "All answers came; everything stopped cleanly."
    exit 0
fi
say "Running. Ctrl-C stops everything. Notifications appear here."
tail -n +1 -f "$folder/notifications" &
children+=($!)
wait "$server" || fail "Perch stopped."
