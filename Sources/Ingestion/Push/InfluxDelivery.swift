internal import PushFormats
internal import TelemetryModel

/// What the times of lines of InfluxDB count.
public enum InfluxPrecision: String, Sendable, Hashable, CaseIterable {
    case nanoseconds = "ns"
    case microseconds = "us"
    case milliseconds = "ms"
    case seconds = "s"
    case minutes = "m"
    case hours = "h"

    /// The precision that a parameter names, in the forms of both versions of the API; nil for another text.
    public init?(parameter: String) {
        switch parameter {
        case "", "n": self = .nanoseconds
        case "u", "µ": self = .microseconds
        default: self.init(rawValue: parameter)
        }
    }

    /// - Returns: milliseconds; nil where there are too many for a number.
    func milliseconds(_ time: Int64) -> Int64? {
        let factor: Int64
        switch self {
        case .nanoseconds: return time / 1_000_000
        case .microseconds: return time / 1000
        case .milliseconds: return time
        case .seconds: factor = 1000
        case .minutes: factor = 60_000
        case .hours: factor = 3_600_000
        }
        let (milliseconds, overflowed) = time.multipliedReportingOverflow(by: factor)
        return overflowed ? nil : milliseconds
    }
}

extension SampleIntake {
    /// Takes lines of InfluxDB's line protocol. A field becomes a series `MEASUREMENT_FIELD`, or `MEASUREMENT` where the field is called `value`; tags
    /// become labels.
    ///
    /// - Parameter database: becomes the label `db`, if there is one and no tag is called so.
    public func deliver(influx body: UnsafeRawBufferPointer, precision: InfluxPrecision, database: String?) -> MetricDeliveryOutcome {
        deliver { delivery in
            var lines = InfluxLines(body)
            var line = InfluxLine()
            var key: [UInt8] = []
            while let range = lines.next() {
                let bytes = body[range]
                do throws(InfluxLine.Fault) {
                    guard try line.read(bytes) else { continue }
                } catch {
                    delivery.reject("line \(lines.number): \(error)")
                    continue
                }
                var time: Timestamp?
                if let given = line.timestamp {
                    guard let found = precision.milliseconds(given) else {
                        delivery.reject("line \(lines.number): bad timestamp \"\(given)\"")
                        continue
                    }
                    time = found
                }
                for field in line.fields {
                    key.removeAll(keepingCapacity: true)
                    key.append(contentsOf: (database ?? "").utf8)
                    key.append(0)
                    key.append(contentsOf: bytes[bytes.startIndex + line.series.lowerBound..<bytes.startIndex + line.series.upperBound])
                    key.append(0)
                    key.append(contentsOf: field.name)
                    delivery.append(key: key, field.value, at: time) { line.labels(of: field, database: database) }
                }
            }
        }
    }
}

extension InfluxLine {
    fileprivate func labels(of field: Field, database: String?) -> [Label] {
        var name = measurement
        if !field.name.elementsEqual("value".utf8) { name += [UInt8(ascii: "_")] + field.name }
        var labels: [Label] = []
        for tag in tags {
            let label = Label(name: NameSanitizing.labelName(tag.name), value: String(decoding: tag.value, as: UTF8.self))
            // Of several tags with one name the last counts.
            labels.removeAll { $0.name == label.name }
            labels.append(label)
        }
        labels.removeAll { $0.name == LabelName.metricName }
        if let database, !database.isEmpty, !labels.contains(where: { $0.name == "db" }) {
            labels.append(Label(name: "db", value: database))
        }
        labels.append(Label(name: LabelName.metricName, value: NameSanitizing.metricName(name)))
        return labels
    }
}

/// The lines of a body. A line may go on behind a line break within a text.
struct InfluxLines {
    private let bytes: UnsafeRawBufferPointer
    private var position = 0
    /// Of the present line, from 1.
    private(set) var number = 0
    private var linesBefore = 0

    init(_ bytes: UnsafeRawBufferPointer) { self.bytes = bytes }

    mutating func next() -> Range<Int>? {
        guard position < bytes.count else { return nil }
        number = linesBefore + 1
        let start = position
        var isInText = false
        while position < bytes.count {
            let byte = bytes[position]
            switch byte {
            case UInt8(ascii: "\n"):
                linesBefore += 1
                if !isInText {
                    position += 1
                    return start..<position - 1
                }
            case UInt8(ascii: "\\"): position += 1
            case UInt8(ascii: "\""):
                if isInText { isInText = false } else if position > start, bytes[position - 1] == UInt8(ascii: "=") { isInText = true }
            default: break
            }
            position += 1
        }
        position = bytes.count
        return start..<bytes.count
    }
}
