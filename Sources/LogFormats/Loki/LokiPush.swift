internal import ByteCoding

/// The bodies of Loki's push API: `logproto.PushRequest` in protobuf, and the JSON that says the same.
public enum LokiPush {
    /// What a body held.
    public struct Contents: Sendable, Hashable {
        /// Streams, whether or not they could be taken and have entries.
        public var streams = 0

        public init() {}
    }

    /// Reads a body in JSON.
    ///
    /// Both shapes are taken: `stream` with `values`, each `["<nanoseconds>", "<line>", {metadata}?]`, and that of the first version,
    /// `labels` with `entries`, each `{"ts": "<RFC 3339>", "line": "…"}`. An entry that is wrong is refused by itself.
    ///
    /// - Throws: where the text is no JSON, or a value is of another kind than expected. What was handed to the sink before is to be thrown away.
    public static func decodeJSON<Sink: LogEntrySink>(
        _ body: UnsafeBufferPointer<UInt8>, into sink: inout Sink
    ) throws(LogFormatError) -> Contents {
        var decoder = LokiJSONDecoder(body)
        do throws(JSONFault) {
            try decoder.decode(into: &sink)
        } catch {
            throw LogFormatError(error)
        }
        return decoder.contents
    }

    /// Reads a body in protobuf, decompressed.
    ///
    /// - Throws: where it is no protobuf of that message. What was handed to the sink before is to be thrown away.
    public static func decodeProtobuf<Sink: LogEntrySink>(
        _ body: UnsafeRawBufferPointer, into sink: inout Sink
    ) throws(LogFormatError) -> Contents {
        var decoder = LokiProtobufDecoder(body)
        do throws(ByteCodingError) {
            try decoder.decode(into: &sink)
        } catch {
            throw LogFormatError(error)
        }
        return decoder.contents
    }
}
