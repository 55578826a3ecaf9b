/// How grave an entry is, as `detected_level` says it.
public enum LogLevel: UInt8, Sendable, CaseIterable {
    case unknown, trace, debug, info, warn, error, critical, fatal

    /// The level as a value of `detected_level`.
    public var name: String { String(decoding: bytes, as: UTF8.self) }

    /// The bytes of ``name``, without a string being made.
    var bytes: [UInt8] { LogLevel.names[Int(rawValue)] }

    private static let names: [[UInt8]] = allCases.map { Array("\($0)".utf8) }

    /// The level that a word stands for, however its letters are written; nil for other words.
    init?(word: UnsafeBufferPointer<UInt8>) {
        guard word.count >= 3, word.count <= 11, let level = LogLevel.words.first(where: { LogLevel.equal(word, $0.word) })?.level else {
            return nil
        }
        self = level
    }

    /// The level of OpenTelemetry's severity number (Logs Data Model, "Field: SeverityNumber").
    public init(severityNumber: Int) {
        switch severityNumber {
        case 1...4: self = .trace
        case 5...8: self = .debug
        case 9...12: self = .info
        case 13...16: self = .warn
        case 17...20: self = .error
        case 21...24: self = .fatal
        default: self = .unknown
        }
    }

    private static let words: [(word: StaticString, level: LogLevel)] = [
        ("info", .info), ("error", .error), ("warn", .warn), ("debug", .debug), ("warning", .warn), ("trace", .trace), ("err", .error),
        ("inf", .info), ("information", .info), ("dbg", .debug), ("wrn", .warn), ("trc", .trace), ("critical", .critical),
        ("fatal", .fatal),
    ]

    private static func equal(_ text: UnsafeBufferPointer<UInt8>, _ word: StaticString) -> Bool {
        guard text.count == word.utf8CodeUnitCount else { return false }
        return word.withUTF8Buffer { word in
            for index in 0..<word.count where text[index] | 0x20 != word[index] { return false }
            return true
        }
    }

    // MARK: - Words of a line

    /// The level that the first word of a line says that is the name of one; ``unknown`` where there is none.
    ///
    /// A word counts where a blank, a bracket, a quote, `=` or `|` stands before it, or nothing, and behind it one of these, a comma, a colon or
    /// an exclamation mark, or nothing.
    init(line: UnsafeBufferPointer<UInt8>) {
        self = .unknown
        guard !line.isEmpty else { return }
        var isBoundary = true
        for index in 0..<line.count {
            let byte = line[index]
            if isBoundary, let level = LogLevel.word(at: index, of: line) {
                self = level
                return
            }
            isBoundary = LogLevel.isLeftBoundary(byte)
        }
    }

    private static func word(at index: Int, of line: UnsafeBufferPointer<UInt8>) -> LogLevel? {
        switch line[index] | 0x20 {
        case UInt8(ascii: "t"): matches("trace", at: index, of: line) ? .trace : nil
        case UInt8(ascii: "d"): matches("debug", at: index, of: line) ? .debug : nil
        case UInt8(ascii: "f"): matches("fatal", at: index, of: line) ? .fatal : nil
        case UInt8(ascii: "c"): matches("critical", at: index, of: line) ? .critical : nil
        case UInt8(ascii: "e"): matches("error", at: index, of: line) || matches("err", at: index, of: line) ? .error : nil
        case UInt8(ascii: "w"): matches("warning", at: index, of: line) || matches("warn", at: index, of: line) ? .warn : nil
        case UInt8(ascii: "i"): matches("info", at: index, of: line) ? .info : nil
        default: nil
        }
    }

    private static func matches(_ word: StaticString, at start: Int, of line: UnsafeBufferPointer<UInt8>) -> Bool {
        let end = start + word.utf8CodeUnitCount
        guard end <= line.count else { return false }
        let isWord = word.withUTF8Buffer { word in
            for index in 0..<word.count where line[start + index] | 0x20 != word[index] { return false }
            return true
        }
        return isWord && (end == line.count || isRightBoundary(line[end]))
    }

    private static func isLeftBoundary(_ byte: UInt8) -> Bool {
        switch byte {
        case 0x20, 0x09, 0x0a, UInt8(ascii: "["), UInt8(ascii: "("), UInt8(ascii: "{"), UInt8(ascii: "\""), UInt8(ascii: "'"),
            UInt8(ascii: "="), UInt8(ascii: "|"):
            true
        default: false
        }
    }

    private static func isRightBoundary(_ byte: UInt8) -> Bool {
        switch byte {
        case UInt8(ascii: "]"), UInt8(ascii: ")"), UInt8(ascii: "}"), UInt8(ascii: ":"), UInt8(ascii: ","), UInt8(ascii: "!"): true
        default: isLeftBoundary(byte)
        }
    }
}
