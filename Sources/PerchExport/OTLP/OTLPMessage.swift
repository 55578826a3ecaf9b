/// A field of a protobuf message of OTLP.
struct OTLPField: Sendable {
    enum Kind: Sendable {
        case string
        /// The bytes that name a trace or span.
        case identity
        case bool, double
        /// `int64`.
        case signed
        /// `uint64`.
        case unsigned
        /// `fixed64`.
        case fixed64
        /// `sint32`.
        case zigzag
        /// An enumeration, or an unsigned number of 32 bits.
        case small
        case message(OTLPMessage)
    }

    let name: String
    let kind: Kind
    let isRepeated: Bool

    static func one(_ name: String, _ kind: Kind) -> OTLPField { OTLPField(name: name, kind: kind, isRepeated: false) }
    static func many(_ name: String, _ kind: Kind) -> OTLPField { OTLPField(name: name, kind: kind, isRepeated: true) }
}

/// The message types of OTLP (opentelemetry-proto, `common`, `resource`, `trace`, `metrics` and `logs`), with those fields that are written here.
enum OTLPMessage: Sendable {
    case exportTraces, exportMetrics, exportLogs
    case resourceSpans, resourceMetrics, resourceLogs
    case scopeSpans, scopeMetrics, scopeLogs
    case resource, scope, keyValue, anyValue, arrayValue, keyValueList
    case span, event, link, status
    case logRecord
    case metric, gauge, sum, histogram, exponentialHistogram, summary
    case numberPoint, histogramPoint, exponentialPoint, buckets, summaryPoint, quantile, exemplar

    /// The field with a number; nil for one that is not written here.
    func field(_ number: UInt64) -> OTLPField? {
        switch self {
        case .exportTraces, .exportMetrics, .exportLogs, .resourceSpans, .resourceMetrics, .resourceLogs, .scopeSpans, .scopeMetrics,
            .scopeLogs:
            envelopeField(number)
        case .resource, .scope, .keyValue, .anyValue, .arrayValue, .keyValueList: commonField(number)
        case .span, .event, .link, .status: spanField(number)
        case .logRecord: logField(number)
        case .metric, .gauge, .sum, .histogram, .exponentialHistogram, .summary: metricField(number)
        case .numberPoint, .histogramPoint, .exponentialPoint, .buckets, .summaryPoint, .quantile, .exemplar: pointField(number)
        }
    }

    private func envelopeField(_ number: UInt64) -> OTLPField? {
        switch (self, number) {
        case (.exportTraces, 1): .many("resourceSpans", .message(.resourceSpans))
        case (.exportMetrics, 1): .many("resourceMetrics", .message(.resourceMetrics))
        case (.exportLogs, 1): .many("resourceLogs", .message(.resourceLogs))
        case (.resourceSpans, 1), (.resourceMetrics, 1), (.resourceLogs, 1): .one("resource", .message(.resource))
        case (.resourceSpans, 2): .many("scopeSpans", .message(.scopeSpans))
        case (.resourceMetrics, 2): .many("scopeMetrics", .message(.scopeMetrics))
        case (.resourceLogs, 2): .many("scopeLogs", .message(.scopeLogs))
        case (.scopeSpans, 1), (.scopeMetrics, 1), (.scopeLogs, 1): .one("scope", .message(.scope))
        case (.scopeSpans, 2): .many("spans", .message(.span))
        case (.scopeMetrics, 2): .many("metrics", .message(.metric))
        case (.scopeLogs, 2): .many("logRecords", .message(.logRecord))
        default: nil
        }
    }

    private func commonField(_ number: UInt64) -> OTLPField? {
        switch (self, number) {
        case (.resource, 1): .many("attributes", .message(.keyValue))
        case (.scope, 1): .one("name", .string)
        case (.keyValue, 1): .one("key", .string)
        case (.keyValue, 2): .one("value", .message(.anyValue))
        case (.anyValue, 1): .one("stringValue", .string)
        case (.anyValue, 2): .one("boolValue", .bool)
        case (.anyValue, 3): .one("intValue", .signed)
        case (.anyValue, 4): .one("doubleValue", .double)
        case (.anyValue, 5): .one("arrayValue", .message(.arrayValue))
        case (.anyValue, 6): .one("kvlistValue", .message(.keyValueList))
        case (.arrayValue, 1): .many("values", .message(.anyValue))
        case (.keyValueList, 1): .many("values", .message(.keyValue))
        default: nil
        }
    }

    private func spanField(_ number: UInt64) -> OTLPField? {
        switch (self, number) {
        case (.span, 1), (.link, 1): .one("traceId", .identity)
        case (.span, 2), (.link, 2): .one("spanId", .identity)
        case (.span, 3), (.link, 3): .one("traceState", .string)
        case (.span, 4): .one("parentSpanId", .identity)
        case (.span, 5), (.event, 2): .one("name", .string)
        case (.span, 6): .one("kind", .small)
        case (.span, 7): .one("startTimeUnixNano", .fixed64)
        case (.span, 8): .one("endTimeUnixNano", .fixed64)
        case (.span, 9), (.event, 3), (.link, 4): .many("attributes", .message(.keyValue))
        case (.span, 10): .one("droppedAttributesCount", .small)
        case (.span, 11): .many("events", .message(.event))
        case (.span, 12): .one("droppedEventsCount", .small)
        case (.span, 13): .many("links", .message(.link))
        case (.span, 14): .one("droppedLinksCount", .small)
        case (.span, 15): .one("status", .message(.status))
        case (.span, 16), (.link, 6): .one("flags", .small)
        case (.event, 1): .one("timeUnixNano", .fixed64)
        case (.status, 2): .one("message", .string)
        case (.status, 3): .one("code", .small)
        default: nil
        }
    }

    private func logField(_ number: UInt64) -> OTLPField? {
        switch number {
        case 1: .one("timeUnixNano", .fixed64)
        case 2: .one("severityNumber", .small)
        case 3: .one("severityText", .string)
        case 5: .one("body", .message(.anyValue))
        case 6: .many("attributes", .message(.keyValue))
        case 7: .one("droppedAttributesCount", .small)
        case 8: .one("flags", .small)
        case 9: .one("traceId", .identity)
        case 10: .one("spanId", .identity)
        case 11: .one("observedTimeUnixNano", .fixed64)
        default: nil
        }
    }

    private func metricField(_ number: UInt64) -> OTLPField? {
        switch (self, number) {
        case (.metric, 1): .one("name", .string)
        case (.metric, 2): .one("description", .string)
        case (.metric, 3): .one("unit", .string)
        case (.metric, 5): .one("gauge", .message(.gauge))
        case (.metric, 7): .one("sum", .message(.sum))
        case (.metric, 9): .one("histogram", .message(.histogram))
        case (.metric, 10): .one("exponentialHistogram", .message(.exponentialHistogram))
        case (.metric, 11): .one("summary", .message(.summary))
        case (.gauge, 1), (.sum, 1): .many("dataPoints", .message(.numberPoint))
        case (.histogram, 1): .many("dataPoints", .message(.histogramPoint))
        case (.exponentialHistogram, 1): .many("dataPoints", .message(.exponentialPoint))
        case (.summary, 1): .many("dataPoints", .message(.summaryPoint))
        case (.sum, 2), (.histogram, 2), (.exponentialHistogram, 2): .one("aggregationTemporality", .small)
        case (.sum, 3): .one("isMonotonic", .bool)
        default: nil
        }
    }

    private func pointField(_ number: UInt64) -> OTLPField? {
        switch (self, number) {
        case (.numberPoint, 7), (.histogramPoint, 9), (.exponentialPoint, 1), (.summaryPoint, 7): .many("attributes", .message(.keyValue))
        case (.numberPoint, 2), (.histogramPoint, 2), (.exponentialPoint, 2), (.summaryPoint, 2): .one("startTimeUnixNano", .fixed64)
        case (.numberPoint, 3), (.histogramPoint, 3), (.exponentialPoint, 3), (.summaryPoint, 3): .one("timeUnixNano", .fixed64)
        case (.numberPoint, 4): .one("asDouble", .double)
        case (.numberPoint, 5), (.histogramPoint, 8), (.exponentialPoint, 11): .many("exemplars", .message(.exemplar))
        case (.histogramPoint, 4), (.exponentialPoint, 4), (.summaryPoint, 4): .one("count", .fixed64)
        case (.histogramPoint, 5), (.exponentialPoint, 5), (.summaryPoint, 5): .one("sum", .double)
        case (.histogramPoint, 6): .many("bucketCounts", .fixed64)
        case (.histogramPoint, 7): .many("explicitBounds", .double)
        case (.exponentialPoint, 6): .one("scale", .zigzag)
        case (.exponentialPoint, 7): .one("zeroCount", .fixed64)
        case (.exponentialPoint, 8): .one("positive", .message(.buckets))
        case (.exponentialPoint, 9): .one("negative", .message(.buckets))
        case (.exponentialPoint, 14): .one("zeroThreshold", .double)
        case (.buckets, 1): .one("offset", .zigzag)
        case (.buckets, 2): .many("bucketCounts", .unsigned)
        case (.summaryPoint, 6): .many("quantileValues", .message(.quantile))
        case (.quantile, 1): .one("quantile", .double)
        case (.quantile, 2): .one("value", .double)
        case (.exemplar, 2): .one("timeUnixNano", .fixed64)
        case (.exemplar, 3): .one("asDouble", .double)
        case (.exemplar, 4): .one("spanId", .identity)
        case (.exemplar, 5): .one("traceId", .identity)
        default: nil
        }
    }
}
