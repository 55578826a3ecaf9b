internal import ExpositionFormat

/// How a page is read.
enum PageFormat: Sendable, Hashable {
    case text(ExpositionTextFormat)
    case protobuf
}

/// What a page's Content-Type makes of it, and what is asked for.
enum ScrapeContentType {
    /// The format to read a page in.
    ///
    /// - Throws: ``ScrapeFailure`` where the header is missing or names nothing that is read, and there is no fallback.
    static func format(_ contentType: String?, fallback: ScrapeProtocol?) throws(ScrapeFailure) -> PageFormat {
        let mediaType = mediaType(contentType ?? "")
        switch mediaType {
        case "text/plain": return .text(.prometheus)
        case "application/openmetrics-text": return .text(.openMetrics)
        case "application/vnd.google.protobuf": return .protobuf
        default: break
        }
        if let format = fallback?.format { return format }
        let found = mediaType.isEmpty ? "no Content-Type" : "the Content-Type \"\(mediaType)\", which is not read,"
        throw ScrapeFailure(.contentType, "the target sent \(found) and the job has no fallback_scrape_protocol")
    }

    private static func mediaType(_ header: String) -> String {
        let text = header.prefix { $0 != ";" }
        return String(text.filter { $0 != " " && $0 != "\t" }).lowercased()
    }

    /// The `Accept` header for protocols in order of preference.
    ///
    /// - Parameter escaping: of names that are not classic; said for the formats that have a way to write them.
    static func accept(_ protocols: [ScrapeProtocol], escaping: NameScraping.Escaping = .allowUTF8) -> String {
        var tenths = 6
        var parts: [String] = []
        for scrapeProtocol in protocols {
            let escapes = scrapeProtocol.knowsEscaping ? ";escaping=\(escaping.rawValue)" : ""
            parts.append("\(scrapeProtocol.mediaType)\(escapes);q=0.\(tenths)")
            tenths -= 1
        }
        parts.append("*/*;q=0.\(max(tenths, 1))")
        return parts.joined(separator: ",")
    }
}

extension ScrapeProtocol {
    /// How a page in this protocol is read.
    var format: PageFormat {
        switch self {
        case .prometheusProtobuf: .protobuf
        case .openMetrics1, .openMetrics0: .text(.openMetrics)
        case .prometheusText1, .prometheusText0: .text(.prometheus)
        }
    }

    /// Whether a target may be told how to write names that are not classic.
    fileprivate var knowsEscaping: Bool { self == .openMetrics1 || self == .prometheusText1 }

    /// How the protocol is asked for.
    fileprivate var mediaType: String {
        switch self {
        case .prometheusProtobuf: "application/vnd.google.protobuf;proto=io.prometheus.client.MetricFamily;encoding=delimited"
        case .openMetrics1: "application/openmetrics-text;version=1.0.0"
        case .openMetrics0: "application/openmetrics-text;version=0.0.1"
        case .prometheusText1: "text/plain;version=1.0.0"
        case .prometheusText0: "text/plain;version=0.0.4"
        }
    }
}
