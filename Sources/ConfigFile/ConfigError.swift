/// One fault in a configuration document, with the place where a person has to look.
public struct ConfigError: Error, Hashable, CustomStringConvertible {
    /// The document's name as it was given to ``ConfigDocument``.
    public let file: String
    /// Line, from 1.
    public let line: Int
    /// Column, from 1, counted in Unicode scalars.
    public let column: Int
    /// What is wrong and, where it can be said, what would be right. Never holds a secret.
    public let message: String
    /// Further faults found in the same pass, in the order of the document; they hold no further ones themselves.
    public private(set) var further: [ConfigError] = []

    public init(file: String, line: Int, column: Int, message: String) {
        self.file = file
        self.line = line
        self.column = column
        self.message = message
    }

    /// Joins faults found side by side into one error: the first in the document leads, the others follow it.
    ///
    /// - Returns: nil where there are none.
    public static func joining(_ errors: [ConfigError]) -> ConfigError? {
        let all = errors.flatMap(\.all).sorted { ($0.line, $0.column) < ($1.line, $1.column) }
        guard var first = all.first else { return nil }
        first.further = Array(all.dropFirst())
        return first
    }

    /// This fault with others behind it, as they come: those of other files, for instance.
    public func followed(by others: [ConfigError]) -> ConfigError {
        var first = self
        first.further += others.flatMap(\.all)
        return first
    }

    /// This fault and the further ones, each by itself.
    public var all: [ConfigError] {
        var alone = self
        alone.further = []
        return [alone] + further
    }

    /// `FILE:LINE:COLUMN: message`, of the first fault only.
    public var description: String { "\(file):\(line):\(column): \(message)" }
}
