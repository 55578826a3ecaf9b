internal import PromQL
internal import QueryModel

/// Queries of all shapes, for the laws that hold of every query.
enum SyntaxSamples {
    static let valid: [String] = [
        "1", ".5", "5.", "1e3", "0x1F", "017", "1_000", "Inf", "-iNf", "NaN", "5m", "1h30m", "-1d12h", "1y2w3d4h5m6s7ms",
        "\"plain\"", "'single'", "`raw \\n`", "\"tab\\tquote\\\" \\u00e9 \\x41 \\101\"", "'it\\'s'",
        "up", "job:requests:rate5m", "up{}", "up{job=\"api\"}", "up{job!=\"api\",instance=~\"a.*\",zone!~\"b|c\",}",
        "{job=\"api\"}", "{__name__=~\"node_.+\"}", "{\"http.requests\"}", "{\"http.requests\", \"service.name\"=\"shop\"}",
        "http_requests_total[5m]", "http_requests_total{code=~\"5..\"}[1h30m]", "up[300]", "up[1.5]",
        "up offset 5m", "up offset -1h", "up @ 1700000000", "up @ 1700000000.123", "up @ start()", "up @ end() offset 5m",
        "up offset 5m @ -1.5", "up[5m] @ 100 offset 1m", "up[5m] offset 1m @ end()",
        "rate(up[5m])", "time()", "vector(1)", "round(up)", "round(up, 5)", "hour()", "hour(vector(0))", "pi()",
        "label_replace(up, \"dst\", \"$1\", \"src\", \"(.*)\")", "label_join(up, \"dst\", \"-\", \"a\", \"b\", \"c\")",
        "histogram_quantile(0.99, sum by (le) (rate(latency_bucket[5m])))", "absent_over_time(up[10m])",
        "sum(up)", "sum by (job) (up)", "sum without (instance) (up)", "sum(up) by (job, instance,)", "avg by () (up)",
        "count_values(\"version\", build)", "topk(5, up)", "quantile without (a) (0.5, up)", "sum by (\"service.name\", by) (up)",
        "limitk(2, up)", "limit_ratio(-0.5, up)",
        "1 + 2 * 3 ^ 4 ^ 5 - -6", "-up", "+up", "--up", "-2 ^ 2", "2 ^ -3 * 4", "(1 + 2) * 3", "-(1)", "up % 2 atan2 3",
        "a == b", "a != bool b", "1 >= bool 2", "a < 5 or b > 6 and c <= 7 unless d", "h </ 5", "h >/ 5 + 1",
        "a + on (x) b", "a * ignoring (x, y) group_left b", "a / on (x) group_right (z, w,) c", "a and on () b", "a or ignoring (x) b",
        "a + fill (0) b", "a + on (x) fill_left (-1) fill_right (2) b", "a - fill_right (Inf) fill_left (5m) b", "fill + fill_left",
        "rate(up[5m])[1h:]", "rate(up[5m])[1h:1m] offset 5m @ 0", "(a + b)[10m:15s]", "max_over_time(sum(up)[1h:5m])",
        "up[step()]", "up[5m + step() * 2]", "up[max_of(5m, step())]", "up[(1h)]", "up[-(-5m) ^ 2]", "up offset (5m + 1m)",
        "up offset -(5m)", "up offset step() + 1", "up offset - -5m + 3", "up offset -max_of(1, 2)", "up[range():step() / 2]",
        "up anchored", "up[5m] smoothed", "rate(up[5m] anchored @ 5 offset 1m)",
        "start() + end() + step() + range()", "max_of(1, 2) - min_of(3, 4)", "start", "end{a=\"b\"}", "sum", "sum + avg",
        "offset offset 5m",
        "info(up)", "info(up, {})", "info(up, {\"target.info\"=~\".*\"})", "sort_by_label(up, \"a\", \"b\")",
        "up # a comment\n+ # another\n down", "SUM BY (Job) (Up)", "x OFFSET 5m", "a AND b", "by{by=\"by\"}",
    ]

    static let parser = PromQLParser(features: .all)
}
