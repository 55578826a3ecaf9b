/// Makes names of metric families of those of OpenTelemetry, by the rules that Prometheus follows.
public struct OTLPMetricNamer: Sendable, Hashable {
    public let strategy: OTLPTranslationStrategy

    public init(_ strategy: OTLPTranslationStrategy) { self.strategy = strategy }

    /// The name of the family.
    ///
    /// - Parameters:
    ///   - unit: as the metric has it, in UCUM.
    ///   - isCounter: whether it is a monotonic sum; these end in `_total`.
    ///   - isGauge: whether it is a gauge; those of unit 1 end in `_ratio`.
    /// - Throws: where nothing is left of the name.
    public func name(_ name: String, unit: String, isCounter: Bool, isGauge: Bool) throws(OTLPNameError) -> String {
        guard strategy.escapes else {
            return strategy.addsSuffixes ? OTLPMetricNamer.suffixed(name, unit, isCounter, isGauge) : name
        }
        let translated = strategy.addsSuffixes ? OTLPMetricNamer.normalized(name, unit, isCounter, isGauge) : OTLPMetricNamer.escaped(name)
        if translated.isEmpty { throw OTLPNameError("nothing is left of the metric name \(shown(name))") }
        if translated != name, OTLPNameCharacters.isUnderscoresOnly(translated) {
            throw OTLPNameError("only underscores are left of the metric name \(shown(name))")
        }
        return translated
    }

    private func shown(_ name: String) -> String { "\"" + name.prefix(200) + "\"" }

    /// Runs of characters that no classic name has become one underscore; at the ends they vanish.
    private static func escaped(_ name: String) -> String {
        let tokens = name.unicodeScalars.split { !OTLPNameCharacters.isOfMetricName($0) && $0 != "_" }
        let joined = tokens.map { String($0) }.joined(separator: "_")
        return OTLPNameCharacters.startsWithDigit(joined) ? "_" + joined : joined
    }

    /// The name as words with underscores between them, with words for the unit and the type.
    private static func normalized(_ name: String, _ unit: String, _ isCounter: Bool, _ isGauge: Bool) -> String {
        var tokens = name.unicodeScalars.split { !OTLPNameCharacters.isOfMetricName($0) }.map { String($0) }
        let suffixes = OTLPUnit.suffixes(of: unit)
        var main = OTLPUnit.cleaned(suffixes.main)
        var per = OTLPUnit.cleaned(suffixes.per)
        if tokens.contains(main) { main = "" }
        if per == "per_" {
            per = ""
        } else {
            if per.hasSuffix("_") { per.removeLast() }
            if tokens.contains(per) { per = "" }
        }
        if !per.isEmpty, main.hasSuffix("_") { main.removeLast() }
        if !main.isEmpty { tokens.append(main) }
        if !per.isEmpty { tokens.append(per) }
        if isCounter {
            tokens.removeAll { $0 == "total" }
            tokens.append("total")
        }
        // Many senders give counts of things the unit 1: only gauges are taken at their word.
        if unit == "1", isGauge {
            tokens.removeAll { $0 == "ratio" }
            tokens.append("ratio")
        }
        let joined = tokens.joined(separator: "_")
        return OTLPNameCharacters.startsWithDigit(joined) ? "_" + joined : joined
    }

    /// The name as it is with what is missing at its end.
    private static func suffixed(_ name: String, _ unit: String, _ isCounter: Bool, _ isGauge: Bool) -> String {
        var name = name
        var ends: [String] = []
        if unit == "1", isGauge {
            name = without("ratio", at: name)
            ends.append("ratio")
        }
        if isCounter {
            name = without("total", at: name)
            ends.append("total")
        }
        let (main, per) = OTLPUnit.suffixes(of: unit)
        if !per.isEmpty {
            name = without(per, at: name)
            ends.append(per)
        }
        if !main.isEmpty, !hasSuffix(name, main) { name += "_" + main }
        for end in ends.reversed() { name += "_" + end }
        return name
    }

    /// The name without a suffix and the character before it, whatever that is.
    private static func without(_ suffix: String, at name: String) -> String {
        guard hasSuffix(name, suffix), name.utf8.count > suffix.utf8.count + 1 else { return name }
        return String(decoding: name.utf8.dropLast(suffix.utf8.count + 1), as: UTF8.self)
    }

    /// Whether the bytes of a name end so; never by Unicode equivalence.
    private static func hasSuffix(_ name: String, _ suffix: String) -> Bool {
        name.utf8.suffix(suffix.utf8.count).elementsEqual(suffix.utf8)
    }
}
