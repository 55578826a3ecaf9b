/// A text of which the host says that it may stand in HTML as it is, as Go's `template.HTML` and `template.URL`. Elsewhere it is a text.
public struct TemplateMarkup: TemplateObject {
    public enum Meaning: Sendable, Hashable {
        /// A piece of HTML.
        case markup
        /// An address, whatever its scheme.
        case address
    }

    public let meaning: Meaning
    public let printed: [UInt8]

    public init(_ text: [UInt8], as meaning: Meaning) {
        printed = text
        self.meaning = meaning
    }

    public var typeName: String { meaning == .markup ? "template.HTML" : "template.URL" }
    public var plain: TemplateValue? { .string(printed) }

    public func member(_ name: String) -> TemplateMember? { nil }
}
