/// Why a stage cannot be made of what a query says about it; in Loki's words.
struct StageError: Error, Hashable, Sendable, CustomStringConvertible {
    var message: String

    init(_ message: String) { self.message = message }

    var description: String { message }
}
