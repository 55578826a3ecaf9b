internal import GraphImage
internal import HTTPTypes
internal import NIOCore
internal import PromQL
internal import QueryModel
internal import TelemetryModel

/// `/graph`, where the links in alerts lead: an expression, its values now and its course as a picture, which `/graph.svg` and `/graph.png`
/// give alone. Parameters are those of Prometheus' page: `g0.expr` (or `query`), `g0.range_input` (one hour) and `end` (now).
///
/// Of a comparison with a number, as alerts are, the side that is compared is drawn, with the number as a line across.
public struct GraphAPI: HTTPEndpoints {
    private let environment: QueryEnvironment

    private static let stepsPerPicture: Int64 = 300
    private static let seriesMax = 100
    private static let rowsMax = 100

    public init(_ environment: QueryEnvironment) { self.environment = environment }

    public func addRoutes(to routes: inout Routes) {
        routes.on("/graph", .get) { call in try await page(call) }
        routes.on("/graph.svg", .get) { call in
            let graph = try await graph(call)
            return .text(graph.svg, contentType: "image/svg+xml; charset=utf-8")
        }
        routes.on("/graph.png", .get) { call in
            let graph = try await graph(call)
            return APIReply(contentType: "image/png", body: [ByteBuffer(bytes: graph.png)])
        }
    }

    /// What is asked for.
    private struct Question: Sendable {
        let text: String
        let range: TimeRange
        /// As it was written, for links.
        let length: String

        init(_ parameters: FormParameters, now: Timestamp) throws(APIFailure) {
            text = parameters["g0.expr"] ?? parameters["query"] ?? ""
            length = parameters["g0.range_input"] ?? "1h"
            let milliseconds = try parameters.duration("g0.range_input") ?? 3_600_000
            guard (1_000...315_360_000_000).contains(milliseconds) else {
                throw APIFailure.parameter("g0.range_input", "a picture shows between one second and ten years")
            }
            let end = try parameters.time("end") ?? now
            range = TimeRange(start: end - milliseconds, end: end)
        }
    }

    private func graph(_ call: APICall) async throws -> LineGraph {
        let question = try Question(try await call.parameters(), now: environment.now())
        return try await evaluate(call, question) { engine, budget throws(QueryError) in
            let (expression, threshold) = GraphAPI.compared(try engine.parse(question.text))
            let step = max(1, (question.range.end - question.range.start) / GraphAPI.stepsPerPicture)
            let answer = try engine.evaluate(
                expression, times: .range(start: question.range.start, end: question.range.end, stepMilliseconds: step),
                source: environment.source, budget: budget)
            var options = LineGraph.Options(range: question.range)
            options.title = question.text
            options.threshold = threshold
            (options.width, options.height) = (800, 320)
            options.gapMilliseconds = step + step / 2
            guard case .matrix(let matrix) = answer.value else { return LineGraph([], options: options) }
            let series = matrix.prefix(GraphAPI.seriesMax).map {
                LineGraph.Series(name: $0.labels.description, times: $0.samples.timestamps, values: $0.samples.values)
            }
            return LineGraph(series, options: options)
        }
    }

    /// The side of a comparison that is no number, and the number; the first comparison where several are joined by `and`.
    private static func compared(_ expression: Expression) -> (Expression, threshold: Double?) {
        switch expression {
        case .parenthesized(let node): return compared(node.expression)
        case .binary(let node) where node.operator.isComparison && !node.returnsBool:
            if case .number(let number) = node.right { return (node.left, number.value) }
            if case .number(let number) = node.left { return (node.right, number.value) }
            return (expression, nil)
        case .binary(let node) where node.operator == .and: return compared(node.left)
        default: return (expression, nil)
        }
    }

    private func page(_ call: APICall) async throws -> APIReply {
        let question = try Question(try await call.parameters(), now: environment.now())
        if question.text.isEmpty { return .text(GraphPage(question: "", length: question.length).html, contentType: GraphPage.contentType) }
        var page = GraphPage(question: question.text, length: question.length)
        page.end = question.range.end
        do {
            page.rows = try await evaluate(call, question) { engine, budget throws(QueryError) in
                let answer = try engine.evaluate(
                    try engine.parse(question.text), times: .instant(question.range.end), source: environment.source, budget: budget)
                guard case .vector(let samples) = answer.value else { return [] }
                return samples.prefix(GraphAPI.rowsMax).compactMap { sample in
                    guard case .float(let value) = sample.value else { return nil }
                    return (sample.labels.description, "\(value)")
                }
            }
        } catch let failure as APIFailure {
            page.fault = failure.message
        }
        return .text(page.html, contentType: GraphPage.contentType)
    }

    private func evaluate<Result: Sendable>(
        _ call: APICall, _ question: Question, _ work: @escaping @Sendable (QueryEngine, QueryBudget) throws(QueryError) -> Result
    ) async throws -> Result {
        let engine = environment.engine()
        do {
            return try await environment.queries.run(
                timeout: .milliseconds(environment.timeoutMilliseconds), channel: call.channel
            ) { budget, _ in try work(engine, budget) }
        } catch let error as QueryError {
            throw error.code == .badInput ? APIFailure.parameter("g0.expr", error.message) : APIFailure(error)
        }
    }
}

/// The page of an expression.
private struct GraphPage {
    static let contentType = "text/html; charset=utf-8"

    let question: String
    let length: String
    var end: Timestamp?
    var rows: [(series: String, value: String)] = []
    var fault: String?

    init(question: String, length: String) {
        self.question = question
        self.length = length
    }

    var html: String {
        """
        <!doctype html>
        <html lang="en">
        <head>
        <meta charset="utf-8">
        <meta name="viewport" content="width=device-width, initial-scale=1">
        <title>\(escaped(question.isEmpty ? "Perch" : question))</title>
        <style>
        :root { color-scheme: light dark; }
        body { font: 16px/1.5 system-ui, sans-serif; max-width: 56rem; margin: 2rem auto; padding: 0 1rem; }
        input[name="g0.expr"] { width: 70%; font: inherit; }
        input[name="g0.range_input"] { width: 4rem; font: inherit; }
        img { max-width: 100%; background: white; }
        td { padding: 0 1rem 0 0; vertical-align: top; }
        td:first-child { font-family: monospace; font-size: 0.9em; overflow-wrap: anywhere; }
        .fault { color: #c0392b; }
        </style>
        </head>
        <body>
        <form action="/graph"><input name="g0.expr" aria-label="Expression" value="\(escaped(question))" placeholder="up"> <input
        name="g0.range_input" aria-label="Length" value="\(escaped(length))"> <button>Show</button></form>
        \(content)
        </body>
        </html>

        """
    }

    private var content: String {
        if question.isEmpty { return "<p>Write an expression in PromQL.</p>" }
        if let fault { return "<p class=\"fault\">\(escaped(fault))</p>" }
        let link =
            "g0.expr=\(encoded(question))&amp;g0.range_input=\(encoded(length))" + (end.map { "&amp;end=\(Double($0) / 1000)" } ?? "")
        let table = rows.map { "<tr><td>\(escaped($0.series))</td><td>\(escaped($0.value))</td></tr>" }.joined(separator: "\n")
        return """
            <p><img src="/graph.svg?\(link)" width="800" height="320" alt="the course of the expression"></p>
            <p><a href="/graph.svg?\(link)">SVG</a> <a href="/graph.png?\(link)">PNG</a></p>
            \(rows.isEmpty ? "<p>Nothing at this time.</p>" : "<table>\n\(table)\n</table>")
            """
    }

    private func escaped(_ text: String) -> String {
        text.replacing("&", with: "&amp;").replacing("<", with: "&lt;").replacing(">", with: "&gt;").replacing("\"", with: "&quot;")
    }

    private func encoded(_ text: String) -> String {
        text.utf8.map { byte in
            let isPlain = (0x61...0x7a).contains(byte | 0x20) || (0x30...0x39).contains(byte) || "-_.".utf8.contains(byte)
            return isPlain ? String(UnicodeScalar(byte)) : "%" + (byte < 16 ? "0" : "") + String(byte, radix: 16)
        }.joined()
    }
}
