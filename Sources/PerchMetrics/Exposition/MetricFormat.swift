/// A format in which metrics are exposed, and how names that are not classic are written in it.
public struct MetricFormat: Sendable, Hashable {
    public enum Syntax: Sendable, Hashable {
        /// Prometheus text format 0.0.4; 1.0.0 where names are not escaped.
        case text
        /// OpenMetrics 1.0.
        case openMetrics
        /// Length-delimited `io.prometheus.client.MetricFamily` messages: the only one that has native histograms.
        case protobuf
    }

    public let syntax: Syntax
    public let escaping: NameEscaping
    /// Whether OpenMetrics tells by a sample `…_created` when counting began. Twice as many series of counters; protobuf tells it in any case.
    public var writesCreated = false

    public init(_ syntax: Syntax, escaping: NameEscaping = .underscores) {
        self.syntax = syntax
        self.escaping = escaping
    }

    /// Prometheus text format 0.0.4, which everything reads.
    public static let prometheus = MetricFormat(.text)
    /// OpenMetrics 1.0.
    public static let openMetrics = MetricFormat(.openMetrics)

    /// The exact `Content-Type` of an answer in this format.
    public var contentType: String {
        switch syntax {
        case .text:
            switch escaping {
            case .underscores: "text/plain; version=0.0.4; charset=utf-8"
            case .allowUTF8: "text/plain; version=1.0.0; charset=utf-8; escaping=allow-utf-8"
            default: "text/plain; version=0.0.4; charset=utf-8; escaping=\(escaping.rawValue)"
            }
        case .openMetrics: "application/openmetrics-text; version=1.0.0; charset=utf-8; escaping=\(escaping.rawValue)"
        case .protobuf:
            "application/vnd.google.protobuf; proto=io.prometheus.client.MetricFamily; encoding=delimited; escaping=\(escaping.rawValue)"
        }
    }

    /// Appends families in this format.
    func render(_ families: [Family], into output: inout [UInt8]) {
        switch syntax {
        case .text, .openMetrics:
            let exposition = TextExposition(format: self)
            for family in families {
                if let series = family.series() { exposition.append(series, to: &output) }
            }
            exposition.appendEnd(to: &output)
        case .protobuf:
            let exposition = ProtobufExposition(escaping: escaping)
            for family in families {
                if let series = family.series() { exposition.append(series, to: &output) }
            }
        }
    }
}

extension MetricFormat {
    /// The format that a scraper wants most, by the `Accept` header of its request; the Prometheus text format where it does not say.
    public static func negotiated(accept: String?) -> MetricFormat {
        guard let accept else { return .prometheus }
        var best = MetricFormat.prometheus
        var bestQuality = 0.0
        for entry in accept.utf8.split(separator: UInt8(ascii: ",")) {
            let parts = entry.split(separator: UInt8(ascii: ";")).map { HeaderText.trimmed(Substring($0)) }
            guard let mediaType = parts.first else { continue }
            var parameters: [String: String] = [:]
            for part in parts.dropFirst() {
                let sides = part.split(separator: "=", maxSplits: 1).map { HeaderText.trimmed($0) }
                if sides.count == 2 { parameters[sides[0].lowercased()] = sides[1] }
            }
            guard let format = MetricFormat(mediaType: mediaType.lowercased(), parameters) else { continue }
            let quality = parameters["q"].map { Double($0) ?? 0 } ?? 1
            if quality > bestQuality { (best, bestQuality) = (format, quality) }
        }
        return best
    }

    private init?(mediaType: String, _ parameters: [String: String]) {
        let escaping = parameters["escaping"].flatMap { NameEscaping(rawValue: $0.lowercased()) } ?? .underscores
        switch (mediaType, parameters["version"]) {
        case ("application/openmetrics-text", nil), ("application/openmetrics-text", "1.0.0"), ("application/openmetrics-text", "0.0.1"):
            self.init(.openMetrics, escaping: escaping)
        case ("text/plain", nil), ("text/plain", "0.0.4"), ("text/*", _), ("*/*", _):
            self.init(.text, escaping: escaping == .allowUTF8 ? .underscores : escaping)
        case ("text/plain", "1.0.0"): self.init(.text, escaping: escaping)
        case ("application/vnd.google.protobuf", _)
        where parameters["proto"] == "io.prometheus.client.MetricFamily" && parameters["encoding"] == "delimited":
            self.init(.protobuf, escaping: escaping)
        default: return nil
        }
    }
}

/// What is needed of HTTP's header grammar.
enum HeaderText {
    /// The text without blanks and quotes around it.
    static func trimmed(_ text: Substring) -> String {
        let blank: (Character) -> Bool = { $0 == " " || $0 == "\t" || $0 == "\"" }
        var text = text.drop(while: blank)
        while let last = text.last, blank(last) { text.removeLast() }
        return String(text)
    }

    /// Whether an `Accept-Encoding` header takes gzip.
    static func acceptsGzip(_ header: String?) -> Bool {
        guard let header else { return false }
        for entry in header.split(separator: ",") {
            let parts = entry.split(separator: ";").map { trimmed($0).lowercased() }
            guard let coding = parts.first, coding == "gzip" || coding == "*" else { continue }
            let quality = parts.dropFirst().first { $0.hasPrefix("q=") }.map { Double($0.dropFirst(2)) ?? 0 } ?? 1
            return quality > 0
        }
        return false
    }
}
