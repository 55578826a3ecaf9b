internal import ByteCoding

extension OTLPJSONTranscoder {
    private static let temporalityNames = [
        "AGGREGATION_TEMPORALITY_UNSPECIFIED", "AGGREGATION_TEMPORALITY_DELTA", "AGGREGATION_TEMPORALITY_CUMULATIVE",
    ]

    mutating func metrics() throws(JSONError) -> [UInt8] {
        var writer = ProtobufWriter()
        try object { (transcoder, key) throws(JSONError) in
            guard key == "resourceMetrics" else { return try transcoder.reader.skipValue() }
            try transcoder.messages(1, &writer) { (transcoder, writer) throws(JSONError) in try transcoder.resourceMetrics(&writer) }
        }
        try reader.finish()
        return writer.bytes
    }

    private mutating func resourceMetrics(_ writer: inout ProtobufWriter) throws(JSONError) {
        try object { (transcoder, key) throws(JSONError) in
            switch key {
            case "resource":
                try transcoder.message(1, &writer) { (transcoder, writer) throws(JSONError) in try transcoder.resource(&writer) }
            case "scopeMetrics":
                try transcoder.messages(2, &writer) { (transcoder, writer) throws(JSONError) in try transcoder.scopeMetrics(&writer) }
            case "schemaUrl": try transcoder.text(3, &writer)
            default: try transcoder.reader.skipValue()
            }
        }
    }

    private mutating func scopeMetrics(_ writer: inout ProtobufWriter) throws(JSONError) {
        try object { (transcoder, key) throws(JSONError) in
            switch key {
            case "scope": try transcoder.message(1, &writer) { (transcoder, writer) throws(JSONError) in try transcoder.scope(&writer) }
            case "metrics": try transcoder.messages(2, &writer) { (transcoder, writer) throws(JSONError) in try transcoder.metric(&writer) }
            case "schemaUrl": try transcoder.text(3, &writer)
            default: try transcoder.reader.skipValue()
            }
        }
    }

    private mutating func metric(_ writer: inout ProtobufWriter) throws(JSONError) {
        try object { (transcoder, key) throws(JSONError) in
            switch key {
            case "name": try transcoder.text(1, &writer)
            case "description": try transcoder.text(2, &writer)
            case "unit": try transcoder.text(3, &writer)
            case "gauge": try transcoder.data(5, &writer) { (transcoder, writer) throws(JSONError) in try transcoder.numberPoint(&writer) }
            case "sum": try transcoder.data(7, &writer) { (transcoder, writer) throws(JSONError) in try transcoder.numberPoint(&writer) }
            case "histogram":
                try transcoder.data(9, &writer) { (transcoder, writer) throws(JSONError) in try transcoder.histogramPoint(&writer) }
            case "exponentialHistogram":
                try transcoder.data(10, &writer) { (transcoder, writer) throws(JSONError) in try transcoder.exponentialPoint(&writer) }
            case "summary":
                try transcoder.data(11, &writer) { (transcoder, writer) throws(JSONError) in try transcoder.summaryPoint(&writer) }
            case "metadata": try transcoder.attributes(12, &writer)
            default: try transcoder.reader.skipValue()
            }
        }
    }

    /// The points of a metric and what they count from.
    private mutating func data(_ number: Int, _ writer: inout ProtobufWriter, _ point: Body) throws(JSONError) {
        try message(number, &writer) { (transcoder, writer) throws(JSONError) in
            try transcoder.object { (transcoder, key) throws(JSONError) in
                switch key {
                case "dataPoints": try transcoder.messages(1, &writer, point)
                case "aggregationTemporality": try transcoder.enumeration(2, Self.temporalityNames, &writer)
                case "isMonotonic": writer.write(3, bool: try transcoder.reader.readBool())
                default: try transcoder.reader.skipValue()
                }
            }
        }
    }

    // MARK: - Points

    private mutating func numberPoint(_ writer: inout ProtobufWriter) throws(JSONError) {
        try object { (transcoder, key) throws(JSONError) in
            switch key {
            case "attributes": try transcoder.attributes(7, &writer)
            case "startTimeUnixNano": writer.write(2, fixed64: try transcoder.reader.readInteger())
            case "timeUnixNano": writer.write(3, fixed64: try transcoder.reader.readInteger())
            case "asDouble": writer.write(4, double: try transcoder.reader.readDouble())
            case "asInt":
                let value: Int64 = try transcoder.reader.readInteger()
                writer.write(6, fixed64: UInt64(bitPattern: value))
            case "exemplars": try transcoder.exemplars(5, &writer)
            case "flags": try transcoder.count(8, &writer)
            default: try transcoder.reader.skipValue()
            }
        }
    }

    private mutating func histogramPoint(_ writer: inout ProtobufWriter) throws(JSONError) {
        try object { (transcoder, key) throws(JSONError) in
            switch key {
            case "attributes": try transcoder.attributes(9, &writer)
            case "startTimeUnixNano": writer.write(2, fixed64: try transcoder.reader.readInteger())
            case "timeUnixNano": writer.write(3, fixed64: try transcoder.reader.readInteger())
            case "count": writer.write(4, fixed64: try transcoder.reader.readInteger())
            case "sum": writer.write(5, double: try transcoder.reader.readDouble())
            case "bucketCounts":
                try transcoder.reader.beginArray()
                while try transcoder.reader.nextElement() { writer.write(6, fixed64: try transcoder.reader.readInteger()) }
            case "explicitBounds":
                try transcoder.reader.beginArray()
                while try transcoder.reader.nextElement() { writer.write(7, double: try transcoder.reader.readDouble()) }
            case "exemplars": try transcoder.exemplars(8, &writer)
            case "flags": try transcoder.count(10, &writer)
            case "min": writer.write(11, double: try transcoder.reader.readDouble())
            case "max": writer.write(12, double: try transcoder.reader.readDouble())
            default: try transcoder.reader.skipValue()
            }
        }
    }

    private mutating func exponentialPoint(_ writer: inout ProtobufWriter) throws(JSONError) {
        try object { (transcoder, key) throws(JSONError) in
            switch key {
            case "attributes": try transcoder.attributes(1, &writer)
            case "startTimeUnixNano": writer.write(2, fixed64: try transcoder.reader.readInteger())
            case "timeUnixNano": writer.write(3, fixed64: try transcoder.reader.readInteger())
            case "count": writer.write(4, fixed64: try transcoder.reader.readInteger())
            case "sum": writer.write(5, double: try transcoder.reader.readDouble())
            case "scale": try transcoder.signed(6, &writer)
            case "zeroCount": writer.write(7, fixed64: try transcoder.reader.readInteger())
            case "positive":
                try transcoder.message(8, &writer) { (transcoder, writer) throws(JSONError) in try transcoder.buckets(&writer) }
            case "negative":
                try transcoder.message(9, &writer) { (transcoder, writer) throws(JSONError) in try transcoder.buckets(&writer) }
            case "flags": try transcoder.count(10, &writer)
            case "exemplars": try transcoder.exemplars(11, &writer)
            case "min": writer.write(12, double: try transcoder.reader.readDouble())
            case "max": writer.write(13, double: try transcoder.reader.readDouble())
            case "zeroThreshold": writer.write(14, double: try transcoder.reader.readDouble())
            default: try transcoder.reader.skipValue()
            }
        }
    }

    private mutating func buckets(_ writer: inout ProtobufWriter) throws(JSONError) {
        try object { (transcoder, key) throws(JSONError) in
            switch key {
            case "offset": try transcoder.signed(1, &writer)
            case "bucketCounts":
                try transcoder.reader.beginArray()
                while try transcoder.reader.nextElement() { writer.write(2, uint64: try transcoder.reader.readInteger()) }
            default: try transcoder.reader.skipValue()
            }
        }
    }

    private mutating func signed(_ number: Int, _ writer: inout ProtobufWriter) throws(JSONError) {
        let value: Int32 = try reader.readInteger()
        writer.write(number, sint64: Int64(value))
    }

    private mutating func summaryPoint(_ writer: inout ProtobufWriter) throws(JSONError) {
        try object { (transcoder, key) throws(JSONError) in
            switch key {
            case "attributes": try transcoder.attributes(7, &writer)
            case "startTimeUnixNano": writer.write(2, fixed64: try transcoder.reader.readInteger())
            case "timeUnixNano": writer.write(3, fixed64: try transcoder.reader.readInteger())
            case "count": writer.write(4, fixed64: try transcoder.reader.readInteger())
            case "sum": writer.write(5, double: try transcoder.reader.readDouble())
            case "quantileValues":
                try transcoder.messages(6, &writer) { (transcoder, writer) throws(JSONError) in
                    try transcoder.object { (transcoder, key) throws(JSONError) in
                        switch key {
                        case "quantile": writer.write(1, double: try transcoder.reader.readDouble())
                        case "value": writer.write(2, double: try transcoder.reader.readDouble())
                        default: try transcoder.reader.skipValue()
                        }
                    }
                }
            case "flags": try transcoder.count(8, &writer)
            default: try transcoder.reader.skipValue()
            }
        }
    }

    private mutating func exemplars(_ number: Int, _ writer: inout ProtobufWriter) throws(JSONError) {
        try messages(number, &writer) { (transcoder, writer) throws(JSONError) in
            try transcoder.object { (transcoder, key) throws(JSONError) in
                switch key {
                case "filteredAttributes": try transcoder.attributes(7, &writer)
                case "timeUnixNano": writer.write(2, fixed64: try transcoder.reader.readInteger())
                case "asDouble": writer.write(3, double: try transcoder.reader.readDouble())
                case "asInt":
                    let value: Int64 = try transcoder.reader.readInteger()
                    writer.write(6, fixed64: UInt64(bitPattern: value))
                case "spanId": try transcoder.identifier(4, bytes: 8, &writer)
                case "traceId": try transcoder.identifier(5, bytes: 16, &writer)
                default: try transcoder.reader.skipValue()
                }
            }
        }
    }
}
