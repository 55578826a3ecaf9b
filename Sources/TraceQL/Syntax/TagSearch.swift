internal import QueryModel

/// The older way to search: attributes as `name=value`, and bounds for the duration of the trace.
enum TagSearch {
    static func query(tags: String, minDuration: String?, maxDuration: String?) throws(QueryError) -> TraceQuery {
        var bounds: [FieldExpression] = []
        let least = try duration(minDuration, "minDuration")
        let most = try duration(maxDuration, "maxDuration")
        if let least { bounds.append(.comparison(.greaterOrEqual, .field(.intrinsic(.traceDuration)), .literal(.duration(least)))) }
        if let most {
            if let least, least > most { throw QueryError(.badInput, "maxDuration must not be below minDuration") }
            bounds.append(.comparison(.lessOrEqual, .field(.intrinsic(.traceDuration)), .literal(.duration(most))))
        }
        // Each may be of another span of the trace.
        var spansets: [SpansetExpression] = []
        var names: Set<String> = []
        for (name, value) in try pairs(Array(tags.utf8)) {
            guard names.insert(name).inserted else { throw QueryError(.badInput, "invalid tags: \(name) is given twice") }
            spansets.append(.filter(all([condition(name, value)] + (spansets.isEmpty ? bounds : []))))
        }
        if spansets.isEmpty { spansets = [.filter(bounds.isEmpty ? .literal(.bool(true)) : all(bounds))] }
        if spansets.count > Parser.depthMax { throw QueryError(.badInput, "invalid tags: these are more than \(Parser.depthMax)") }
        let first = spansets.removeFirst()
        return TraceQuery(.search([.spanset(spansets.reduce(first) { .operation(.and, $0, $1) })]))
    }

    private static func all(_ conditions: [FieldExpression]) -> FieldExpression { conditions.count == 1 ? conditions[0] : .all(conditions) }

    private static func duration(_ text: String?, _ name: String) throws(QueryError) -> Int64? {
        guard let text, !text.isEmpty else { return nil }
        guard let duration = DurationText.parse(text.utf8) else {
            throw QueryError(.badInput, "invalid \(name): write a duration such as 200ms or 1.5s, not \(text)")
        }
        return duration
    }

    /// Some names mean what is built in.
    private static func condition(_ name: String, _ value: String) -> FieldExpression {
        func equals(_ field: TraceField, _ literal: TraceValue) -> FieldExpression { .comparison(.equal, .field(field), .literal(literal)) }
        switch name {
        case "name": return equals(.intrinsic(.name), .string(value))
        case "root.name": return equals(.intrinsic(.rootName), .string(value))
        case "root.service.name": return equals(.intrinsic(.rootServiceName), .string(value))
        case "service.name": return equals(.attribute(.resource, "service.name"), .string(value))
        case "status.code", "status":
            if let word = StatusWord(rawValue: value) { return equals(.intrinsic(.status), .status(word)) }
        case "error":
            if value == "true" { return equals(.intrinsic(.status), .status(.error)) }
        default: break
        }
        // The text says nothing of the type that the value was sent with.
        let field = TraceField.attribute(nil, name)
        var forms = [equals(field, .string(value))]
        if let number = Int64(value) {
            forms.append(equals(field, .int(number)))
        } else if let number = Double(value), number.isFinite {
            forms.append(equals(field, .float(number)))
        }
        if value == "true" || value == "false" { forms.append(equals(field, .bool(value == "true"))) }
        return forms.count == 1 ? forms[0] : .any(forms)
    }

    /// Reads `name=value name="value with spaces"`; a name alone has an empty value.
    private static func pairs(_ text: [UInt8]) throws(QueryError) -> [(name: String, value: String)] {
        var pairs: [(name: String, value: String)] = []
        var position = 0
        func fault(_ message: String) -> QueryError { QueryError(.badInput, "invalid tags: \(message) at byte \(position + 1)") }
        while position < text.count {
            if text[position] <= 0x20 {
                position += 1
                continue
            }
            let start = position
            while position < text.count, text[position] > 0x20, text[position] != UInt8(ascii: "="), text[position] != UInt8(ascii: "\"") {
                position += 1
            }
            if position == start { throw fault("expecting a name") }
            let name = String(decoding: text[start..<position], as: UTF8.self)
            guard position < text.count, text[position] == UInt8(ascii: "=") else {
                if position < text.count, text[position] == UInt8(ascii: "\"") { throw fault("unexpected double quote") }
                pairs.append((name, ""))
                continue
            }
            position += 1
            var value: [UInt8] = []
            if position < text.count, text[position] == UInt8(ascii: "\"") {
                position += 1
                var isClosed = false
                while position < text.count, !isClosed {
                    switch text[position] {
                    case UInt8(ascii: "\""): isClosed = true
                    case UInt8(ascii: "\\"):
                        position += 1
                        if position < text.count { value.append(unescaped(text[position])) }
                    default: value.append(text[position])
                    }
                    position += 1
                }
                if !isClosed { throw fault("a quoted value has no end") }
            } else {
                while position < text.count, text[position] > 0x20 {
                    if text[position] == UInt8(ascii: "=") || text[position] == UInt8(ascii: "\"") {
                        throw fault("unexpected character in a value")
                    }
                    value.append(text[position])
                    position += 1
                }
            }
            pairs.append((name, String(decoding: value, as: UTF8.self)))
        }
        return pairs
    }

    private static func unescaped(_ byte: UInt8) -> UInt8 {
        switch byte {
        case UInt8(ascii: "n"): 0x0a
        case UInt8(ascii: "r"): 0x0d
        case UInt8(ascii: "t"): 0x09
        default: byte
        }
    }
}
