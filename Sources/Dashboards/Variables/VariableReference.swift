/// A place in a text where a variable's value goes: `$name`, `${name}`, `${name:format}`, `${name.field}`, `[[name]]`, `[[name:format]]`.
struct VariableReference: Hashable {
    var name: String
    var format: String?
    /// What of the value, as in `${__field.name}`.
    var field: String?
    /// Its bytes in the text.
    var range: Range<Int>

    /// All references of a text, in order.
    static func all(in text: String) -> [VariableReference] {
        let bytes = Array(text.utf8)
        var found: [VariableReference] = []
        var index = 0
        while index < bytes.count {
            if let reference = reference(bytes, at: index) {
                found.append(reference)
                index = reference.range.upperBound
            } else {
                index += 1
            }
        }
        return found
    }

    private static func reference(_ bytes: [UInt8], at start: Int) -> VariableReference? {
        switch bytes[start] {
        case UInt8(ascii: "$"):
            if start + 1 < bytes.count, bytes[start + 1] == UInt8(ascii: "{") { return braced(bytes, start) }
            let end = word(bytes, from: start + 1)
            return end > start + 1 ? VariableReference(name: text(bytes[start + 1..<end]), range: start..<end) : nil
        case UInt8(ascii: "["):
            guard start + 1 < bytes.count, bytes[start + 1] == UInt8(ascii: "[") else { return nil }
            let nameEnd = word(bytes, from: start + 2)
            guard nameEnd > start + 2, nameEnd < bytes.count else { return nil }
            var reference = VariableReference(name: text(bytes[start + 2..<nameEnd]), range: start..<start)
            var end = nameEnd
            if bytes[end] == UInt8(ascii: ":") {
                let formatEnd = word(bytes, from: end + 1)
                guard formatEnd > end + 1 else { return nil }
                reference.format = text(bytes[end + 1..<formatEnd])
                end = formatEnd
            }
            guard end + 1 < bytes.count, bytes[end] == UInt8(ascii: "]"), bytes[end + 1] == UInt8(ascii: "]") else { return nil }
            reference.range = start..<end + 2
            return reference
        default: return nil
        }
    }

    private static func braced(_ bytes: [UInt8], _ start: Int) -> VariableReference? {
        let nameEnd = word(bytes, from: start + 2)
        guard nameEnd > start + 2 else { return nil }
        var reference = VariableReference(name: text(bytes[start + 2..<nameEnd]), range: start..<start)
        var end = nameEnd
        if end < bytes.count, bytes[end] == UInt8(ascii: ".") {
            let fieldStart = end + 1
            end = bytes[fieldStart...].firstIndex { $0 == UInt8(ascii: ":") || $0 == UInt8(ascii: "}") } ?? bytes.count
            reference.field = text(bytes[fieldStart..<end])
        }
        if end < bytes.count, bytes[end] == UInt8(ascii: ":") {
            let formatStart = end + 1
            end = bytes[formatStart...].firstIndex(of: UInt8(ascii: "}")) ?? bytes.count
            reference.format = text(bytes[formatStart..<end])
        }
        guard end < bytes.count, bytes[end] == UInt8(ascii: "}") else { return nil }
        reference.range = start..<end + 1
        return reference
    }

    private static func word(_ bytes: [UInt8], from start: Int) -> Int {
        var index = start
        while index < bytes.count, isWord(bytes[index]) { index += 1 }
        return index
    }

    private static func isWord(_ byte: UInt8) -> Bool {
        switch byte {
        case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"), UInt8(ascii: "0")...UInt8(ascii: "9"),
            UInt8(ascii: "_"):
            true
        default: false
        }
    }

    private static func text(_ bytes: ArraySlice<UInt8>) -> String { String(decoding: bytes, as: UTF8.self) }
}

/// Variables that Grafana has by itself.
enum BuiltInVariable {
    /// Of time and step, which queries use.
    static let ofQueries: Set<String> = [
        "__interval", "__interval_ms", "__rate_interval", "__rate_interval_ms", "__range", "__range_s", "__range_ms", "__auto", "__from",
        "__to", "__searchFilter",
    ]

    private static let others: Set<String> = [
        "__dashboard", "__name", "__org", "__user", "__timezone", "__timeFilter", "timeFilter", "__data", "__field", "__value", "__series",
        "__cell", "__url_time_range", "__all_variables", "__panel", "__grafana_timezone",
    ]

    static func isKnown(_ name: String) -> Bool { ofQueries.contains(name) || others.contains(name) }
}
