/// `| logfmt`: each pair of a logfmt line becomes a label.
struct LogfmtStage {
    private let isStrict: Bool
    private let keepsEmpty: Bool
    private var name: [UInt8] = []

    /// - Parameters:
    ///   - isStrict: whether the first thing that cannot be read ends the line, and is an error. Otherwise it is stepped over.
    ///   - keepsEmpty: whether a pair without a value becomes a label, with an empty value.
    init(isStrict: Bool = false, keepsEmpty: Bool = false) {
        self.isStrict = isStrict
        self.keepsEmpty = keepsEmpty
    }

    mutating func run(on context: inout LineContext) {
        guard !context.isSatisfied else { return }
        var decoder = LogfmtDecoder(context.line)
        while !decoder.isAtEnd {
            guard decoder.next() else {
                if isStrict { break }
                continue
            }
            name.removeAll(keepingCapacity: true)
            LabelNames.appendSanitized(decoder.keyBytes, to: &name)
            guard !name.isEmpty else { continue }
            if context.isTaken(name) { name.append(contentsOf: SpecialLabel.extractedSuffix) }
            guard context.isWanted(name), keepsEmpty || !decoder.valueBytes.isEmpty else { continue }
            name.withUnsafeBytes { name in
                context.set(name) { UTF8Text.appendCleaned(decoder.valueBytes, to: &$0) }
            }
            if context.isSatisfied { break }
        }
        if isStrict, let fault = decoder.fault { context.setParserError(.logfmt, details: fault) }
    }
}
