/// The text formats in which metrics are exposed.
public enum TextFormat: Sendable, Hashable {
    /// Prometheus text format 0.0.4.
    case prometheus
    /// OpenMetrics 1.0.
    case openMetrics

    /// The exact `Content-Type` of an answer in this format.
    public var contentType: String {
        switch self {
        case .prometheus: "text/plain; version=0.0.4; charset=utf-8"
        case .openMetrics: "application/openmetrics-text; version=1.0.0; charset=utf-8; escaping=underscores"
        }
    }

    /// The format that a scraper wants most, by the `Accept` header of its request; the Prometheus text format where it does not say.
    public static func negotiated(accept: String?) -> TextFormat {
        guard let accept else { return .prometheus }
        var best = TextFormat.prometheus
        var bestQuality = 0.0
        for entry in accept.utf8.split(separator: UInt8(ascii: ",")) {
            let parts = entry.split(separator: UInt8(ascii: ";")).map { trimmed(Substring($0)) }
            guard let mediaType = parts.first else { continue }
            var parameters: [String: String] = [:]
            for part in parts.dropFirst() {
                let sides = part.split(separator: "=", maxSplits: 1).map { trimmed($0) }
                if sides.count == 2 { parameters[sides[0].lowercased()] = sides[1] }
            }
            guard let format = TextFormat(mediaType: mediaType.lowercased(), version: parameters["version"]) else { continue }
            let quality = parameters["q"].map { Double($0) ?? 0 } ?? 1
            if quality > bestQuality { (best, bestQuality) = (format, quality) }
        }
        return best
    }

    private init?(mediaType: String, version: String?) {
        switch (mediaType, version) {
        case ("application/openmetrics-text", nil), ("application/openmetrics-text", "1.0.0"), ("application/openmetrics-text", "0.0.1"):
            self = .openMetrics
        case ("text/plain", nil), ("text/plain", "0.0.4"), ("text/*", _), ("*/*", _): self = .prometheus
        default: return nil
        }
    }

    private static func trimmed(_ text: Substring) -> String {
        let blank: (Character) -> Bool = { $0 == " " || $0 == "\t" || $0 == "\"" }
        var text = text.drop(while: blank)
        while let last = text.last, blank(last) { text.removeLast() }
        return String(text)
    }
}
