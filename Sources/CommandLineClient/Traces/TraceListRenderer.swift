internal import ByteCoding
internal import CivilCalendar
internal import OTLPFormat
internal import TelemetryModel

/// Traces as a search finds them, one a line.
struct TraceListRenderer: Sendable {
    let terminal: Terminal
    /// Matching spans that are listed under each trace.
    var spansMax = 0

    /// The greatest width of a trace's duration: `999ms`, `59m59s`.
    private static let durationWidth = 6

    /// The titles and all traces; nothing where there are none.
    func table(_ traces: [TraceSummary]) -> String {
        traces.isEmpty ? "" : titles(traces) + traces.map { row($0, isDated: isDated(traces)) }.joined()
    }

    private func titles(_ traces: [TraceSummary]) -> String {
        var line = StyledLine()
        let start = isDated(traces) ? padded("START (UTC)", to: 19) : padded("START", to: 8)
        let time = padded("TIME", to: TraceListRenderer.durationWidth, trailing: true)
        line.add(padded("TRACE", to: 32) + "  " + start + "  " + time + "  ROOT", "2")
        return line.rendered(terminal, width: lineWidth) + "\n"
    }

    /// The columns of a line; a file takes any number.
    private var lineWidth: Int { terminal.isWindow ? max(44, terminal.width) : .max }

    /// Whether times need their date, being of several days.
    private func isDated(_ traces: [TraceSummary]) -> Bool {
        Set(traces.map { CivilTime(nanoseconds: Int64(clamping: $0.start)).date }).count > 1
    }

    /// One trace: `id  12:30:05  312ms  checkout POST /checkout  14 spans  2 errors`.
    func row(_ trace: TraceSummary, isDated: Bool = false) -> String {
        let shown = ShownText(for: terminal)
        let time = SpanTime(for: terminal)
        let start = CivilTime(nanoseconds: Int64(clamping: trace.start))
        var line = StyledLine()
        line.add(trace.traceID.hexadecimal)
        line.add("  " + (isDated ? start.date.text + " " : "") + start.clockWithSeconds, "2")
        let duration = time.duration(trace.durationMilliseconds.multipliedReportingOverflow(by: 1_000_000).partialValue)
        let text = trace.durationMilliseconds == 0 ? "<1ms" : duration
        line.add("  " + padded(text, to: TraceListRenderer.durationWidth, trailing: true))
        line.add("  ")
        var suffix = ""
        if trace.spanCount > 0 && !isNarrow { suffix += "  " + counted(trace.spanCount, "span") }
        let count = isNarrow ? terminal.mark("✗", "!") + grouped(trace.errorCount) : counted(trace.errorCount, "error")
        let errors = trace.errorCount > 0 ? "  " + count : ""
        let root =
            trace.hasRoot
            ? [shown(trace.rootService), shown(trace.rootName)].filter { !$0.isEmpty }.joined(separator: " ") : "(no root yet)"
        let free = terminal.isWindow ? max(12, terminal.width - line.width - displayWidth(suffix + errors)) : Int.max / 2
        line.add(truncated(root, to: free, hasUnicode: terminal.hasUnicode), trace.errorCount > 0 ? "31" : "36")
        line.add(suffix, "2")
        line.add(errors, "31")
        var lines = line.rendered(terminal, width: lineWidth) + "\n"
        for span in trace.spans.prefix(spansMax) {
            var line = StyledLine()
            line.add("  " + span.spanID.hexadecimal + "  ", "2")
            line.add(
                padded(time.duration(span.duration), to: TraceListRenderer.durationWidth, trailing: true)
                    + (span.name.isEmpty ? "" : "  " + shown(span.name)))
            for attribute in span.attributes { line.add("  " + shown(attribute.key) + "=" + shown(attribute.value.text), "2") }
            lines += line.rendered(terminal, width: lineWidth) + "\n"
        }
        if spansMax > 0 && trace.matched > min(spansMax, trace.spans.count) {
            lines += terminal.painted("  \(grouped(trace.matched - min(spansMax, trace.spans.count))) more matched", "2") + "\n"
        }
        return lines
    }

    /// Whether there is room for little more than the name of the root.
    private var isNarrow: Bool { terminal.isWindow && terminal.width < 100 }

    // MARK: JSON

    /// One line: `{"traces":[T,…]}`.
    static func json(_ traces: [TraceSummary]) -> String {
        var json = JSONText()
        json.object { json in
            json.member("traces") { $0.array(traces) { write($1, &$0) } }
        }
        return json.text + "\n"
    }

    /// One trace on one line: `durationMs`, `matched`, `rootServiceName`, `rootTraceName`, `serviceStats` (by service `errorCount` and
    /// `spanCount`), `spans` (each `attributes` as OTLP writes them, `durationNanos`, `name`, `spanID`, `startTimeUnixNano`),
    /// `startTimeUnixNano`, `traceID`. Nanoseconds are texts, as they are beyond what JSON's numbers hold exactly.
    static func json(_ trace: TraceSummary) -> String {
        var json = JSONText()
        write(trace, &json)
        return json.text + "\n"
    }

    private static func write(_ trace: TraceSummary, _ json: inout JSONText) {
        json.object { json in
            json.member("durationMs") { $0.raw(String(trace.durationMilliseconds)) }
            json.member("matched") { $0.raw(String(trace.matched)) }
            json.member("rootServiceName") { $0.string(trace.rootService) }
            json.member("rootTraceName") { $0.string(trace.rootName) }
            json.member("serviceStats") { json in
                json.object { json in
                    for (service, statistics) in trace.services.sorted(by: { $0.key < $1.key }) {
                        json.member(service) { json in
                            json.object { json in
                                json.member("errorCount") { $0.raw(String(statistics.errorCount)) }
                                json.member("spanCount") { $0.raw(String(statistics.spanCount)) }
                            }
                        }
                    }
                }
            }
            json.member("spans") { json in
                json.array(trace.spans) { json, span in
                    json.object { json in
                        json.member("attributes") { json in
                            var writer = JSONTextWriter()
                            span.attributes.writeOTLP(to: &writer)
                            json.raw(String(decoding: writer.bytes, as: UTF8.self))
                        }
                        json.member("durationNanos") { $0.string(String(span.duration)) }
                        json.member("name") { $0.string(span.name) }
                        json.member("spanID") { $0.string(span.spanID.hexadecimal) }
                        json.member("startTimeUnixNano") { $0.string(String(span.start)) }
                    }
                }
            }
            json.member("startTimeUnixNano") { $0.string(String(trace.start)) }
            json.member("traceID") { $0.string(trace.traceID.hexadecimal) }
        }
    }
}
