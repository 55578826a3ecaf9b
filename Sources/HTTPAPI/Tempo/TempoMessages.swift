internal import ByteCoding
internal import TelemetryModel
internal import TraceQL

/// Messages of Tempo's protobuf package `tempopb`, written field by field.
enum TempoMessages {
    /// `SearchResponse`.
    static func searchResponse(_ result: SearchResult) -> [UInt8] {
        var writer = ProtobufWriter()
        for trace in result.traces { writer.write(1) { summary(trace, &$0) } }
        writer.write(2) { metrics(result.statistics, &$0) }
        return writer.bytes
    }

    private static func summary(_ trace: TraceSummary, _ writer: inout ProtobufWriter) {
        writer.write(1, string: trace.traceID.hexadecimal)
        writer.write(2, string: trace.rootServiceName)
        writer.write(3, string: trace.rootTraceName)
        writer.write(4, uint64: trace.start)
        writer.write(5, uint64: min(trace.durationMilliseconds, UInt64(UInt32.max)))
        for set in trace.spanSets { writer.write(7) { spanSet(set, &$0) } }
        for service in trace.serviceStatistics {
            writer.write(8) { entry in
                entry.write(1, string: service.service)
                entry.write(2) { statistics in
                    statistics.write(1, uint64: UInt64(service.spanCount))
                    statistics.write(2, uint64: UInt64(service.errorCount))
                }
            }
        }
    }

    private static func spanSet(_ set: SpanSetResult, _ writer: inout ProtobufWriter) {
        for span in set.spans {
            writer.write(1) { message in
                message.write(1, string: span.spanID.hexadecimal)
                message.write(2, string: span.name)
                message.write(3, uint64: span.start)
                message.write(4, uint64: span.duration)
                keyValues(5, span.attributes, &message)
            }
        }
        writer.write(2, uint64: UInt64(set.matched))
        keyValues(3, set.attributes, &writer)
    }

    private static func metrics(_ statistics: TraceQueryStatistics, _ writer: inout ProtobufWriter) {
        writer.write(1, uint64: UInt64(statistics.inspectedTraces))
        writer.write(2, uint64: UInt64(statistics.inspectedBytes))
        writer.write(3, uint64: UInt64(statistics.tableCount))
        writer.write(4, uint64: UInt64(statistics.inspectedTables))
        writer.write(5, uint64: UInt64(statistics.inspectedTables))
        writer.write(6, uint64: UInt64(statistics.tableBytes))
        writer.write(7, uint64: UInt64(statistics.inspectedSpans))
    }

    /// `SearchTagsResponse`.
    static func tagNames(_ names: [String]) -> [UInt8] {
        var writer = ProtobufWriter()
        for name in names { writer.write(1, string: name) }
        writer.write(2) { _ in }
        return writer.bytes
    }

    /// `SearchTagsV2Response`.
    static func tagNames(byScope scopes: [TagNames]) -> [UInt8] {
        var writer = ProtobufWriter()
        for scope in scopes {
            writer.write(1) { message in
                message.write(1, string: scope.scope.rawValue)
                for name in scope.names { message.write(2, string: name) }
            }
        }
        writer.write(2) { _ in }
        return writer.bytes
    }

    /// `SearchTagValuesResponse`.
    static func tagValues(_ texts: [String]) -> [UInt8] { tagNames(texts) }

    /// `SearchTagValuesV2Response`.
    static func tagValues(typed values: [TagValue]) -> [UInt8] {
        var writer = ProtobufWriter()
        for value in values {
            writer.write(1) { message in
                message.write(1, string: value.kind.rawValue)
                message.write(2, string: value.text)
            }
        }
        writer.write(2) { _ in }
        return writer.bytes
    }

    /// `QueryRangeResponse`.
    static func queryRange(_ result: MetricsResult) -> [UInt8] {
        var writer = ProtobufWriter()
        for series in result.series {
            writer.write(1) { message in
                keyValues(1, series.labels, &message)
                for sample in series.samples {
                    message.write(2) { entry in
                        entry.write(1, double: sample.value)
                        entry.write(2, int64: sample.timestamp)
                    }
                }
                for exemplar in series.exemplars {
                    message.write(4) { entry in
                        keyValues(1, exemplar.labels, &entry)
                        entry.write(2, double: exemplar.value)
                        entry.write(3, int64: exemplar.timestamp)
                    }
                }
            }
        }
        finish(result, &writer)
        return writer.bytes
    }

    /// `QueryInstantResponse`.
    static func queryInstant(_ result: MetricsResult) -> [UInt8] {
        var writer = ProtobufWriter()
        for series in result.series {
            guard let sample = series.samples.first else { continue }
            writer.write(1) { message in
                keyValues(1, series.labels, &message)
                message.write(2, double: sample.value)
            }
        }
        finish(result, &writer)
        return writer.bytes
    }

    private static func finish(_ result: MetricsResult, _ writer: inout ProtobufWriter) {
        writer.write(2) { metrics(result.statistics, &$0) }
        if result.isTruncated {
            writer.write(3, uint64: 1)
            writer.write(4, string: TempoAPI.truncatedMessage)
        }
    }

    private static func keyValues(_ number: Int, _ attributes: [Attribute], _ writer: inout ProtobufWriter) {
        for attribute in attributes {
            writer.write(number) { message in
                message.write(1, string: attribute.key)
                message.write(2) { anyValue(attribute.value, &$0) }
            }
        }
    }

    /// `AnyValue`.
    private static func anyValue(_ value: AttributeValue, _ writer: inout ProtobufWriter) {
        switch value {
        case .empty: break
        case .string(let text): writer.write(1, string: text)
        case .bool(let truth): writer.write(2, bool: truth)
        case .int(let number): writer.write(3, int64: number)
        case .double(let number): writer.write(4, double: number)
        case .array(let values): writer.write(5) { list in for value in values { list.write(1) { anyValue(value, &$0) } } }
        case .map(let attributes): writer.write(6) { keyValues(1, attributes, &$0) }
        case .bytes(let bytes): writer.write(7, bytes: bytes)
        }
    }
}
