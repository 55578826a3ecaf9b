/// Why the value of a label is no number, duration or size; in the words that Loki shows in `__error_details__`.
struct ConversionFault: Error, Hashable, Sendable, CustomStringConvertible {
    var message: String

    init(_ message: String) { self.message = message }

    var description: String { message }
}
