/// What JSON lines have in common that are alike but for their leaves: the text around the leaves, byte for byte.
struct LineShape: Sendable, Hashable {
    /// The text before each leaf, and behind the last one: one more than there are leaves.
    var literals: [[UInt8]] = []
    var kinds: [UInt8] = []
    /// Of each leaf the column that its values are in.
    var columns: [Int32] = []

    var leafCount: Int { kinds.count }

    /// For each leaf its keys from the outside inwards, as they are written.
    ///
    /// Nil where the literals are not those of a JSON object.
    func paths() -> [[[UInt8]]]? {
        // The line with the shortest leaf of each kind.
        var line: [UInt8] = []
        for leaf in kinds.indices {
            line += literals[leaf]
            switch LineScanner.Kind(rawValue: kinds[leaf]) {
            case .string: break
            case .number: line.append(0x30)
            case .boolean: line += Array("true".utf8)
            case .null: line += Array("null".utf8)
            case .array: line += [0x5b, 0x5d]
            case nil: return nil
            }
        }
        line += literals.last ?? []
        var stack: [[UInt8]] = []
        var paths: [[[UInt8]]] = []
        var found: [UInt8] = []
        let isObject = line.withUnsafeBytes { bytes in
            guard let base = bytes.baseAddress else { return false }
            return LineScanner.scan(Run(base: base, count: bytes.count)) { event in
                switch event {
                case .key(let start, let end): stack.append(Array(bytes[start..<end]))
                case .leaf(let kind, _, _):
                    paths.append(stack)
                    found.append(kind.rawValue)
                    if !stack.isEmpty { stack.removeLast() }
                case .objectEnd: if !stack.isEmpty { stack.removeLast() }
                }
            }
        }
        return isObject && found == kinds ? paths : nil
    }
}
