/// `| json first="a.b", second="c[0]"`: labels from the values at some places of a JSON text.
struct JSONExpressionStage {
    private let names: [CaptureName]
    private let paths: [JSONPath]
    private var scratch: [UInt8] = []

    /// - Parameter expressions: the name of each label, and where its value stands.
    init(_ expressions: [(name: String, expression: String)]) throws(StageError) {
        var names: [CaptureName] = []
        var paths: [JSONPath] = []
        for (name, expression) in expressions {
            paths.append(try JSONPath(expression))
            guard !name.isEmpty else { throw StageError("invalid extracted label name '\(name)'") }
            names.append(CaptureName(Array(name.utf8)))
        }
        self.names = names
        self.paths = paths
    }

    mutating func run(on context: inout LineContext) {
        let line = context.line
        guard line.count > 0, !context.isSatisfied else { return }
        switch line.bytes[line.range.lowerBound] {
        case UInt8(ascii: "\""), UInt8(ascii: "{"), UInt8(ascii: "["): break
        default: return context.setParserError(.json, details: nil)
        }
        let scan = JSONScan(bytes: line.bytes)
        for (name, path) in zip(names, paths) {
            do {
                let start = scan.nextToken(line.range.lowerBound, line.range.upperBound) ?? line.range.lowerBound
                if let value = try find(path.steps[...], scan, from: start, line.range.upperBound) {
                    set(name.resolved(in: context), value, scan, &context)
                } else if context.find(name.plain) == nil {
                    context.set(name.plain, to: [] as [UInt8])
                }
            } catch {
                context.setParserError(.json, details: error.rawValue)
                if context.find(name.plain) == nil { context.set(name.plain, to: [] as [UInt8]) }
            }
        }
    }

    private mutating func set(_ name: [UInt8], _ value: JSONScan.Value, _ scan: JSONScan, _ context: inout LineContext) {
        switch value.kind {
        case .null: context.set(name, to: [] as [UInt8])
        case .object: context.set(name, to: scan.bytes[value.range])
        default:
            var value = value
            // Loki takes the escapes out of arrays as well.
            value.hasEscapes = value.kind == .string ? value.hasEscapes : scan.bytes[value.range].contains(UInt8(ascii: "\\"))
            value.kind = .string
            context.set(name, from: scan, value, scratch: &scratch)
        }
    }

    /// The value at the end of a path that starts in the object or array at an index; nil where there is none. A text that ends early has the
    /// values that stand before its end; only a value that is asked for has to be whole.
    private mutating func find(
        _ steps: ArraySlice<JSONPath.Step>, _ scan: JSONScan, from start: Int, _ end: Int
    ) throws(JSONFault) -> JSONScan.Value? {
        guard let step = steps.first, start < end else { return nil }
        let rest = steps.dropFirst()
        switch (step, scan.bytes[start]) {
        case (.key(let wanted), UInt8(ascii: "{")): return try find(member: wanted, rest, scan, from: start, end)
        case (.index(let wanted), UInt8(ascii: "[")):
            var elements = JSONElements(scan, start..<end)
            var index = 0
            while let value = elements.next() {
                if index == wanted {
                    return rest.isEmpty ? value : try find(rest, scan, from: value.range.lowerBound, value.range.upperBound)
                }
                index += 1
            }
            return nil
        default: return nil
        }
    }

    private mutating func find(
        member wanted: [UInt8], _ rest: ArraySlice<JSONPath.Step>, _ scan: JSONScan, from start: Int, _ end: Int
    ) throws(JSONFault) -> JSONScan.Value? {
        var position = start + 1
        while let quote = scan.nextToken(position, end), scan.bytes[quote] == UInt8(ascii: "\"") {
            guard let key = scan.stringEnd(quote + 1, end), let colon = scan.nextToken(key.end + 1, end),
                scan.bytes[colon] == UInt8(ascii: ":"), let valueStart = scan.nextToken(colon + 1, end)
            else { return nil }
            let isWanted = equals(scan.bytes[quote + 1..<key.end], hasEscapes: key.hasEscapes, wanted)
            if isWanted, !rest.isEmpty {
                if let value = try find(rest, scan, from: valueStart, end) { return value }
            } else if isWanted {
                return try scan.value(valueStart, end)
            }
            guard let value = try? scan.value(valueStart, end), let next = scan.nextToken(value.end, end),
                scan.bytes[next] == UInt8(ascii: ",")
            else { return nil }
            position = next + 1
        }
        return nil
    }

    private mutating func equals(_ key: ArraySlice<UInt8>, hasEscapes: Bool, _ wanted: [UInt8]) -> Bool {
        guard hasEscapes else { return key.elementsEqual(wanted) }
        scratch.removeAll(keepingCapacity: true)
        return JSONEscapes.append(key, to: &scratch) && scratch == wanted
    }
}
