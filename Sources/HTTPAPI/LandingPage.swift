internal import HTTPTypes

/// `/`: a page that says what is served here.
struct LandingPage: HTTPEndpoints {
    let paths: [String]

    func addRoutes(to routes: inout Routes) {
        let page = html
        routes.onAlways("/", .get) { _ in .text(page, contentType: "text/html; charset=utf-8") }
    }

    private var html: String {
        let items = paths.sorted().map { path in
            path.contains { $0 == "{" || $0 == "*" }
                ? "<li><code>\(path)</code></li>" : "<li><a href=\"\(path)\"><code>\(path)</code></a></li>"
        }
        return """
            <!doctype html>
            <html lang="en">
            <head>
            <meta charset="utf-8">
            <meta name="viewport" content="width=device-width, initial-scale=1">
            <title>Perch</title>
            <style>
            :root { color-scheme: light dark; }
            body { font: 16px/1.5 system-ui, sans-serif; max-width: 46rem; margin: 3rem auto; padding: 0 1rem; }
            code { font-size: 0.95em; }
            ul { columns: 2 18rem; padding-left: 1.2rem; }
            </style>
            </head>
            <body>
            <h1>Perch</h1>
            <p>Metrics are stored and answered here. Point a Grafana data source of type Prometheus at this address,
            or ask with <code>perch query 'up'</code> or <code>promtool query instant</code>.</p>
            <h2>Served paths</h2>
            <ul>
            \(items.joined(separator: "\n"))
            </ul>
            </body>
            </html>

            """
    }
}
