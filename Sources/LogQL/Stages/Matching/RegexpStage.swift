internal import LinearRegex

/// `| regexp`: the named groups of the first match become labels.
struct RegexpStage: Sendable {
    private let pattern: LinearPattern
    /// The groups with names, by number.
    private let groups: [(number: Int, name: CaptureName)]

    init(_ expression: String) throws(StageError) {
        do { pattern = try LinearPattern(expression, anchored: false) } catch { throw StageError(error.description) }
        var groups: [(number: Int, name: CaptureName)] = []
        var seen: Set<String> = []
        for (number, name) in pattern.groupNames.enumerated() {
            guard let name else { continue }
            guard seen.insert(name).inserted else { throw StageError("duplicate extracted label name '\(name)'") }
            var sanitized: [UInt8] = []
            LabelNames.appendSanitized(Array(name.utf8)[...], to: &sanitized)
            groups.append((number, CaptureName(sanitized)))
        }
        guard !groups.isEmpty else { throw StageError("at least one named capture must be supplied") }
        self.groups = groups
    }

    func run(on context: inout LineContext) {
        guard !context.isSatisfied else { return }
        let line = context.line
        line.withBytes { bytes in
            guard let match = pattern.firstMatch(in: bytes) else { return }
            for (number, name) in groups {
                let resolved = name.resolved(in: context)
                guard context.isWanted(resolved) else { continue }
                let range = match.groups[number] ?? 0..<0
                resolved.withUnsafeBytes { context.set($0, to: UnsafeRawBufferPointer(rebasing: bytes[range])) }
            }
        }
    }
}
