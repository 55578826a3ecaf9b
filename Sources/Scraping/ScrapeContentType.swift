internal import ExpositionFormat

/// What a page's Content-Type makes of it, and what is asked for.
enum ScrapeContentType {
    /// The format to read a page in.
    ///
    /// - Throws: ``ScrapeFailure`` where the header is missing or names nothing that is read, and there is no fallback.
    static func format(_ contentType: String?, fallback: ScrapeProtocol?) throws(ScrapeFailure) -> ExpositionTextFormat {
        let mediaType = mediaType(contentType ?? "")
        switch mediaType {
        case "text/plain": return .prometheus
        case "application/openmetrics-text": return .openMetrics
        default: break
        }
        if let format = fallback?.textFormat { return format }
        let found = mediaType.isEmpty ? "no Content-Type" : "the Content-Type \"\(mediaType)\", which is not read,"
        throw ScrapeFailure(.contentType, "the target sent \(found) and the job has no fallback_scrape_protocol")
    }

    private static func mediaType(_ header: String) -> String {
        let text = header.prefix { $0 != ";" }
        return String(text.filter { $0 != " " && $0 != "\t" }).lowercased()
    }

    /// The `Accept` header for protocols in order of preference.
    static func accept(_ protocols: [ScrapeProtocol]) -> String {
        var tenths = 6
        var parts: [String] = []
        for type in protocols.compactMap(\.mediaType) {
            parts.append("\(type);q=0.\(tenths)")
            tenths -= 1
        }
        parts.append("*/*;q=0.\(max(tenths, 1))")
        return parts.joined(separator: ",")
    }
}

extension ScrapeProtocol {
    /// How a page in this protocol is read; nil for protobuf, which is not read yet.
    var textFormat: ExpositionTextFormat? {
        switch self {
        case .prometheusProtobuf: nil
        case .openMetrics1, .openMetrics0: .openMetrics
        case .prometheusText1, .prometheusText0: .prometheus
        }
    }

    /// How the protocol is asked for; nil for what is not read.
    fileprivate var mediaType: String? {
        switch self {
        case .prometheusProtobuf: nil
        case .openMetrics1: "application/openmetrics-text;version=1.0.0;escaping=allow-utf-8"
        case .openMetrics0: "application/openmetrics-text;version=0.0.1"
        case .prometheusText1: "text/plain;version=1.0.0;escaping=allow-utf-8"
        case .prometheusText0: "text/plain;version=0.0.4"
        }
    }
}
