internal import TelemetryModel

/// The names that `| json` gives to the leaves of a shape.
struct ShapeLeaves: Sendable {
    struct Leaf: Sendable {
        /// Without the suffix that it gets where the name is taken.
        var name: [UInt8]
        /// Its place in the shape.
        var place: Int
    }

    /// Those that become labels, in the order of the text.
    let leaves: [Leaf]
    /// Whether the parser reads lines of the shape without an error.
    let isReadable: Bool

    init(_ shape: DocumentShape) {
        isReadable = shape.leaves.allSatisfy { leaf in
            leaf.path.count <= JSONStage.depthMax && leaf.path.allSatisfy { !$0.unicodeScalars.contains("\u{fffd}") }
        }
        leaves = shape.leaves.enumerated().compactMap { place, leaf in
            if leaf.kind == .null || leaf.kind == .array { return nil }
            var name: [UInt8] = []
            for (depth, key) in leaf.path.enumerated() {
                let key = Array(key.utf8)[...]
                if depth > 0, !name.isEmpty, !LabelNames.trimmed(key).isEmpty { name.append(UInt8(ascii: "_")) }
                LabelNames.appendSanitized(key, to: &name)
            }
            return name.isEmpty ? nil : Leaf(name: name, place: place)
        }
    }
}
