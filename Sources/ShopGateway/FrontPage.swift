internal import HTTPTypes
internal import Hummingbird
internal import NIOCore
internal import ShopKit

/// A page that says what is there.
struct FrontPage: ResponseGenerator {
    func response(from request: Request, context: some RequestContext) -> Response {
        Response(
            status: .ok, headers: [.contentType: "text/html; charset=utf-8"],
            body: ResponseBody(byteBuffer: ByteBuffer(string: FrontPage.html)))
    }

    static let html: String = {
        let rows = Route.all.map { route in
            "<tr><td><code>\(route.method.rawValue)</code></td><td><code>\(route.path)</code></td><td>\(route.summary)</td>"
                + "<td>\(route.needsUser ? "token" : "")</td></tr>"
        }
        return """
            <!doctype html>
            <html lang="en">
            <head><meta charset="utf-8"><title>The shop</title>
            <style>body{font:16px/1.5 system-ui,sans-serif;margin:2rem auto;max-width:50rem;padding:0 1rem}td{padding:.1rem .8rem .1rem 0}</style>
            </head>
            <body>
            <h1>The shop</h1>
            <p>A sample of services instrumented with Perch's client libraries. This is the gateway; it passes these on:</p>
            <table>
            \(rows.joined(separator: "\n"))
            </table>
            <p><a href="/openapi.json">OpenAPI</a> · <a href="/metrics">metrics</a> · <a href="/faults">faults</a></p>
            </body>
            </html>

            """
    }()
}
