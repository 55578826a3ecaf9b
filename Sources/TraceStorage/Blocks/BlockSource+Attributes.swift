internal import ColumnCoding
internal import TelemetryModel

extension BlockSource {
    func attributeCodes(_ entity: Entity, _ key: String) throws -> AttributeCodes? {
        guard let schema = try schema(entity) else { return nil }
        let keys = try texts()
        let wanted = Array(key.utf8)
        let named = schema.columns.indices.filter { index in
            let column = schema.columns[index]
            return column.type != .other && column.key < keys.count && keys[column.key] == wanted
        }
        let others = schema.columns.indices.filter { schema.columns[$0].type == .other }
        guard !named.isEmpty || !others.isEmpty else { return nil }
        let kinds = try schema.kindOf.all()
        let rowsOfKind = BlockSource.rowsOfKind(kinds, schema)
        var readers: [ColumnWalk] = []
        var values: [AttributeValue] = []
        for number in named + others {
            let column = try column(UInt32(number), entity, schema, rowsOfKind: rowsOfKind)
            let codes =
                column.type == .other ? try hiddenCodes(column, key, into: &values) : try column.codes(0..<column.valueCount, into: &values)
            readers.append(ColumnWalk(number: UInt32(number), states: column.states, codes: codes, next: column.constants))
        }
        if values.isEmpty { return nil }
        let codes = readers.count == 1 ? readers[0].codes(of: kinds) : BlockSource.firstCodes(of: kinds, &readers, schema)
        return AttributeCodes(codes: codes, values: values)
    }

    /// The codes of a column that holds attributes of any name: -1 where an attribute has another name.
    private func hiddenCodes(_ column: AttributeColumnReader, _ key: String, into values: inout [AttributeValue]) throws -> [Int32] {
        var texts = TextTable()
        var known: [UInt64: Int32] = [:]
        var codes: [Int32] = []
        for word in try column.words(Array(0..<column.valueCount), &texts) {
            if known[word] == nil {
                let attribute = try StoredValue.attribute(word, texts)
                known[word] = attribute.key == key ? Int32(values.count) : -1
                if attribute.key == key { values.append(attribute.value) }
            }
            codes.append(known[word] ?? -1)
        }
        return codes
    }

    /// Walks a column along the rows.
    private struct ColumnWalk {
        let number: UInt32
        let states: [Int32]
        /// The codes of all values of the column.
        let codes: [Int32]
        /// The next one of those that vary.
        var next: Int

        func codes(of kinds: [UInt64]) -> [Int32] {
            var next = next
            return kinds.map { kind in
                let state = states[Int(kind)]
                if state >= 0 { return codes[Int(state)] }
                if state == -2 { return -1 }
                next += 1
                return codes[next - 1]
            }
        }

        mutating func step(_ kind: Int) -> Int32 {
            let state = states[kind]
            if state >= 0 { return codes[Int(state)] }
            if state == -2 { return -1 }
            next += 1
            return codes[next - 1]
        }
    }

    /// Of several columns the first that the row has, in the order of the sender.
    private static func firstCodes(of kinds: [UInt64], _ walks: inout [ColumnWalk], _ schema: EntitySchema) -> [Int32] {
        var walkOf: [UInt32: Int] = [:]
        for (index, walk) in walks.enumerated() { walkOf[walk.number] = index }
        let walksOfKind = schema.kindColumns.map { $0.compactMap { walkOf[$0] } }
        var codes: [Int32] = []
        codes.reserveCapacity(kinds.count)
        for kind in kinds {
            var found: Int32 = -1
            for walk in walksOfKind[Int(kind)] {
                let code = walks[walk].step(Int(kind))
                if found < 0 { found = code }
            }
            codes.append(found)
        }
        return codes
    }
}
