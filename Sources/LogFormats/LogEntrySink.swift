/// What takes the entries that a decoder finds, one after the other: the border between reading a format and checking what was read.
///
/// All memory that is handed over belongs to the decoder and is valid during the call only.
public protocol LogEntrySink {
    /// Begins the stream that the entries belong to that come now. Where it cannot be taken, its entries are refused as they come.
    ///
    /// - Parameter text: how the labels are written in the message. Whoever has read the same text before need not read it again.
    mutating func beginStream(_ text: UnsafeBufferPointer<UInt8>, _ kind: LogStreamText)

    /// The same for a format in which a stream's labels do not stand together.
    mutating func beginStream(_ labels: LogFields)

    /// Takes an entry of the stream that was begun last.
    ///
    /// - Parameters:
    ///   - time: nanoseconds since 1970.
    ///   - metadata: structured metadata; the sink may add to it.
    /// - Returns: whether it was taken; if not, ``lastRefusal`` says why.
    @discardableResult
    mutating func append(time: Int64, line: UnsafeBufferPointer<UInt8>, metadata: inout LogFields) -> Bool

    /// Counts an item that is no entry.
    ///
    /// - Parameter reason: what is wrong with it, for the person behind the sender.
    mutating func refuse(_ reason: @autoclosure () -> String)

    /// Why the item that came last was not taken.
    var lastRefusal: String { get }

    /// Whether the message has come to more than is taken at once: a decoder need not read on, since nothing of it will be kept.
    var isFull: Bool { get }

    /// The present, in nanoseconds since 1970: for entries without a time.
    var now: Int64 { get }
}

/// How the labels of a stream are written.
public enum LogStreamText: UInt8, Sendable {
    /// `{name="value", …}`, as Loki prints them.
    case selector
    /// A JSON object of strings.
    case json

    /// Makes fields of a text.
    public func read(_ text: UnsafeBufferPointer<UInt8>, into fields: inout LogFields) throws(LogFormatError) {
        switch self {
        case .selector: try LabelText.read(text, into: &fields)
        case .json: try LabelText.readJSON(text, into: &fields)
        }
    }
}
