/// Units of OpenTelemetry (UCUM) as words in names (OpenTelemetry specification, "Prometheus and OpenMetrics Compatibility", "Metric Metadata").
public enum OTLPUnit {
    private static let words: [String: String] = [
        "d": "days", "h": "hours", "min": "minutes", "s": "seconds", "ms": "milliseconds", "us": "microseconds", "ns": "nanoseconds",
        "By": "bytes", "KiBy": "kibibytes", "MiBy": "mebibytes", "GiBy": "gibibytes", "TiBy": "tibibytes", "KBy": "kilobytes",
        "MBy": "megabytes", "GBy": "gigabytes", "TBy": "terabytes", "m": "meters", "V": "volts", "A": "amperes", "J": "joules",
        "W": "watts", "g": "grams", "Cel": "celsius", "Hz": "hertz", "1": "", "%": "percent",
    ]
    private static let singularWords: [String: String] = [
        "s": "second", "m": "minute", "h": "hour", "d": "day", "w": "week", "mo": "month", "y": "year",
    ]

    /// The unit as metadata has it, in classic characters: `By/s` is `bytes_per_second`; empty where there is nothing to say.
    public static func word(for unit: String) -> String {
        let (main, per) = suffixes(of: unit)
        let (cleanMain, cleanPer) = (cleaned(main), cleaned(per))
        var word = cleanMain.isEmpty ? cleanPer : cleanPer.isEmpty ? cleanMain : cleanMain + "_" + cleanPer
        if word.hasPrefix("_") { word.removeFirst() }
        if word.hasSuffix("_") { word.removeLast() }
        return word
    }

    /// What is appended to a name for a unit: before the first slash, and `per_…` behind it. Annotations in braces say nothing.
    static func suffixes(of unit: String) -> (main: String, per: String) {
        let parts = unit.split(separator: "/", maxSplits: 1, omittingEmptySubsequences: false)
        let main = trimmed(parts[0])
        let mainWord = isAnnotated(main) ? "" : words[main] ?? main
        guard parts.count > 1 else { return (mainWord, "") }
        let per = trimmed(parts[1])
        let perWord = isAnnotated(per) ? "" : singularWords[per] ?? per
        return (mainWord, perWord.isEmpty ? "" : "per_" + perWord)
    }

    /// In classic characters, without underscores that repeat, and without one at the start.
    static func cleaned(_ unit: String) -> String {
        var text = ""
        for scalar in unit.unicodeScalars {
            if OTLPNameCharacters.isOfMetricName(scalar) {
                text.unicodeScalars.append(scalar)
            } else if !text.hasSuffix("_") {
                text += "_"
            }
        }
        if text.hasPrefix("_") { text.removeFirst() }
        return text
    }

    private static func isAnnotated(_ unit: String) -> Bool { unit.contains { $0 == "{" || $0 == "}" } }

    private static func trimmed(_ text: Substring) -> String {
        var scalars = text.unicodeScalars
        while let first = scalars.first, first.properties.isWhitespace { scalars.removeFirst() }
        while let last = scalars.last, last.properties.isWhitespace { scalars.removeLast() }
        return String(scalars)
    }
}

/// Which characters classic names are made of, underscores aside.
enum OTLPNameCharacters {
    static func isOfLabelName(_ scalar: Unicode.Scalar) -> Bool {
        ("a"..."z").contains(scalar) || ("A"..."Z").contains(scalar) || ("0"..."9").contains(scalar)
    }

    static func isOfMetricName(_ scalar: Unicode.Scalar) -> Bool { isOfLabelName(scalar) || scalar == ":" }

    static func startsWithDigit(_ text: String) -> Bool {
        text.utf8.first.map { (UInt8(ascii: "0")...UInt8(ascii: "9")).contains($0) } ?? false
    }

    static func isUnderscoresOnly(_ text: String) -> Bool { text.utf8.allSatisfy { $0 == UInt8(ascii: "_") } }
}
