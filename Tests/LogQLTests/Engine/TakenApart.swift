internal import Foundation
internal import LogQL
internal import TelemetryModel

/// Lines taken apart as a storage may take apart those that are JSON objects written without any freedom: sorted keys are not asked for, but no
/// blanks, and no escapes but those of a quote and a backslash. Others stay text.
struct TakenApart: Sendable {
    private(set) var documents = LogDocuments(rowShapes: [], shapes: [])
    /// By shape and leaf.
    private(set) var columns: [[LogColumn]] = []

    init?(_ lines: [[UInt8]]) {
        for (row, line) in lines.enumerated() {
            var reader = StrictReader(line)
            guard let leaves = reader.readObject() else {
                documents.rowShapes.append(-1)
                continue
            }
            let shape = DocumentShape(leaves: leaves.map(\.leaf))
            var place = documents.shapes.firstIndex(of: shape) ?? documents.shapes.count
            if place == documents.shapes.count {
                documents.shapes.append(shape)
                columns.append(
                    shape.leaves.map { _ in LogColumn(codes: [Int32](repeating: -1, count: lines.count), values: PackedTexts()) })
                place = columns.count - 1
            }
            documents.rowShapes.append(Int32(place))
            for (index, leaf) in leaves.enumerated() { set(leaf.value, of: row, in: &columns[place][index]) }
        }
        if documents.shapes.isEmpty { return nil }
    }

    private func set(_ value: [UInt8], of row: Int, in column: inout LogColumn) {
        let known = (0..<column.values.count).first { column.values.bytes[column.values.range($0)].elementsEqual(value) }
        if known == nil { column.values.append(value) }
        column.codes[row] = Int32(known ?? column.values.count - 1)
    }
}

/// Reads such objects.
private struct StrictReader {
    private let text: [UInt8]
    private var position = 0

    init(_ text: [UInt8]) { self.text = text }

    typealias Found = (leaf: DocumentLeaf, value: [UInt8])

    /// The leaves; nil where the text is no such object.
    mutating func readObject() -> [Found]? {
        var leaves: [Found] = []
        guard readMembers(path: [], into: &leaves), position == text.count else { return nil }
        return leaves
    }

    private mutating func take(_ byte: String) -> Bool {
        guard text[position...].starts(with: byte.utf8) else { return false }
        position += byte.utf8.count
        return true
    }

    private mutating func readMembers(path: [String], into leaves: inout [Found]) -> Bool {
        guard path.count < 4, take("{") else { return false }
        if take("}") { return true }
        repeat {
            guard let key = readString(), take(":"), readValue(path: path + [String(decoding: key, as: UTF8.self)], into: &leaves) else {
                return false
            }
        } while take(",")
        return take("}")
    }

    private mutating func readValue(path: [String], into leaves: inout [Found]) -> Bool {
        guard position < text.count else { return false }
        let start = position
        switch text[position] {
        case UInt8(ascii: "{"): return readMembers(path: path, into: &leaves)
        case UInt8(ascii: "\""):
            guard let value = readString() else { return false }
            leaves.append((DocumentLeaf(path: path, kind: .string), value))
        case UInt8(ascii: "["):
            while position < text.count, text[position] != UInt8(ascii: "]") {
                if text[position] == UInt8(ascii: "\"") || text[position] == UInt8(ascii: "{") { return false }
                position += 1
            }
            guard take("]") else { return false }
            leaves.append((DocumentLeaf(path: path, kind: .array), Array(text[start..<position])))
        default:
            for (word, kind) in [("true", DocumentLeaf.Kind.boolean), ("false", .boolean), ("null", .null)] where take(word) {
                leaves.append((DocumentLeaf(path: path, kind: kind), Array(word.utf8)))
                return true
            }
            while position < text.count, "0123456789.-".utf8.contains(text[position]) { position += 1 }
            guard position > start, Double(String(decoding: text[start..<position], as: UTF8.self)) != nil else { return false }
            leaves.append((DocumentLeaf(path: path, kind: .number), Array(text[start..<position])))
        }
        return true
    }

    private mutating func readString() -> [UInt8]? {
        guard take("\"") else { return nil }
        var value: [UInt8] = []
        while position < text.count {
            let byte = text[position]
            position += 1
            if byte == UInt8(ascii: "\"") { return value }
            if byte == UInt8(ascii: "\\") {
                guard position < text.count, text[position] == UInt8(ascii: "\"") || text[position] == UInt8(ascii: "\\") else {
                    return nil
                }
                value.append(text[position])
                position += 1
            } else {
                guard byte >= 0x20, byte < 0x7f else { return nil }
                value.append(byte)
            }
        }
        return nil
    }
}
