/// `| json`: each string, number and truth value of a JSON object becomes a label. Names of values within objects are those of the objects
/// and their own, joined by `_`; nulls and arrays are passed over.
struct JSONStage {
    /// Beyond any log line that means something.
    static let depthMax = 128
    private static let pathsMax = 10_000

    /// The name that is being made: those of the objects around, and the member's.
    private var name: [UInt8] = []
    private var scratch: [UInt8] = []
    private let capturesPaths: Bool
    private var path: [[UInt8]] = []
    /// Where labels come from: the keys, as they stand in the line, of each label that was set since the stage was made, up to some
    /// thousands of them. Only kept where asked for.
    private(set) var paths: [[UInt8]: [[UInt8]]] = [:]

    /// - Parameter capturesPaths: whether ``paths`` are kept.
    init(capturesPaths: Bool = false) { self.capturesPaths = capturesPaths }

    mutating func run(on context: inout LineContext) {
        guard !context.isSatisfied else { return }
        let line = context.line
        name.removeAll(keepingCapacity: true)
        path.removeAll(keepingCapacity: true)
        do {
            _ = try walk(JSONScan(bytes: line.bytes), line.range, depth: 0, &context)
        } catch {
            context.setParserError(.json, details: error.rawValue)
        }
    }

    /// Walks an object. False where all that is wanted was found, so that what stands behind it does not matter.
    private mutating func walk(_ scan: JSONScan, _ range: Range<Int>, depth: Int, _ context: inout LineContext) throws(JSONFault) -> Bool {
        guard depth < JSONStage.depthMax else { throw .nestedTooDeep }
        let prefixCount = name.count
        var members = try JSONMembers(scan, range)
        while let value = try members.next() {
            name.removeSubrange(prefixCount...)
            if value.kind == .null || value.kind == .array { continue }
            try appendKey(of: members, isNested: depth > 0)
            if value.kind != .object {
                set(value, scan, &context)
            } else if name.withUnsafeBytes({ context.wanted.contains(prefix: $0) }) {
                guard try walk(scan, value.range, depth: depth + 1, &context) else { return false }
            }
            if capturesPaths { path.removeLast() }
            if context.isSatisfied { return false }
        }
        name.removeSubrange(prefixCount...)
        return true
    }

    /// Appends the name of the member to that of the objects around it.
    private mutating func appendKey(of members: JSONMembers, isNested: Bool) throws(JSONFault) {
        var key = members.scan.bytes[members.key]
        if members.keyHasEscapes {
            scratch.removeAll(keepingCapacity: true)
            guard JSONEscapes.append(key, to: &scratch) else { throw .malformedEscape }
            key = scratch[...]
        }
        if capturesPaths { path.append(Array(key)) }
        if isNested, !name.isEmpty, !LabelNames.trimmed(key).isEmpty { name.append(UInt8(ascii: "_")) }
        LabelNames.appendSanitized(key, to: &name)
    }

    private mutating func set(_ value: JSONScan.Value, _ scan: JSONScan, _ context: inout LineContext) {
        guard !name.isEmpty else { return }
        if context.isTaken(name) { name.append(contentsOf: SpecialLabel.extractedSuffix) }
        guard context.isWanted(name) else { return }
        if capturesPaths, paths.count < JSONStage.pathsMax || paths[name] != nil { paths[name] = path }
        context.set(name, from: scan, value, scratch: &scratch)
    }
}
