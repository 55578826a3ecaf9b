#!/usr/bin/env bash
# Has a server evaluate 5,000 rules over 20,000 scraped series every 15 s, and fails where an evaluation is missed, fails, or takes longer.
# Takes the seconds to watch (90). PERCH_BINARY names the program; without it the release build is made.
set -euo pipefail
cd "$(dirname "$0")/.."
seconds=${1:-90}
binary=${PERCH_BINARY:-}
if [ -z "$binary" ]; then
    scripts/build.sh >&2
    binary="$(swift build -c release --show-bin-path)/perch"
fi
work=$(mktemp -d)
trap 'kill $(jobs -p) 2>/dev/null || true; wait 2>/dev/null || true; rm -rf "$work"' EXIT
cat > "$work/load.py" <<'PY'
import http.server, random, sys
folder = sys.argv[1]
apps, instances = 1000, 20
class Page(http.server.BaseHTTPRequestHandler):
    count = 0
    def do_GET(self):
        Page.count += 1
        text = "# TYPE requests_total counter\n" + "".join(
            f'requests_total{{app="app{a}",instance="i{i}"}} {Page.count * (a % 7 + i)}\n' for a in range(apps) for i in range(instances))
        self.send_response(200)
        self.send_header("Content-Type", "text/plain; version=0.0.4")
        self.end_headers()
        self.wfile.write(text.encode())
    def log_message(self, *arguments): pass
server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Page)
with open(folder + "/rules.yml", "w") as rules:
    rules.write("groups:\n")
    for group in range(50):
        rules.write(f"- name: g{group}\n  interval: 15s\n  rules:\n")
        for place in range(20):
            app = group * 20 + place
            rules.write(f"""  - {{record: 'app:requests:rate1m', expr: 'sum by (app) (rate(requests_total{{app="app{app}"}}[1m]))'}}
  - {{record: 'app:requests:max', expr: 'max by (app) (requests_total{{app="app{app}"}})'}}
  - {{alert: Busy{app}, expr: 'app:requests:rate1m{{app="app{app}"}} > {app % 5}', for: 30s, labels: {{severity: page}}, annotations: {{summary: '{{{{ $labels.app }}}} has {{{{ $value | humanize }}}}'}}}}
  - {{alert: Silent{app}, expr: 'rate(requests_total{{app="app{app}"}}[1m]) == 0', keep_firing_for: 1m}}
""")
        for place in range(20):
            rules.write(f"  - {{record: 'group:requests:sum', labels: {{n: '{group}-{place}'}}, expr: 'count(requests_total{{instance=\"i{place}\"}} > {group})'}}\n")
with open(folder + "/perch.yml", "w") as configuration:
    configuration.write(f"global: {{scrape_interval: 15s}}\nrule_files: [rules.yml]\nscrape_configs: [{{job_name: load, static_configs: [{{targets: ['127.0.0.1:{server.server_port}']}}]}}]\n")
open(folder + "/ready", "w").close()
server.serve_forever()
PY
python3 "$work/load.py" "$work" &
until [ -e "$work/ready" ]; do sleep 0.1; done
"$binary" serve --config "$work/perch.yml" --data-dir "$work/data" --http-listen 127.0.0.1:0 --otlp-grpc-listen off --otlp-http-listen off > "$work/log" 2>&1 &
until url=$(sed -n 's/.*"message":"listening","address":"\([^"]*\)".*/http:\/\/\1/p' "$work/log") && [ -n "$url" ]; do sleep 0.1; done
sleep "$seconds"
curl -sf "$url/metrics" > "$work/metrics"
awk -v seconds="$seconds" '
    /^perch_rule_group_rules/ { rules += $2 }
    /^perch_rule_group_iterations_missed_total/ { missed += $2 }
    /^perch_rule_group_iterations_total/ { iterations += $2 }
    /^perch_rule_evaluation_failures_total/ { failures += $2 }
    /^perch_rule_evaluations_total/ { evaluations += $2 }
    /^perch_rule_evaluation_duration_seconds_sum/ { spent = $2 }
    /^perch_rule_group_last_duration_seconds/ { total += $2; if ($2 > slowest) slowest = $2 }
    END {
        printf "%d rules, %d evaluations of groups in %d s, %d missed, %d failures\n", rules, iterations, seconds, missed, failures
        printf "%.0f µs for a rule, %.2f s for all groups one after the other, %.2f s for the slowest\n", spent / evaluations * 1e6, total, slowest
        exit !(missed == 0 && failures == 0 && slowest < 15 && iterations > 0)
    }' "$work/metrics"
