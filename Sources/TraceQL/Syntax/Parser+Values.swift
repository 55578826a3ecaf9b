internal import QueryModel

extension Parser {
    /// Words with a meaning of their own, which cannot name a hint.
    static func isReserved(_ word: String) -> Bool {
        staticWords[word] != nil || Intrinsic.byName[word] != nil || functionWords.contains(word)
    }

    private static let functionWords: Set<String> = [
        "nil", "childCount", "rootService", "id", "traceID", "spanID", "parentID", "timeSinceStart", "version", "count", "avg", "max",
        "min",
        "sum", "by", "coalesce", "select", "rate", "count_over_time", "min_over_time", "max_over_time", "avg_over_time", "sum_over_time",
        "quantile_over_time", "histogram_over_time", "compare", "topk", "bottomk", "with",
    ]

    private static let staticWords: [String: TraceValue] = {
        var words: [String: TraceValue] = ["true": .bool(true), "false": .bool(false)]
        for status in StatusWord.allCases { words[status.rawValue] = .status(status) }
        for kind in KindWord.allCases { words[kind.rawValue] = .kind(kind) }
        return words
    }()

    /// A written value; nil, and no step, where none is next.
    mutating func parseStatic() throws(SyntaxFault) -> TraceValue? {
        let value: TraceValue
        switch token {
        case .string(let text): value = .string(text)
        case .int(let number): value = .int(number)
        case .float(let number): value = .float(number)
        case .duration(let nanoseconds): value = .duration(nanoseconds)
        case .word("minInt"): value = .int(.min)
        case .word("maxInt"): value = .int(.max)
        case .word(let word):
            guard let known = Parser.staticWords[word] else { return nil }
            value = known
        default: return nil
        }
        try advance()
        return value
    }

    /// The name of a field; nil, and no step, where none is next.
    mutating func parseFieldName() throws(SyntaxFault) -> TraceField? {
        switch token {
        case .attribute(let scope, let isParent, let name):
            try advance()
            return isParent ? .parentAttribute(scope, name) : .attribute(scope, name)
        case .word(let word):
            guard let intrinsic = Intrinsic.byName[word] else { return nil }
            try advance()
            return .intrinsic(intrinsic)
        case .scope(let scope):
            try advance()
            let names = Intrinsic.byScopedName[scope] ?? [:]
            guard case .word(let word) = token, let intrinsic = names[word] else {
                let known = names.keys.sorted().map { "\(scope):\($0)" }.joined(separator: ", ")
                throw unexpected("behind `\(scope):` stands one of \(known)")
            }
            try advance()
            return .intrinsic(intrinsic)
        default: return nil
        }
    }

    /// One or more fields, with commas between.
    mutating func parseFieldList() throws(SyntaxFault) -> [TraceField] {
        var fields: [TraceField] = []
        repeat {
            let start = range.start
            guard let field = try parseFieldName() else {
                throw unexpected("expecting a field, such as .http.method, resource.service.name or name")
            }
            try checkSupported(field, at: SourceRange(start, previousEnd))
            fields.append(field)
        } while try take(.comma)
        return fields
    }
}
