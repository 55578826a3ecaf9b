/// `| pattern`: labels from what stands between the literals of a pattern. A line that does not start as the pattern does gives none; where a
/// literal is missing, the capture before it takes the rest of the line and no further label is set.
struct PatternStage: Sendable {
    private let parts: [PatternExpression.Part]
    /// The names of named captures, in order.
    private let names: [CaptureName]

    init(_ pattern: String) throws(StageError) {
        let expression = try PatternExpression.forExtraction(pattern)
        parts = expression.parts
        names = expression.names.map { CaptureName(Array($0.utf8)) }
    }

    func run(on context: inout LineContext) {
        guard !context.isSatisfied else { return }
        let line = context.line
        line.withBytes { bytes in
            guard !bytes.isEmpty else { return }
            var position = 0
            var part = 0
            var name = 0
            if case .literal(let literal) = parts[0] {
                guard ByteSearch.hasPrefix(literal, bytes) else { return }
                position = literal.count
                part = 1
            }
            while part < parts.count {
                guard case .capture(let captured) = parts[part] else { return }
                var end = bytes.count
                var next = bytes.count
                if part + 1 < parts.count, case .literal(let literal) = parts[part + 1],
                    let found = ByteSearch.firstIndex(of: literal, in: bytes, from: position)
                {
                    end = found
                    next = found + literal.count
                    part += 2
                } else {
                    part = parts.count
                }
                if captured != nil {
                    set(names[name], to: UnsafeRawBufferPointer(rebasing: bytes[position..<end]), &context)
                    name += 1
                }
                position = next
            }
        }
    }

    private func set(_ name: CaptureName, to value: UnsafeRawBufferPointer, _ context: inout LineContext) {
        let resolved = name.resolved(in: context)
        guard context.isWanted(resolved) else { return }
        resolved.withUnsafeBytes { context.set($0, to: value) }
    }
}
