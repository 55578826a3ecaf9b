/// Why a template cannot be read or carried out.
public struct TemplateError: Error, Sendable, Hashable, CustomStringConvertible {
    /// In the words of Go's `text/template`.
    public var message: String
    /// Offset into the UTF-8 of the template.
    public var offset: Int

    public init(_ message: String, at offset: Int) {
        self.message = message
        self.offset = offset
    }

    public var description: String { message }
}

/// Why a function or method gives no result. The template says which one it was.
public struct TemplateFault: Error, Sendable, Hashable, CustomStringConvertible {
    public var message: String

    public init(_ message: String) { self.message = message }

    public var description: String { message }
}
