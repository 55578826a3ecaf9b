internal import CivilCalendar
internal import NIOCore
public import PromQL
public import QueryModel
public import TelemetryModel

/// Tells of every PromQL query, one JSON object a line, as Prometheus' `query_log_file` has it.
public struct QueryLog: Sendable {
    /// Who asked.
    public enum Origin: Sendable, Hashable {
        case client(address: String, method: String, path: String)
        case ruleGroup(file: String, name: String)
    }

    /// Whether anybody wants to know; a reload may change it.
    public let isOn: @Sendable () -> Bool
    private let write: @Sendable (_ line: [UInt8]) -> Void
    private let now: @Sendable () -> Timestamp

    /// - Parameters:
    ///   - now: milliseconds since 1970.
    ///   - write: takes a line, its line break included.
    public init(
        isOn: @escaping @Sendable () -> Bool, now: @escaping @Sendable () -> Timestamp, write: @escaping @Sendable (_ line: [UInt8]) -> Void
    ) {
        self.isOn = isOn
        self.now = now
        self.write = write
    }

    /// Tells of a query that has ended.
    ///
    /// - Parameters:
    ///   - statistics: nil where it did not come to an answer.
    ///   - error: why there was no answer.
    public func note(_ expression: String, _ times: EvaluationTimes, _ statistics: QueryStatistics?, error: String?, from origin: Origin) {
        guard isOn() else { return }
        var writer = JSONWriter()
        writer.beginObject()
        writer.member("time", RFC3339.text(CivilTime(milliseconds: now())))
        writer.member("level", "INFO")
        writer.member("msg", "promql query logged")
        writer.name("params")
        writer.beginObject()
        writer.member("query", expression)
        switch times {
        case .instant(let time): QueryLog.write(time, time, 0, to: &writer)
        case .range(let start, let end, let step): QueryLog.write(start, end, step, to: &writer)
        }
        writer.endObject()
        if let error { writer.member("error", error) }
        writer.statistics(statistics ?? QueryStatistics())
        switch origin {
        case .client(let address, let method, let path):
            writer.name("httpRequest")
            writer.beginObject()
            writer.member("clientIP", address)
            writer.member("method", method)
            writer.member("path", path)
        case .ruleGroup(let file, let name):
            writer.name("ruleGroup")
            writer.beginObject()
            writer.member("file", file)
            writer.member("name", name)
        }
        writer.endObject()
        writer.endObject()
        var line = writer.finish().reduce(into: [UInt8]()) { $0.append(contentsOf: $1.readableBytesView) }
        line.append(UInt8(ascii: "\n"))
        write(line)
    }

    /// The step is told in seconds, cut off to a whole number, as Prometheus does.
    private static func write(_ start: Timestamp, _ end: Timestamp, _ step: Int64, to writer: inout JSONWriter) {
        writer.member("start", RFC3339.text(CivilTime(milliseconds: start), fraction: .digits(3)))
        writer.member("end", RFC3339.text(CivilTime(milliseconds: end), fraction: .digits(3)))
        writer.member("step", Int(step / 1000))
    }
}
