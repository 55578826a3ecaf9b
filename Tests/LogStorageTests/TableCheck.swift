internal import Foundation
internal import LogStorage
internal import TelemetryModel
internal import TestSupport
internal import Testing

/// Holds tables against what was sent.
struct TableCheck {
    /// What is to be found: duplicates of stream, time, line and structured metadata are answered once.
    private let expected: [SentEntry]
    private let comment: String

    init(_ sent: [SentEntry], _ comment: String) {
        var seen: Set<SentEntry> = []
        expected = sent.filter { seen.insert($0).inserted }
        self.comment = comment
    }

    func check(_ tables: [any StoredLogTable], random: inout RandomLogs) throws {
        let found = try TableReading.entries(tables)
        #expect(found.count == expected.count, "\(comment)")
        let missing = Set(expected).subtracting(found)
        #expect(
            missing.isEmpty,
            "\(comment): \(missing.count) are missing, such as \(missing.first.map { String(decoding: $0.line, as: UTF8.self) } ?? "")")
        for table in tables {
            try checkOrder(table)
            try checkDocuments(table)
            try checkNeedles(table, &random)
        }
    }

    private func checkOrder(_ table: any StoredLogTable) throws {
        let frame = try table.frame()
        #expect(frame.streamStarts.count == frame.streams.count + 1 && Int(frame.streamStarts.last ?? 0) == table.rowCount, "\(comment)")
        #expect(Set(frame.streams).count == frame.streams.count, "\(comment)")
        let lengths = try table.lineLengths()
        let rows = (0..<Int32(table.rowCount)).filter { $0 % 3 == 1 }
        let lines = try table.lines(of: rows)
        for (index, row) in rows.enumerated() { #expect(Int(lengths[Int(row)]) == lines.range(index).count, "\(comment)") }
        for stream in frame.streams.indices {
            let own = Int(frame.streamStarts[stream])..<Int(frame.streamStarts[stream + 1])
            #expect(zip(own, own.dropFirst()).allSatisfy { frame.times[$0] <= frame.times[$1] }, "\(comment)")
            #expect(own.allSatisfy { table.times.contains(frame.times[$0]) }, "\(comment)")
        }
    }

    /// Documents say what a JSON parser says.
    private func checkDocuments(_ table: any StoredLogTable) throws {
        guard let documents = try table.documents() else { return }
        let lines = try table.lines(of: (0..<Int32(table.rowCount)).map { $0 })
        #expect(documents.rowShapes.count == table.rowCount, "\(comment)")
        for (shape, document) in documents.shapes.enumerated() {
            for (leaf, what) in document.leaves.enumerated() {
                let column = try table.leaf(leaf, ofShape: shape)
                for (row, own) in documents.rowShapes.enumerated() {
                    guard Int(own) == shape else {
                        #expect(column.codes[row] == -1, "\(comment)")
                        continue
                    }
                    // Of doubled keys Foundation knows one only.
                    guard document.leaves.count(where: { $0.path == what.path }) == 1, row % 5 == 0 else { continue }
                    let value = column.values.string(Int(column.codes[row]))
                    let data = Data(lines.bytes[lines.range(row)])
                    var parsed: Any? = try JSONSerialization.jsonObject(with: data)
                    for key in what.path { parsed = (parsed as? [String: Any])?[key] }
                    switch what.kind {
                    case .string: #expect(parsed as? String == value, "\(comment)")
                    case .null: #expect(parsed is NSNull && value == "null", "\(comment)")
                    case .boolean: #expect((parsed as? Bool).map { "\($0)" } == value, "\(comment)")
                    case .number: #expect(parsed is NSNumber && Double(value) != nil, "\(comment)")
                    case .array: #expect(parsed is [Any] && value.hasPrefix("["), "\(comment)")
                    }
                }
            }
        }
    }

    /// No part of any line is denied.
    private func checkNeedles(_ table: any StoredLogTable, _ random: inout RandomLogs) throws {
        guard table.rowCount > 0 else { return }
        let lines = try table.lines(of: (0..<Int32(table.rowCount)).map { $0 })
        for _ in 0..<40 {
            let row = random.below(table.rowCount)
            let line = Array(lines.bytes[lines.range(row)])
            guard !line.isEmpty else { continue }
            let start = random.below(line.count)
            let needle = Array(line[start..<min(line.count, start + 1 + random.below(40))])
            #expect(try table.mayContain(needle), "\(comment): \(String(decoding: needle, as: UTF8.self))")
            if let rows = try table.rows(mayContain: needle) {
                #expect(
                    rows.contains(Int32(row)),
                    "\(comment): \(String(decoding: needle, as: UTF8.self)) in \(String(decoding: line, as: UTF8.self))")
                #expect(zip(rows, rows.dropFirst()).allSatisfy { $0 < $1 }, "\(comment)")
            }
        }
    }
}
