internal import OTLPFormat
internal import TelemetryModel

/// `perch traces show`: prints a trace as a waterfall, with its log lines beneath.
public struct TraceShowCommand: Sendable {
    /// The options as they are given on the command line.
    public struct Options: Sendable {
        public var traceID: String
        /// `--span`: everything about one span instead of the waterfall.
        public var spanID: String?
        /// `--all`: nothing is folded.
        public var isAll: Bool
        /// `--depth`: how many levels are shown.
        public var depth: Int?
        /// `--no-logs`: logs are not asked for.
        public var hasLogs: Bool
        public var format: TraceOutputFormat

        public init(
            traceID: String, spanID: String? = nil, isAll: Bool = false, depth: Int? = nil, hasLogs: Bool = true,
            format: TraceOutputFormat = .table
        ) {
            self.traceID = traceID
            self.spanID = spanID
            self.isAll = isAll
            self.depth = depth
            self.hasLogs = hasLogs
            self.format = format
        }
    }

    private let client: PerchClient
    private let options: Options
    private let terminal: Terminal

    public init(client: PerchClient, options: Options, terminal: Terminal) {
        self.client = client
        self.options = options
        self.terminal = terminal
    }

    /// - Returns: `usage` where an id or option is wrong, `failure` where there is no such trace or span, or the server did not answer.
    public func run(output: CommandOutput) async -> CommandStatus {
        await output.reporting { () async throws(ClientError) in
            if let depth = options.depth, depth < 1 { throw .usage("--depth: has to be greater than zero") }
            if options.depth != nil && options.isAll { throw .usage("--all shows every level; give it or --depth") }
            let id = try TraceArgument.id(options.traceID)
            let spanID = try options.spanID.map { (text) throws(ClientError) in try TraceArgument.spanID(text) }
            let reply = try await client.wholeTrace(id)
            if let remark = reply.remark { output.remark("warning: " + remark) }
            let tree = TraceTree(reply.batch)
            if let spanID {
                guard let index = tree.index(of: spanID) else {
                    throw ClientError("no span \(spanID.hexadecimal) in trace \(id.hexadecimal)")
                }
                if options.format == .json {
                    var batch = reply.batch
                    batch.spans = batch.spans.filter { $0.spanID == spanID }
                    output.result(TraceShowCommand.json(batch))
                } else {
                    output.result(SpanSheet(terminal: terminal, tree: tree).render(index))
                }
                return
            }
            if options.format == .json { return output.result(TraceShowCommand.json(reply.batch)) }
            let plan = WaterfallPlan.Options(isAll: options.isAll, levels: options.depth)
            output.result(WaterfallRenderer(tree, terminal: terminal, options: plan).render())
            if options.hasLogs { output.result("\n" + (await logs(id, tree))) }
        }
    }

    /// One line of OTLP's JSON, which collectors and other tools take.
    private static func json(_ batch: SpanBatch) -> String { String(decoding: batch.otlpJSON(), as: UTF8.self) + "\n" }

    // MARK: Logs

    /// What every line beneath a trace has.
    private static let knownFields: Set<String> = ["trace_id", "traceId", "traceid", "trace.id", "span_id", "spanId", "spanid", "span.id"]
    private static let logLinesMax = 100
    /// Lines may come somewhat before and after the spans that they belong to.
    private static let logMargin: UInt64 = 60_000_000_000

    private func logs(_ id: TraceID, _ tree: TraceTree) async -> String {
        let start = tree.start > TraceShowCommand.logMargin ? tree.start - TraceShowCommand.logMargin : 0
        let end = tree.end.addingReportingOverflow(TraceShowCommand.logMargin)
        let range = PerchClient.TimeSpan(start: start, end: end.overflow ? UInt64(Int64.max) : min(end.partialValue, UInt64(Int64.max)))
        // Where senders give the id beside the line it is found there, else in the text of the line; a server that does not look for both at
        // once is asked for one after the other.
        let queries = [
            "{service_name=~\".+\"} | trace_id=\"\(id.hexadecimal)\"", "{service_name=~\".+\"} |= \"\(id.hexadecimal)\"",
        ]
        do throws(ClientError) {
            if let entries = try await client.logs(of: id, in: range, limit: TraceShowCommand.logLinesMax) {
                if entries.isEmpty { return terminal.painted("no log lines with this trace's id", "2") + "\n" }
                let lines = entries.map { entry in
                    LogLine(
                        time: UInt64(max(0, entry.time)), text: LogContent.text(ofLine: entry, without: TraceShowCommand.knownFields),
                        labels: Dictionary(entry.labels.map { ($0.name, $0.value) }) { first, _ in first })
                }
                return TraceLogRenderer(terminal: terminal).render(lines, traceStart: tree.start, limit: TraceShowCommand.logLinesMax)
            }
            for query in queries {
                guard let lines = try await client.logLines(query, in: range, limit: TraceShowCommand.logLinesMax) else {
                    return terminal.painted("no logs: this server keeps none", "2") + "\n"
                }
                if !lines.isEmpty {
                    return TraceLogRenderer(terminal: terminal).render(lines, traceStart: tree.start, limit: TraceShowCommand.logLinesMax)
                }
            }
            return terminal.painted("no log lines with this trace's id", "2") + "\n"
        } catch {
            return terminal.painted(truncated("no logs: " + error.message, to: terminal.width, hasUnicode: terminal.hasUnicode), "2") + "\n"
        }
    }
}

extension PerchClient {
    /// A trace that has to be there.
    func wholeTrace(_ id: TraceID) async throws(ClientError) -> TraceReply {
        if let reply = try await trace(id) { return reply }
        let hint = id.high == 0 ? "; a shortened id is padded with zeros on the left, it is no beginning of one" : ""
        throw ClientError("no trace \(id.hexadecimal) at \(baseURL)\(hint)")
    }
}

/// The log lines of a trace.
struct TraceLogRenderer {
    let terminal: Terminal

    func render(_ lines: [LogLine], traceStart: UnixNanoseconds, limit: Int) -> String {
        let shown = ShownText(for: terminal)
        let time = SpanTime(for: terminal)
        let offsets = lines.map { time.offset(of: $0.time, from: traceStart) }
        let services = lines.map { shown($0.service) }
        let offsetWidth = offsets.map(displayWidth).max() ?? 0
        let serviceWidth = min(20, services.map(displayWidth).max() ?? 0)
        let levelWidth = min(8, lines.map { displayWidth($0.level) }.max() ?? 0)
        var text = terminal.painted("LOGS", "2") + "\n"
        for (index, line) in lines.enumerated() {
            let isBad = ["error", "fatal", "critical"].contains(line.level.lowercased())
            var row = StyledLine()
            row.add(padded(offsets[index], to: offsetWidth, trailing: true) + "  ", "2")
            row.add(padded(truncated(services[index], to: serviceWidth, hasUnicode: terminal.hasUnicode), to: serviceWidth) + "  ", "36")
            if levelWidth > 0 {
                row.add(
                    padded(truncated(shown(line.level), to: levelWidth, hasUnicode: terminal.hasUnicode), to: levelWidth) + "  ",
                    isBad ? "31" : "2")
            }
            row.add(shown(line.text), isBad ? "31" : "")
            text += row.rendered(terminal, width: max(40, terminal.width)) + "\n"
        }
        if lines.count >= limit { text += terminal.painted("the first \(limit) lines; there may be more", "2") + "\n" }
        return text
    }
}
