/// What parsers share when they set labels.
extension LineContext {
    /// Sets a label to a value of a JSON text: a string without its escapes, anything else as it stands there.
    ///
    /// - Parameter scratch: is overwritten.
    mutating func set(_ name: [UInt8], from scan: JSONScan, _ value: JSONScan.Value, scratch: inout [UInt8]) {
        name.withUnsafeBytes { name in
            set(name) { output in
                if value.kind == .string {
                    JSONEscapes.appendValue(scan.bytes[value.range], hasEscapes: value.hasEscapes, scratch: &scratch, to: &output)
                } else {
                    output.append(contentsOf: scan.bytes[value.range])
                }
            }
        }
    }

    /// Sets a label to a part of a line as it is.
    mutating func set(_ name: [UInt8], to value: ArraySlice<UInt8>) {
        name.withUnsafeBytes { name in set(name) { $0.append(contentsOf: value) } }
    }

    func isTaken(_ name: [UInt8]) -> Bool { name.withUnsafeBytes { isTaken($0) } }

    func isWanted(_ name: [UInt8]) -> Bool { name.withUnsafeBytes { isWanted($0) } }
}

/// A name that a query gives to what a parser extracts, and the one that is used where the first is taken.
struct CaptureName: Sendable {
    let plain: [UInt8]
    let suffixed: [UInt8]

    init(_ name: [UInt8]) {
        plain = name
        suffixed = name + SpecialLabel.extractedSuffix
    }

    /// The name that a label gets in a line.
    func resolved(in context: LineContext) -> [UInt8] { context.isTaken(plain) ? suffixed : plain }
}
