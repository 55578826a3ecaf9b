public import TelemetryModel

/// A target that is ready to be scraped: its labels after relabelling, and where and how often it is asked.
public struct ResolvedTarget: Sendable, Hashable {
    /// All labels before relabelling, the job's defaults included; what people need to write relabelling rules.
    public let discoveredLabels: LabelSet
    /// The labels that every sample of the target gets: none begins with `__`.
    public let labels: LabelSet
    /// Where the target is asked.
    public let endpoint: TargetEndpoint
    /// Time between scrapes, above 0.
    public let intervalMilliseconds: Int64
    /// Time that a scrape may take, above 0 and at most the interval.
    public let timeoutMilliseconds: Int64

    public init(
        discoveredLabels: LabelSet, labels: LabelSet, endpoint: TargetEndpoint, intervalMilliseconds: Int64, timeoutMilliseconds: Int64
    ) {
        self.discoveredLabels = discoveredLabels
        self.labels = labels
        self.endpoint = endpoint
        self.intervalMilliseconds = intervalMilliseconds
        self.timeoutMilliseconds = timeoutMilliseconds
    }

    /// What makes two targets the same: labels and endpoint. Of equal ones in a job only one is scraped, and it keeps its scrape
    /// loop when other things about it change.
    public var identity: Identity { Identity(labels: labels, url: endpoint.url) }

    /// See ``identity``.
    public struct Identity: Sendable, Hashable {
        public let labels: LabelSet
        public let url: String
    }
}

/// The parts of the URL that a target is scraped at.
public struct TargetEndpoint: Sendable, Hashable {
    /// One query parameter with all its values, in order.
    public struct Parameter: Sendable, Hashable {
        public var name: String
        public var values: [String]

        public init(name: String, values: [String]) {
            self.name = name
            self.values = values
        }
    }

    /// `http` or `https`.
    public let scheme: String
    /// `HOST` or `HOST:PORT`; an IPv6 host stands in brackets.
    public let address: String
    /// As configured, not percent-encoded.
    public let path: String
    /// Sorted by name.
    public let parameters: [Parameter]

    public init(scheme: String, address: String, path: String, parameters: [Parameter] = []) {
        self.scheme = scheme
        self.address = address
        self.path = path
        self.parameters = parameters.sorted { $0.name.utf8.lexicographicallyPrecedes($1.name.utf8) }
    }

    /// The whole URL with path and query percent-encoded.
    public var url: String {
        var text = "\(scheme)://\(address)"
        if !path.isEmpty { text += path.hasPrefix("/") ? "" : "/" }
        appendEncoded(path, keeping: "-_.~!$&'()*+,;=:@/", to: &text)
        var separator = "?"
        for parameter in parameters {
            for value in parameter.values {
                text += separator
                appendEncoded(parameter.name, keeping: "-_.~", spaceAsPlus: true, to: &text)
                text += "="
                appendEncoded(value, keeping: "-_.~", spaceAsPlus: true, to: &text)
                separator = "&"
            }
        }
        return text
    }
}

/// Appends text with every byte that is neither a letter, a digit nor in `kept` as `%XX`.
private func appendEncoded(_ text: String, keeping kept: StaticString, spaceAsPlus: Bool = false, to result: inout String) {
    let digits = Array("0123456789ABCDEF".unicodeScalars)
    let keptBytes = kept.withUTF8Buffer { Array($0) }
    for byte in text.utf8 {
        switch byte {
        case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"), UInt8(ascii: "0")...UInt8(ascii: "9"):
            result.unicodeScalars.append(UnicodeScalar(byte))
        case UInt8(ascii: " ") where spaceAsPlus:
            result += "+"
        case _ where keptBytes.contains(byte):
            result.unicodeScalars.append(UnicodeScalar(byte))
        default:
            result += "%"
            result.unicodeScalars.append(digits[Int(byte >> 4)])
            result.unicodeScalars.append(digits[Int(byte & 15)])
        }
    }
}
