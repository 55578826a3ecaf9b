internal import QueryModel
internal import TelemetryModel

/// Reads the points of a ``SeriesDescription``, from behind the labels on.
struct SeriesPointReader {
    private(set) var points: [SeriesDescription.Point?] = []
    var lexer: Lexer
    private let pointsMax: Int

    init(_ lexer: Lexer, pointsMax: Int) {
        self.lexer = lexer
        self.pointsMax = pointsMax
    }

    mutating func readAll() throws(SyntaxFault) {
        while lexer.peek() != nil {
            guard skipBlanks() else { throw unexpected(in: "series values") }
            if lexer.peek() == nil { return }
            lexer.tokenStart = lexer.position
            try readItem()
        }
    }

    private mutating func readItem() throws(SyntaxFault) {
        if lexer.accept(UInt8(ascii: "_")) {
            let count = try repetitions()
            return try append(nil, count: count ?? 1)
        }
        if lexer.peek() == UInt8(ascii: "{") { return try readHistograms() }
        let first = try value()
        var increment: Double?
        if let sign = lexer.peek(), sign == UInt8(ascii: "+") || sign == UInt8(ascii: "-") { increment = try signedNumber() }
        guard let count = try repetitions() else {
            guard increment == nil else { throw unexpected(in: "series values", expected: "\"x\"") }
            return try append(SeriesDescription.Point(value: .float(first)), count: 1)
        }
        try checkRoom(for: count, further: 1)
        var value = first
        for _ in 0...count {
            points.append(SeriesDescription.Point(value: .float(value)))
            value += increment ?? 0
        }
    }

    // MARK: Numbers

    /// A number with or without a sign, or `stale`.
    private mutating func value() throws(SyntaxFault) -> Double {
        guard let byte = lexer.peek() else { throw unexpected(in: "series values") }
        if byte == UInt8(ascii: "+") || byte == UInt8(ascii: "-") { return try signedNumber() }
        if isAlpha(byte) {
            let start = lexer.position
            let word = takeWord()
            if word == "stale" { return StaleMarker.value }
            if let number = Self.named(word) { return number }
            lexer.position = start
            throw unexpected(in: "series values", expected: "number or \"stale\"")
        }
        return try unsignedNumber()
    }

    /// A number whose sign stands at the position.
    mutating func signedNumber() throws(SyntaxFault) -> Double {
        if lexer.accept(UInt8(ascii: "-")) { return -(try unsignedNumber()) }
        _ = lexer.accept(UInt8(ascii: "+"))
        return try unsignedNumber()
    }

    mutating func unsignedNumber() throws(SyntaxFault) -> Double {
        let start = lexer.position
        if let byte = lexer.peek(), isAlpha(byte) {
            if let number = Self.named(takeWord()) { return number }
            lexer.position = start
        } else if let byte = lexer.peek(), isDigit(byte) || byte == UInt8(ascii: ".") {
            if !lexer.scanNumber(isPoint: true) { throw fault("bad number syntax: \(GoQuoting.string(text(from: start)))", from: start) }
            do throws(NumberSyntax.Failure) { return try NumberSyntax.parse(text(from: start)) } catch {
                throw fault("error parsing number: \(error.message(for: text(from: start)))", from: start)
            }
        }
        throw unexpected(in: "series values", expected: "number")
    }

    private static func named(_ word: String) -> Double? {
        switch word.lowercased() {
        case "inf": .infinity
        case "nan": .nan
        default: nil
        }
    }

    /// The number of repetitions after an `x`; nil where there is none.
    mutating func repetitions() throws(SyntaxFault) -> Int? {
        guard lexer.accept(UInt8(ascii: "x")) else { return nil }
        let start = lexer.position
        guard let byte = lexer.peek(), isDigit(byte), lexer.scanNumber(isPoint: true) else {
            throw unexpected(in: "series values", expected: "number of repetitions")
        }
        guard let count = UInt64(text(from: start)) else {
            throw fault("invalid repetition in series values: \(text(from: start))", from: start)
        }
        return Int(clamping: count)
    }

    // MARK: Points

    mutating func append(_ point: SeriesDescription.Point?, count: Int) throws(SyntaxFault) {
        try checkRoom(for: count, further: 0)
        points.append(contentsOf: repeatElement(point, count: count))
    }

    /// Refuses more points than the description may have.
    func checkRoom(for count: Int, further: Int) throws(SyntaxFault) {
        let room = pointsMax - points.count - further
        if count > room { throw fault("series description stands for more than \(pointsMax) points", from: lexer.tokenStart) }
    }

    // MARK: Text

    /// Whether there were any.
    mutating func skipBlanks() -> Bool {
        let start = lexer.position
        while let byte = lexer.peek(), isSpace(byte) { lexer.position += 1 }
        return lexer.position > start
    }

    mutating func takeWord() -> String {
        let start = lexer.position
        while let byte = lexer.peek(), isAlphanumeric(byte) || byte == UInt8(ascii: ":") { lexer.position += 1 }
        return text(from: start)
    }

    func text(from start: Int) -> String { lexer.text(SourceRange(start, lexer.position)) }

    func fault(_ message: String, from start: Int) -> SyntaxFault { SyntaxFault(message, at: SourceRange(start, lexer.position)) }

    func unexpected(in place: String, expected: String = "") -> SyntaxFault {
        let found = lexer.peek() == nil ? "end of input" : "character " + GoQuoting.scalar(lexer.peekScalar())
        let message = "unexpected \(found) in \(place)" + (expected.isEmpty ? "" : ", expected " + expected)
        return SyntaxFault(message, at: SourceRange(lexer.position, min(lexer.position + 1, lexer.text.count)))
    }
}
