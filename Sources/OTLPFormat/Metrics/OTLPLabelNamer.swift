/// Makes label names of the names of OpenTelemetry's attributes, by the rules that Prometheus follows.
public struct OTLPLabelNamer: Sendable, Hashable {
    /// Whether names stay as they are.
    public var allowsUTF8: Bool
    /// Whether names that begin with a single underscore get `key` before them.
    public var sanitizesUnderscores: Bool
    /// Whether several underscores in a row stay several.
    public var preservesUnderscores: Bool

    public init(allowsUTF8: Bool = false, sanitizesUnderscores: Bool = true, preservesUnderscores: Bool = true) {
        self.allowsUTF8 = allowsUTF8
        self.sanitizesUnderscores = sanitizesUnderscores
        self.preservesUnderscores = preservesUnderscores
    }

    /// The name of the label.
    ///
    /// - Throws: where nothing but underscores is left of it.
    public func name(_ attribute: String) throws(OTLPNameError) -> String {
        if attribute.isEmpty { throw OTLPNameError("an attribute has no name") }
        if allowsUTF8 {
            if OTLPNameCharacters.isUnderscoresOnly(attribute) { throw fault(attribute) }
            return attribute
        }
        var name = preservesUnderscores ? OTLPLabelNamer.replaced(attribute) : OTLPLabelNamer.collapsed(attribute)
        if OTLPNameCharacters.startsWithDigit(name) {
            name = "key_" + name
        } else if sanitizesUnderscores, name.hasPrefix("_"), !name.hasPrefix("__") {
            name = "key" + name
        }
        if OTLPNameCharacters.isUnderscoresOnly(name) { throw fault(attribute) }
        return name
    }

    private func fault(_ attribute: String) -> OTLPNameError {
        OTLPNameError("only underscores are left of the attribute name \"\(attribute.prefix(200))\"")
    }

    private static func replaced(_ attribute: String) -> String {
        var name = ""
        for scalar in attribute.unicodeScalars { name.unicodeScalars.append(OTLPNameCharacters.isOfLabelName(scalar) ? scalar : "_") }
        return name
    }

    /// Runs of other characters become one underscore; the double underscores around reserved names stay.
    private static func collapsed(_ attribute: String) -> String {
        let bytes = attribute.utf8
        let isReserved = bytes.count >= 4 && bytes.starts(with: "__".utf8) && bytes.suffix(2).elementsEqual("__".utf8)
        let inner = isReserved ? String(decoding: bytes.dropFirst(2).dropLast(2), as: UTF8.self) : attribute
        var name = ""
        var isAfterUnderscore = false
        for scalar in inner.unicodeScalars {
            if OTLPNameCharacters.isOfLabelName(scalar) {
                name.unicodeScalars.append(scalar)
                isAfterUnderscore = false
            } else if !isAfterUnderscore {
                name += "_"
                isAfterUnderscore = true
            }
        }
        return isReserved ? "__" + name + "__" : name
    }
}
