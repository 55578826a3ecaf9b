internal import Foundation
internal import LogQL
internal import TelemetryModel

/// A script of the kind that Loki tests its metric queries with: blocks of entries, and queries with what they give.
struct LogScript {
    /// What a query is to give.
    enum Expectation {
        case series([(labels: LabelSet, points: [Double?])], isOrdered: Bool)
        case scalar(Double)
        case empty
        /// The text is a part of the message; empty for any.
        case failure(text: String)
    }

    struct Query {
        var line: Int
        var text: String
        /// Nanoseconds since the epoch of the script; the step is 0 for one time.
        var start: Int64
        var end: Int64
        var step: Int64
        var expectation: Expectation
    }

    enum Command {
        case clear
        case load([LogEntry])
        case query(Query)
    }

    private(set) var commands: [Command] = []
    private var lines: [Substring]
    private var position = 0

    struct Fault: Error, CustomStringConvertible {
        var description: String
    }

    init(_ text: String) throws {
        lines = text.split(separator: "\n", omittingEmptySubsequences: false)
        while position < lines.count {
            let line = LogScript.withoutComment(lines[position])
            position += 1
            if line.isEmpty { continue }
            if line == "clear" {
                commands.append(.clear)
            } else if line == "load" {
                commands.append(.load(try readBody().flatMap { try LogScript.entries($0) }))
            } else if line.hasPrefix("eval ") {
                commands.append(.query(try query(line, number: position)))
            } else {
                throw Fault(description: "line \(position): \(line)")
            }
        }
    }

    /// The indented lines that follow.
    private mutating func readBody() -> [String] {
        var body: [String] = []
        while position < lines.count, let first = lines[position].first {
            let isComment = lines[position].drop { $0 == " " }.hasPrefix("#")
            if !isComment && first != " " && first != "\t" { break }
            let line = LogScript.withoutComment(lines[position])
            if !line.isEmpty { body.append(line) }
            position += 1
        }
        return body
    }

    private static func withoutComment(_ line: Substring) -> String {
        var quote: Character?
        for index in line.indices {
            let character = line[index]
            if let open = quote {
                if character == open { quote = nil }
            } else if character == "\"" || character == "`" {
                quote = character
            } else if character == "#" {
                return line[..<index].trimmingCharacters(in: .whitespaces)
            }
        }
        return line.trimmingCharacters(in: .whitespaces)
    }

    // MARK: Entries

    private static func entries(_ line: String) throws -> [LogEntry] {
        let form =
            /(\{.*?\})\s*(?:"([^"]*)"|`([^`]*)`)\s*@\s*(\S+)(?:\s*\[repeat every\s+(\S+)\s+for\s+(\d+)\])?(?:\s*\[metadata\s+(.*?)\])?/
        guard let match = line.wholeMatch(of: form) else { throw Fault(description: "no entry: \(line)") }
        let message = String(match.2 ?? match.3 ?? "")
        let start = try duration(String(match.4))
        let step = try match.5.map { try duration(String($0)) } ?? 0
        var metadata: [(name: String, value: String)] = []
        for pair in (match.7 ?? "").matches(of: /(?:"([^"]*)"|([^\s"=]+))="([^"]*)"/) {
            metadata.append((String(pair.1 ?? pair.2 ?? ""), String(pair.3)))
        }
        let stream = try labels(String(match.1), keepsEmpty: false)
        return (0..<(match.6.flatMap { Int($0) } ?? 1)).map { index in
            LogEntry(
                stream, start + Int64(index) * step, message.replacing("{{.i}}", with: "\(index)"), metadata: metadata)
        }
    }

    private static func labels(_ text: String, keepsEmpty: Bool) throws -> LabelSet {
        var pairs: [(String, String)] = []
        for pair in text.matches(of: /([A-Za-z_][A-Za-z0-9_]*)\s*=\s*("(?:[^"\\]|\\.)*")/) {
            pairs.append((String(pair.1), try JSONDecoder().decode(String.self, from: Data(pair.2.utf8))))
        }
        var packed: [UInt8] = []
        for (name, value) in pairs.sorted(by: { $0.0 < $1.0 }) where keepsEmpty || !value.isEmpty {
            LabelSet.appendRun(name.utf8, to: &packed)
            LabelSet.appendRun(value.utf8, to: &packed)
        }
        return LabelSet(canonical: packed)
    }

    private static func duration(_ text: String) throws -> Int64 {
        if text == "0" { return 0 }
        let units: [String: Double] = ["ns": 1, "us": 1e3, "ms": 1e6, "s": 1e9, "m": 6e10, "h": 3.6e12]
        var total = 0.0
        for part in text.matches(of: /(\d+(?:\.\d*)?)(ns|us|ms|[smh])/) {
            total += (Double(part.1) ?? .nan) * (units[String(part.2)] ?? .nan)
        }
        guard let result = Int64(exactly: text.hasPrefix("-") ? -total : total) else { throw Fault(description: "no duration: \(text)") }
        return result
    }

    // MARK: Queries

    private mutating func query(_ line: String, number: Int) throws -> Query {
        var query: Query
        if let match = line.wholeMatch(of: /eval\s+instant\s+at\s+(\S+)\s+(.+)/) {
            let time = try LogScript.duration(String(match.1))
            query = Query(line: number, text: String(match.2), start: time, end: time, step: 0, expectation: .empty)
        } else if let match = line.wholeMatch(of: /eval\s+range\s+from\s+(\S+)\s+to\s+(\S+)\s+step\s+(\S+)\s+(.+)/) {
            query = Query(
                line: number, text: String(match.4), start: try LogScript.duration(String(match.1)),
                end: try LogScript.duration(String(match.2)), step: try LogScript.duration(String(match.3)), expectation: .empty)
        } else {
            throw Fault(description: "line \(number): \(line)")
        }
        query.expectation = try LogScript.expectation(readBody(), number: number)
        return query
    }

    private static func expectation(_ body: [String], number: Int) throws -> Expectation {
        var series: [(labels: LabelSet, points: [Double?])] = []
        var isOrdered = false
        for line in body {
            if line.hasPrefix("expect fail") {
                let text = line.dropFirst("expect fail".count).drop { $0 == " " }
                return .failure(text: text.isEmpty ? "" : text.drop { $0 != ":" }.dropFirst().trimmingCharacters(in: .whitespaces))
            }
            if line == "expect empty" { return .empty }
            if line == "expect ordered" {
                isOrdered = true
            } else if line.hasPrefix("{"), let end = line.firstIndex(of: "}") {
                series.append((try labels(String(line[...end]), keepsEmpty: true), try points(line[line.index(after: end)...])))
            } else if let value = Double(line) {
                return .scalar(value)
            } else if !line.hasPrefix("skip ") {
                throw Fault(description: "line \(number): \(line)")
            }
        }
        if series.isEmpty { throw Fault(description: "line \(number): nothing is expected") }
        return .series(series, isOrdered: isOrdered)
    }

    private static func points(_ text: Substring) throws -> [Double?] {
        var points: [Double?] = []
        for token in text.split(separator: " ") {
            if token == "_" {
                points.append(nil)
            } else if let match = token.wholeMatch(of: /(-?[0-9.]+)([+-][0-9.]+)?x(\d+)/) {
                guard let base = Double(match.1), let count = Int(match.3) else { throw Fault(description: "no point: \(token)") }
                let step = match.2.flatMap { Double($0) } ?? 0
                for index in 0...count { points.append(base + Double(index) * step) }
            } else if let value = Double(token) {
                points.append(value)
            } else {
                throw Fault(description: "no point: \(token)")
            }
        }
        return points
    }
}
