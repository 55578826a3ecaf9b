internal import ByteCoding

extension AttributedRows {
    /// Adds the attribute that a cursor stands before to the row that is being put together.
    ///
    /// - Returns: the shape of the row with it.
    @inline(__always)
    mutating func appendAttribute(
        _ cursor: inout ProtobufCursor, _ shape: UInt32, _ texts: inout TextTable
    ) throws(ByteCodingError) -> UInt32 {
        let outer = try cursor.enter()
        let whole = cursor.position..<cursor.end
        var key = 0..<0
        var type = AttributeType.empty
        var word: UInt64 = 0
        while let tag = try cursor.nextTag() {
            switch tag {
            case 0x0a: key = try cursor.readRange()
            case 0x12: (type, word) = try AttributedRows.readValue(&cursor, &texts)
            default: try cursor.skip(tag)
            }
        }
        cursor.leave(outer)
        let name = cursor.bytes(key)
        if let next = shapes.recentStep(shape, key: name, type: type, texts) {
            words.append(word)
            return next
        }
        if let next = shapes.step(shape, key: texts.intern(name), type: type) {
            words.append(word)
            return next
        }
        words.append(UInt64(texts.intern(cursor.bytes(whole))))
        return shapes.step(shape, key: 0, type: .other) ?? shape
    }

    /// Reads the `AnyValue` that a cursor stands before.
    @inline(__always)
    private static func readValue(
        _ cursor: inout ProtobufCursor, _ texts: inout TextTable
    ) throws(ByteCodingError) -> (AttributeType, UInt64) {
        let outer = try cursor.enter()
        var type = AttributeType.empty
        var word: UInt64 = 0
        var text = 0..<0
        while let tag = try cursor.nextTag() {
            switch tag {
            case 0x0a: (type, text) = (.string, try cursor.readRange())
            case 0x10: (type, word) = (.bool, try cursor.readVarint() != 0 ? 1 : 0)
            case 0x18: (type, word) = (.int, try cursor.readVarint())
            case 0x21: (type, word) = (.double, try cursor.readFixed64())
            case 0x2a: (type, text) = (.array, try cursor.readRange())
            case 0x32: (type, text) = (.map, try cursor.readRange())
            case 0x3a: (type, text) = (.bytes, try cursor.readRange())
            default: try cursor.skip(tag)
            }
        }
        cursor.leave(outer)
        if type.isText { word = UInt64(texts.intern(cursor.bytes(text))) }
        return (type, word)
    }
}
