public import ByteCoding
public import TelemetryModel

/// What a remote read asks for: the message `prometheus.ReadRequest`, uncompressed.
public struct RemoteReadRequest: Sendable, Hashable {
    /// What an answer may be made of.
    public enum ResponseType: Sendable, Hashable {
        /// One message with all samples.
        case samples
        /// Frames with compressed chunks, one after the other.
        case streamedChunks
    }

    /// One test on a label.
    public struct Matcher: Sendable, Hashable {
        public enum Operator: Sendable, Hashable { case equal, notEqual, matches, matchesNot }

        public var name: String
        public var `operator`: Operator
        public var value: String
    }

    public struct Query: Sendable, Hashable {
        /// Both ends inclusive; empty where the end is before the start.
        public var start: Timestamp = 0
        public var end: Timestamp = 0
        public var matchers: [Matcher] = []
    }

    public var queries: [Query] = []
    /// In the order of preference; nil in place of those that are not known here.
    public var acceptedTypes: [ResponseType?] = []

    /// Queries that one request may have; a guard before memory is taken.
    static let queriesMax = 1 << 16

    /// Reads a message.
    ///
    /// - Throws: `ByteCodingError` with the offset of what is malformed.
    public init(_ bytes: [UInt8]) throws(ByteCodingError) {
        var message = ProtobufReader(bytes)
        while let field = try message.nextField() {
            switch field.number {
            case 1:
                if queries.count >= RemoteReadRequest.queriesMax { throw ByteCodingError(.lengthTooLarge, at: message.position) }
                queries.append(try RemoteReadRequest.query(try message.readMessage(field)))
            case 2:
                try message.readRepeated(field) { (element: inout ProtobufReader) throws(ByteCodingError) in
                    switch try element.readPackedVarint() {
                    case 0: acceptedTypes.append(.samples)
                    case 1: acceptedTypes.append(.streamedChunks)
                    default: acceptedTypes.append(nil)
                    }
                }
            default: try message.skip(field)
            }
        }
    }

    // What the querier is going to do with the samples (`hints`) is not needed to give it what it asks for.
    private static func query(_ message: consuming ProtobufReader) throws(ByteCodingError) -> Query {
        var query = Query()
        while let field = try message.nextField() {
            switch field.number {
            case 1: query.start = try message.readInt64(field)
            case 2: query.end = try message.readInt64(field)
            case 3: query.matchers.append(try matcher(try message.readMessage(field)))
            default: try message.skip(field)
            }
        }
        return query
    }

    private static func matcher(_ message: consuming ProtobufReader) throws(ByteCodingError) -> Matcher {
        var matcher = Matcher(name: "", operator: .equal, value: "")
        while let field = try message.nextField() {
            switch field.number {
            case 1:
                let operators: [Matcher.Operator] = [.equal, .notEqual, .matches, .matchesNot]
                let number = try message.readUInt64(field)
                guard number < UInt64(operators.count) else { throw ByteCodingError(.invalidValue, at: message.position) }
                matcher.operator = operators[Int(number)]
            case 2: matcher.name = try message.readString(field)
            case 3: matcher.value = try message.readString(field)
            default: try message.skip(field)
            }
        }
        return matcher
    }

    /// What the answer is made of: the first type that is known here, samples where none is named.
    ///
    /// - Returns: nil where only others are named.
    public var responseType: ResponseType? { acceptedTypes.isEmpty ? .samples : acceptedTypes.lazy.compactMap { $0 }.first }
}
