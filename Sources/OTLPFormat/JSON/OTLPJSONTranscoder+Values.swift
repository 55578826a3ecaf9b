internal import ByteCoding

extension OTLPJSONTranscoder {
    typealias Body = (inout OTLPJSONTranscoder, inout ProtobufWriter) throws(JSONError) -> Void

    /// Goes through the members of an object; the body must take the value of each.
    mutating func object(_ body: (inout OTLPJSONTranscoder, String) throws(JSONError) -> Void) throws(JSONError) {
        try reader.beginObject()
        while let key = try reader.nextKey() { try body(&self, key) }
    }

    /// One embedded message.
    mutating func message(_ number: Int, _ writer: inout ProtobufWriter, _ body: Body) throws(JSONError) {
        try writer.write(number) { (writer) throws(JSONError) in try body(&self, &writer) }
    }

    /// An array of embedded messages.
    mutating func messages(_ number: Int, _ writer: inout ProtobufWriter, _ body: Body) throws(JSONError) {
        try reader.beginArray()
        while try reader.nextElement() { try message(number, &writer, body) }
    }

    mutating func attributes(_ number: Int, _ writer: inout ProtobufWriter) throws(JSONError) {
        try messages(number, &writer) { (transcoder, writer) throws(JSONError) in
            try transcoder.object { (transcoder, key) throws(JSONError) in
                switch key {
                case "key": try transcoder.text(1, &writer)
                case "value": try transcoder.message(2, &writer) { (transcoder, writer) throws(JSONError) in try transcoder.value(&writer) }
                default: try transcoder.reader.skipValue()
                }
            }
        }
    }

    /// An `AnyValue`. Members that are null say nothing.
    mutating func value(_ writer: inout ProtobufWriter) throws(JSONError) {
        guard valueDepth < OTLPLimits.valueDepthMax else {
            throw reader.failure("more than \(OTLPLimits.valueDepthMax) values within each other")
        }
        valueDepth += 1
        defer { valueDepth -= 1 }
        try object { (transcoder, key) throws(JSONError) in
            switch key {
            case "stringValue": try transcoder.text(1, &writer)
            case "boolValue": writer.write(2, bool: try transcoder.reader.readBool())
            case "intValue": writer.write(3, int64: try transcoder.reader.readInteger())
            case "doubleValue": writer.write(4, double: try transcoder.reader.readDouble())
            case "arrayValue":
                try transcoder.list(5, &writer) { (transcoder, writer) throws(JSONError) in
                    try transcoder.messages(1, &writer) { (transcoder, writer) throws(JSONError) in try transcoder.value(&writer) }
                }
            case "kvlistValue":
                try transcoder.list(6, &writer) { (transcoder, writer) throws(JSONError) in try transcoder.attributes(1, &writer) }
            case "bytesValue":
                let start = transcoder.reader.position
                guard let bytes = Base64.decode(try transcoder.bytes()) else {
                    throw transcoder.reader.failure("expected base64", at: start)
                }
                writer.write(7, bytes: bytes)
            default: try transcoder.reader.skipValue()
            }
        }
    }

    /// An `ArrayValue` or a `KeyValueList`: an object whose one member is `values`.
    private mutating func list(_ number: Int, _ writer: inout ProtobufWriter, _ elements: Body) throws(JSONError) {
        try message(number, &writer) { (transcoder, writer) throws(JSONError) in
            try transcoder.object { (transcoder, key) throws(JSONError) in
                if key == "values" { try elements(&transcoder, &writer) } else { try transcoder.reader.skipValue() }
            }
        }
    }

    // MARK: - Scalars

    mutating func text(_ number: Int, _ writer: inout ProtobufWriter) throws(JSONError) { writer.write(number, bytes: try bytes()) }

    /// An array of texts.
    mutating func texts(_ number: Int, _ writer: inout ProtobufWriter) throws(JSONError) {
        try reader.beginArray()
        while try reader.nextElement() { try text(number, &writer) }
    }

    /// A count of 32 bits.
    mutating func count(_ number: Int, _ writer: inout ProtobufWriter) throws(JSONError) {
        let count: UInt32 = try reader.readInteger()
        writer.write(number, uint64: UInt64(count))
    }

    /// An enumeration: a number, or a name as protobuf's own JSON has it.
    mutating func enumeration(_ number: Int, _ names: [String], _ writer: inout ProtobufWriter) throws(JSONError) {
        guard try reader.peekKind() == .string else {
            let value: Int32 = try reader.readInteger()
            return writer.write(number, int64: Int64(value))
        }
        let start = reader.position
        let name = try reader.readString()
        guard let value = names.firstIndex(of: name) ?? Int(name) else {
            throw reader.failure("expected a number, or one of \(names.joined(separator: ", "))", at: start)
        }
        writer.write(number, int64: Int64(value))
    }

    /// An id in hexadecimal. One that is none is written as a single byte: an id of a wrong length, for which the span is rejected by
    /// itself, as in protobuf.
    mutating func identifier(_ number: Int, bytes count: Int, _ writer: inout ProtobufWriter) throws(JSONError) {
        let digits = try bytes()
        if digits.isEmpty { return }
        let id = digits.count == 2 * count ? Hexadecimal.decode(digits) : nil
        writer.write(number, bytes: id ?? [0])
    }

    /// The UTF-8 of a string.
    private mutating func bytes() throws(JSONError) -> ArraySlice<UInt8> {
        switch try reader.readText() {
        case .range(let range): reader.bytes[range]
        case .unescaped(let text): text[...]
        }
    }
}
