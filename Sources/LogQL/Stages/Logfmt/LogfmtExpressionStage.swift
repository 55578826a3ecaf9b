/// `| logfmt first="a", second="b"`: labels from some pairs of a logfmt line.
struct LogfmtExpressionStage {
    private let names: [CaptureName]
    /// Of each label the name of the pair.
    private let keys: [[UInt8]]
    private let isStrict: Bool
    private var name: [UInt8] = []

    /// - Parameter expressions: the name of each label, and that of the pair.
    init(_ expressions: [(name: String, expression: String)], isStrict: Bool = false) throws(StageError) {
        guard !expressions.isEmpty else { throw StageError("no logfmt expression provided") }
        var names: [CaptureName] = []
        var keys: [[UInt8]] = []
        for (name, expression) in expressions {
            keys.append(try LogfmtExpressionStage.key(expression))
            guard !name.isEmpty else { throw StageError("invalid extracted label name '\(name)'") }
            names.append(CaptureName(Array(name.utf8)))
        }
        self.names = names
        self.keys = keys
        self.isStrict = isStrict
    }

    mutating func run(on context: inout LineContext) {
        guard !context.isSatisfied else { return }
        // Labels that the line has no pair for are there, and empty.
        for name in names where !context.isTaken(name.plain) { context.set(name.plain, to: [] as [UInt8]) }
        var decoder = LogfmtDecoder(context.line)
        while !decoder.isAtEnd {
            guard decoder.next() else {
                if isStrict { break }
                continue
            }
            name.removeAll(keepingCapacity: true)
            LabelNames.appendSanitized(decoder.keyBytes, to: &name)
            guard !name.isEmpty else { continue }
            let value = UTF8Text.hasReplacement(decoder.valueBytes) ? [] : decoder.valueBytes
            var isFound = false
            for (index, key) in keys.enumerated() where key == name {
                isFound = true
                set(names[index], to: value, &context)
            }
            // A pair that is named as the label counts as well, as in Loki.
            if !isFound, let index = names.firstIndex(where: { $0.plain == name }) { set(names[index], to: value, &context) }
        }
        if isStrict, let fault = decoder.fault { context.setParserError(.logfmt, details: fault) }
    }

    /// Of equal pairs the last one counts; the first one where the name is taken.
    private func set(_ name: CaptureName, to value: ArraySlice<UInt8>, _ context: inout LineContext) {
        if !context.isTaken(name.plain) {
            context.set(name.plain, to: value)
        } else if context.isWanted(name.suffixed) {
            context.set(name.suffixed, to: value)
        }
    }

    /// The name of a pair as an expression says it: an identifier, or a name in quotes.
    private static func key(_ expression: String) throws(StageError) -> [UInt8] {
        func fault(_ what: String) -> StageError { StageError("cannot parse expression [\(expression)]: \(what)") }
        let text = Array(expression.utf8)
        var position = 0
        func skipBlanks() { while position < text.count, [0x20, 0x09, 0x0a].contains(text[position]) { position += 1 } }
        skipBlanks()
        guard position < text.count else { throw fault("syntax error: unexpected $end, expecting STRING or KEY") }
        let start: Int
        let end: Int
        if text[position] == UInt8(ascii: "\"") {
            start = position + 1
            end = text[start...].firstIndex { $0 == UInt8(ascii: "\"") || $0 == UInt8(ascii: "]") } ?? text.count
            position = min(end + 1, text.count)
        } else {
            start = position
            while position < text.count, isIdentifier(text[position]), position > start || !(0x30...0x39).contains(text[position]) {
                position += 1
            }
            end = position
        }
        skipBlanks()
        guard position == text.count, end > start else {
            let rest = String(decoding: text[min(position, text.count)...], as: UTF8.self)
            throw fault(rest.first.map { "unexpected char \($0)" } ?? "syntax error: unexpected $end")
        }
        return Array(text[start..<end])
    }

    private static func isIdentifier(_ byte: UInt8) -> Bool {
        byte == UInt8(ascii: "_") || (0x30...0x39).contains(byte) || (0x61...0x7a).contains(byte | 0x20)
    }
}
