internal import LogFormats
internal import TelemetryModel

/// Makes the canonical form of a label set out of fields as a decoder found them: names made valid, sorted, without empty values; of equal names
/// the last one with a value counts.
///
/// Entries of a sender have the same names again and again, so what was found out about the names of the last one is kept.
struct FieldPacker: Sendable {
    /// One field on its way out.
    private struct Step {
        var field: Int
        var name: Range<Int>
        /// Whether the next step has the same name.
        var isRepeated = false
        /// Whether it has the name of the further field, which stands in its place.
        var isExtra = false
    }

    /// The names that the plan is for.
    private var planned = PackedTexts()
    private var steps: [Step] = []
    /// The names as they are written.
    private var names: [UInt8] = []
    /// Where among the steps a further field stands that is written beside the others.
    private var extraPlace = 0
    private let extraName: [UInt8]
    /// The field with the extra name, if there is one.
    private(set) var extraField: Int?
    /// The field that comes first in a list of names to look for.
    private(set) var soughtField: Int?
    private let sought: [[UInt8]]
    /// For each of some names the last field that has it.
    private(set) var watchedFields: [Int?]
    private let watched: [[UInt8]]

    /// - Parameters:
    ///   - extraName: the name of a field that may be added, valid as it is.
    ///   - sought: names to look for, the most wanted first.
    ///   - watched: names whose fields are told one by one.
    init(extraName: String = "", sought: [String] = [], watched: [String] = []) {
        self.extraName = Array(extraName.utf8)
        self.sought = sought.map { Array($0.utf8) }
        self.watched = watched.map { Array($0.utf8) }
        watchedFields = [Int?](repeating: nil, count: watched.count)
    }

    /// Makes the plan for some fields.
    mutating func prepare(_ fields: LogFields) {
        if planned == fields.names, !planned.isEmpty { return }
        planned = fields.names
        steps.removeAll(keepingCapacity: true)
        names.removeAll(keepingCapacity: true)
        soughtField = nil
        for index in watched.indices { watchedFields[index] = nil }
        var soughtPlace = sought.count
        for field in 0..<fields.count {
            let range = fields.names.range(field)
            if let place = sought[..<soughtPlace].firstIndex(where: { fields.names.bytes[range].elementsEqual($0) }) {
                soughtPlace = place
                soughtField = field
            }
            if let place = watched.firstIndex(where: { fields.names.bytes[range].elementsEqual($0) }) { watchedFields[place] = field }
            let start = names.count
            FieldPacker.appendName(fields.names.bytes[range], to: &names)
            if names.count > start { insert(Step(field: field, name: start..<names.count)) }
        }
        extraField = nil
        extraPlace = 0
        for index in steps.indices {
            if index + 1 < steps.count { steps[index].isRepeated = compare(steps[index].name, steps[index + 1].name) == 0 }
            let name = names[steps[index].name]
            if name.elementsEqual(extraName) {
                steps[index].isExtra = true
                extraField = steps[index].field
            }
            if name.lexicographicallyPrecedes(extraName) { extraPlace = index + 1 }
        }
    }

    /// Appends the canonical form of the fields that the plan was made for.
    ///
    /// - Parameter extra: the value of the further field; nil for none.
    func pack(_ fields: LogFields, extra: ArraySlice<UInt8>? = nil, into packed: inout [UInt8]) {
        let isASCII = FieldPacker.isASCII(fields.values.bytes)
        for index in 0...steps.count {
            if index == extraPlace, let extra, !extra.isEmpty {
                LabelSet.appendRun(bytes: extraName[...], to: &packed)
                LabelSet.appendRun(bytes: extra, to: &packed)
            }
            guard index < steps.count else { break }
            let step = steps[index]
            if step.isExtra, extra != nil { continue }
            let value = fields.values.bytes[fields.values.range(step.field)]
            if value.isEmpty || (step.isRepeated && hasLaterValue(index, fields)) { continue }
            LabelSet.appendRun(bytes: names[step.name], to: &packed)
            if isASCII || String(validating: value, as: UTF8.self) != nil {
                LabelSet.appendRun(bytes: value, to: &packed)
            } else {
                LabelSet.appendRun(bytes: Array(String(decoding: value, as: UTF8.self).utf8)[...], to: &packed)
            }
        }
    }

    /// Appends the further field alone.
    func packExtra(_ value: [UInt8], into packed: inout [UInt8]) {
        if value.isEmpty { return }
        LabelSet.appendRun(bytes: extraName[...], to: &packed)
        LabelSet.appendRun(bytes: value[...], to: &packed)
    }

    private func hasLaterValue(_ index: Int, _ fields: LogFields) -> Bool {
        var index = index
        while steps[index].isRepeated {
            index += 1
            if !fields.values.range(steps[index].field).isEmpty { return true }
        }
        return false
    }

    /// Insertion sort: lists are short, and senders often sort them.
    private mutating func insert(_ step: Step) {
        var index = steps.count
        while index > 0, compare(steps[index - 1].name, step.name) > 0 { index -= 1 }
        steps.insert(step, at: index)
    }

    private func compare(_ left: Range<Int>, _ right: Range<Int>) -> Int {
        for offset in 0..<min(left.count, right.count) {
            let (a, b) = (names[left.lowerBound &+ offset], names[right.lowerBound &+ offset])
            if a != b { return a < b ? -1 : 1 }
        }
        return left.count - right.count
    }

    /// Appends a name with every run of what names cannot have as one underscore, as OpenTelemetry says for Prometheus and as Loki does; before a
    /// digit stands `key_`. Names that begin and end with two underscores keep them.
    static func appendName(_ name: ArraySlice<UInt8>, to names: inout [UInt8]) {
        guard let first = name.first else { return }
        if isDigit(first) { names.append(contentsOf: "key_".utf8) }
        let underscore = UInt8(ascii: "_")
        let isReserved = name.count > 4 && name.prefix(2).allSatisfy { $0 == underscore } && name.suffix(2).allSatisfy { $0 == underscore }
        if isReserved { names.append(underscore) }
        var wasUnderscore = false
        for byte in name {
            if (byte | 0x20) &- 0x61 < 26 || isDigit(byte) {
                names.append(byte)
                wasUnderscore = false
            } else if !wasUnderscore {
                names.append(underscore)
                wasUnderscore = true
            }
        }
        if isReserved { names.append(underscore) }
    }

    private static func isDigit(_ byte: UInt8) -> Bool { byte &- 0x30 < 10 }

    private static func isASCII(_ bytes: [UInt8]) -> Bool {
        var bits: UInt8 = 0
        for byte in bytes { bits |= byte }
        return bits < 0x80
    }
}

extension LabelSet {
    /// Appends one run with its length; concrete, for it runs for each field of each entry.
    fileprivate static func appendRun(bytes: ArraySlice<UInt8>, to packed: inout [UInt8]) {
        var length = UInt32(truncatingIfNeeded: bytes.count)
        while length >= 0x80 {
            packed.append(UInt8(truncatingIfNeeded: length) | 0x80)
            length >>= 7
        }
        packed.append(UInt8(truncatingIfNeeded: length))
        packed.append(contentsOf: bytes)
    }
}
