/// `| unpack`: undoes the pack stage of Loki's agents. The strings of a JSON object become labels, and the one named `_entry` the line; where it
/// is missing, nothing was packed and nothing changes.
struct UnpackStage {
    private static let entryKey = Array("_entry".utf8)

    private var entry: [UInt8] = []
    private var name: [UInt8] = []
    private var key: [UInt8] = []
    private var scratch: [UInt8] = []
    /// The labels found, as pairs of name and value, one text after the other.
    private var found: [UInt8] = []
    private var ends: [Int] = []

    init() {}

    mutating func run(on context: inout LineContext) {
        let line = context.line
        guard line.count > 0, !context.isSatisfied else { return }
        guard line.bytes[line.range.lowerBound] == UInt8(ascii: "{") else {
            return context.setParserError(.json, details: "expecting json object(6), but it is not")
        }
        found.removeAll(keepingCapacity: true)
        ends.removeAll(keepingCapacity: true)
        do {
            guard try collect(JSONScan(bytes: line.bytes), line.range, context) else { return }
        } catch {
            return context.setParserError(.json, details: error.rawValue)
        }
        var start = 0
        for index in stride(from: 0, to: ends.count, by: 2) {
            context.set(Array(found[start..<ends[index]]), to: found[ends[index]..<ends[index + 1]])
            start = ends[index + 1]
        }
        context.setLine { $0.append(contentsOf: entry) }
    }

    /// Collects the labels and the entry; false where there is no entry.
    private mutating func collect(_ scan: JSONScan, _ range: Range<Int>, _ context: LineContext) throws(JSONFault) -> Bool {
        var hasEntry = false
        var members = try JSONMembers(scan, range)
        while let value = try members.next() {
            key.removeAll(keepingCapacity: true)
            guard JSONEscapes.append(scan.bytes[members.key], to: &key) else { throw .malformedEscape }
            guard value.kind == .string else { continue }
            if key == UnpackStage.entryKey {
                entry.removeAll(keepingCapacity: true)
                guard JSONEscapes.append(scan.bytes[value.range], to: &entry) else { throw .malformedEscape }
                hasEntry = true
                continue
            }
            if context.isTaken(key) { key.append(contentsOf: SpecialLabel.extractedSuffix) }
            guard context.isWanted(key) else { continue }
            name.removeAll(keepingCapacity: true)
            LabelNames.appendSanitized(key[...], to: &name)
            guard !name.isEmpty else { continue }
            found.append(contentsOf: name)
            ends.append(found.count)
            JSONEscapes.appendValue(scan.bytes[value.range], hasEscapes: value.hasEscapes, scratch: &scratch, to: &found)
            ends.append(found.count)
        }
        return hasEntry
    }
}
