internal import CivilCalendar
internal import TelemetryModel

/// Log lines for a person: time, level, service and message, the rest dimmed behind it.
struct LogTextRenderer: Sendable {
    let terminal: Terminal
    /// Whether lines are cut off at the width of the terminal.
    let isCut: Bool
    private let shown: ShownText
    /// The widest service so far, so that messages stand below each other.
    private var serviceWidth = 0

    private static let serviceWidthMax = 24
    private static let levelWidth = 5

    init(terminal: Terminal, isCut: Bool = false) {
        self.terminal = terminal
        self.isCut = isCut
        shown = ShownText(for: terminal)
    }

    /// Makes room for the services of lines to come.
    mutating func measure(_ entries: some Sequence<LogEntry>) {
        for entry in entries { serviceWidth = max(serviceWidth, min(displayWidth(shown(entry.service)), LogTextRenderer.serviceWidthMax)) }
    }

    /// - Parameter isContext: whether the line only stands around one that was looked for.
    func render(_ entry: LogEntry, isContext: Bool = false) -> String {
        var content = LogContent(entry)
        let level = LogLevel(content.level)
        var row = StyledLine()
        row.add(LogTextRenderer.time(entry.time) + "  ", "2")
        row.add(padded(shown(String(level.name.prefix(LogTextRenderer.levelWidth))), to: LogTextRenderer.levelWidth) + "  ", level.style)
        let service = truncated(shown(entry.service), to: LogTextRenderer.serviceWidthMax, hasUnicode: terminal.hasUnicode)
        row.add(padded(service, to: serviceWidth) + "  ", isContext ? "2" : "36")
        let indent = "\n" + String(repeating: " ", count: 4)
        if isCut { content.message = content.message.replacing("\n", with: " ") }
        let message = content.message.split(separator: "\n", omittingEmptySubsequences: false).map { shown(String($0)) }
        row.add(message.joined(separator: indent), isContext ? "2" : level.messageStyle)
        for field in content.rest { row.add("  " + shown(field.name) + "=" + shown(LogTextRenderer.value(field.value)), "2") }
        return row.rendered(terminal, width: isCut ? max(40, terminal.width) : .max) + "\n"
    }

    /// In milliseconds, in UTC.
    static func time(_ nanoseconds: Int64) -> String { RFC3339.text(CivilTime(nanoseconds: nanoseconds), fraction: .digits(3)) }

    /// In quotes where it would not be clear where it ends.
    private static func value(_ text: String) -> String {
        text.isEmpty || text.contains { $0 == " " || $0 == "\"" || $0 == "=" } ? quoted(text) : text
    }
}

/// What a log line says, taken apart for a reader.
struct LogContent: Sendable, Hashable {
    var level: String
    var message: String
    var rest: [LogFields.Field]

    private static let messageNames = ["msg", "message", "body", "log", "event", "short_message"]
    private static let levelNames = ["level", "lvl", "severity", "severity_text", "loglevel", "log.level", "@level"]
    private static let timeNames = ["ts", "time", "timestamp", "@timestamp", "t", "@t", "datetime"]
    /// Metadata that says nothing which the line does not show already.
    private static let silentNames: Set<String> = [
        "detected_level", "severity_text", "severity_number", "observed_timestamp", "service_name",
    ]

    init(_ entry: LogEntry) {
        rest = []
        level = entry.level ?? ""
        message = entry.line
        var fields = LogFields(entry.line)
        if fields != nil {
            let own = fields?.remove(anyOf: LogContent.levelNames)
            if level.isEmpty || level == "unknown" { level = own ?? level }
            _ = fields?.remove(anyOf: LogContent.timeNames)
            for name in ["service", "service_name", "service.name"] {
                if let field = fields?.fields.first(where: { $0.name == name }), field.value == entry.service {
                    _ = fields?.remove(anyOf: [name])
                }
            }
            message = fields?.remove(anyOf: LogContent.messageNames) ?? ""
            rest = fields?.fields ?? []
        }
        for label in entry.metadata where !LogContent.silentNames.contains(label.name) && fields?.contains(label.name) != true {
            rest.append(.init(name: label.name, value: label.value))
        }
        // What a parser took from the line stands in it.
        for label in entry.parsed where !entry.line.contains(label.value) && !LogContent.silentNames.contains(label.name) {
            rest.append(.init(name: label.name, value: label.value))
        }
        while message.last?.isNewline == true { message.removeLast() }
    }

    /// What a line alone says, without what was sent beside it: its message with its other fields behind it.
    ///
    /// - Parameter names: of fields that are left out.
    static func text(ofLine entry: LogEntry, without names: Set<String>) -> String {
        let content = LogContent(LogEntry(time: entry.time, line: entry.line, stream: entry.stream))
        let rest = content.rest.filter { !names.contains($0.name) }.map { "\($0.name)=\($0.value)" }
        return ([content.message] + rest).filter { !$0.isEmpty }.joined(separator: "  ")
    }
}

/// How grave a line is, by the word that says it.
enum LogLevel: Sendable, Hashable {
    case fatal, error, warning, info, debug, trace
    case other(String)

    init(_ word: String) {
        switch word.lowercased() {
        case "fatal", "critical", "crit", "emerg", "emergency", "alert", "panic": self = .fatal
        case "error", "err", "eror", "e": self = .error
        case "warn", "warning", "w": self = .warning
        case "info", "information", "informational", "notice", "i": self = .info
        case "debug", "dbg", "d", "verbose": self = .debug
        case "trace", "trc": self = .trace
        case "unknown": self = .other("")
        case let other: self = .other(other)
        }
    }

    /// At most five letters where it is known.
    var name: String {
        switch self {
        case .fatal: "FATAL"
        case .error: "ERROR"
        case .warning: "WARN"
        case .info: "INFO"
        case .debug: "DEBUG"
        case .trace: "TRACE"
        case .other(let word): word.uppercased()
        }
    }

    var style: String {
        switch self {
        case .fatal: "1;31"
        case .error: "31"
        case .warning: "33"
        case .info: "32"
        case .debug: "34"
        case .trace: "2"
        case .other: ""
        }
    }

    var messageStyle: String {
        switch self {
        case .fatal, .error: "31"
        case .debug, .trace: "2"
        default: ""
        }
    }
}
