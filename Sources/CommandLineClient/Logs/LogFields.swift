internal import ByteCoding

/// The members of a log line that is a JSON object, in their order, nested ones with dots between the names.
struct LogFields: Sendable, Hashable {
    struct Field: Sendable, Hashable {
        var name: String
        /// Strings without quotes, anything else as it stands in the line.
        var value: String
    }

    private(set) var fields: [Field] = []

    /// - Returns: nil where the line is no JSON object.
    init?(_ line: String) {
        guard line.utf8.first(where: { $0 != UInt8(ascii: " ") }) == UInt8(ascii: "{") else { return nil }
        do throws(JSONError) {
            var reader = JSONReader(Array(line.utf8))
            try read(&reader, prefix: "")
            try reader.finish()
        } catch {
            return nil
        }
        if fields.isEmpty { return nil }
    }

    private mutating func read(_ reader: inout JSONReader, prefix: String) throws(JSONError) {
        try reader.beginObject()
        while let key = try reader.nextKey() {
            let name = prefix + key
            switch try reader.peekKind() {
            case .object: try read(&reader, prefix: name + ".")
            case .string: fields.append(Field(name: name, value: try reader.readString()))
            default:
                let start = reader.position
                try reader.skipValue()
                let text = String(decoding: reader.bytes[start..<reader.position], as: UTF8.self)
                fields.append(Field(name: name, value: text.trimmed))
            }
        }
    }

    /// Takes out the first field that has one of these names, whatever their case; earlier names are preferred.
    mutating func remove(anyOf names: [String]) -> String? {
        for name in names {
            if let index = fields.firstIndex(where: { $0.name.lowercased() == name && !$0.value.isEmpty }) {
                return fields.remove(at: index).value
            }
        }
        return nil
    }

    func contains(_ name: String) -> Bool { fields.contains { $0.name == name } }
}

extension String {
    /// Without blanks at both ends.
    fileprivate var trimmed: String {
        var text = self[...]
        while let first = text.first, first.isWhitespace { text.removeFirst() }
        while let last = text.last, last.isWhitespace { text.removeLast() }
        return String(text)
    }
}
