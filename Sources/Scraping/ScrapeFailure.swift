/// Why a scrape failed: what `/api/v1/targets` shows as the target's last error.
public struct ScrapeFailure: Error, Sendable, Hashable, CustomStringConvertible {
    /// The kind of failure; the raw values are values of the label `reason` in Perch's own metrics.
    public enum Code: String, Sendable, Hashable, CaseIterable {
        case timeout, connection, redirect, status
        case contentType = "content_type"
        case contentEncoding = "content_encoding"
        case bodyLimit = "body_limit"
        case malformed
        case sampleLimit = "sample_limit"
        case labelLimit = "label_limit"
        case bucketLimit = "bucket_limit"
        case targetLimit = "target_limit"
        case nameMissing = "name_missing"
        case credentials, storage
    }

    public let code: Code
    /// One line for a person.
    public let description: String

    init(_ code: Code, _ description: String) {
        self.code = code
        self.description = description
    }

    static func timeout(milliseconds: Int64) -> ScrapeFailure {
        ScrapeFailure(.timeout, "the target did not answer completely within \(seconds(milliseconds)) s")
    }

    static func bodyLimit(_ limit: Int) -> ScrapeFailure {
        ScrapeFailure(.bodyLimit, "body size limit exceeded: the page is larger than \(limit) bytes (body_size_limit)")
    }

    /// Milliseconds as seconds, without a needless fraction.
    static func seconds(_ milliseconds: Int64) -> String {
        milliseconds % 1000 == 0 ? "\(milliseconds / 1000)" : "\(Double(milliseconds) / 1000)"
    }
}
