internal import TelemetryModel

/// Makes entries of messages of syslog: who sent it are labels, the rest of the header is structured metadata, the text is the line.
public struct SyslogEntryWriter: Sendable {
    private let labels: LogFields
    private let saysJob: Bool
    private var stream = LogFields()
    private var streamHost: [UInt8] = []
    private var streamApplication: [UInt8] = []
    private var hasStream = false
    private var metadata = LogFields()

    /// Times so far ahead are those of clocks that are wrong, or of another zone: the time of arrival is taken instead.
    private static let aheadMax: Int64 = 600_000_000_000

    /// - Parameter labels: what every entry gets beside `host` and `service_name`; `job` is `syslog` where it is not among them.
    public init(labels: [(name: String, value: String)] = []) {
        var fields = LogFields()
        for label in labels { fields.append(label.name, label.value) }
        self.labels = fields
        saysJob = !labels.contains { $0.name == "job" }
    }

    /// Hands the entry of a message to a sink. One writer serves one delivery.
    ///
    /// - Parameters:
    ///   - range: where the message lies in the bytes.
    ///   - sender: where it came from, for messages that do not say it.
    public mutating func write<Sink: LogEntrySink>(
        _ bytes: [UInt8], _ range: Range<Int>, sender: String, clock: SyslogClock, into sink: inout Sink
    ) {
        let message = SyslogMessage(bytes, in: range, clock: clock)
        let host = message.host.map { bytes[$0] } ?? Array(sender.utf8)[...]
        let application = message.application.map { bytes[$0] } ?? []
        if !hasStream || !streamHost.elementsEqual(host) || !streamApplication.elementsEqual(application) {
            begin(host: host, application: application, into: &sink)
        }
        metadata.removeAll()
        if message.hasPriority {
            metadata.append("facility", SyslogNames.facilities[Int(message.facility)])
            metadata.append("severity", SyslogNames.severities[Int(message.severity)])
            metadata.append("detected_level", SyslogNames.levels[Int(message.severity)])
        }
        if let process = message.processID { append("procid", bytes[process]) }
        if let id = message.messageID { append("msgid", bytes[id]) }
        if let elements = message.structuredData {
            SyslogStructuredData.parameters(of: bytes, in: elements) { parameter in
                metadata.append {
                    $0.append(contentsOf: bytes[parameter.element])
                    $0.append(UInt8(ascii: "_"))
                    $0.append(contentsOf: bytes[parameter.name])
                } value: {
                    $0.append(contentsOf: SyslogStructuredData.unescaped(bytes, parameter.value))
                }
            }
        }
        var time = message.time ?? sink.now
        if time > sink.now.addingReportingOverflow(SyslogEntryWriter.aheadMax).partialValue { time = sink.now }
        bytes.withUnsafeBufferPointer { buffer in
            _ = sink.append(time: time, line: UnsafeBufferPointer(rebasing: buffer[message.text]), metadata: &metadata)
        }
    }

    private mutating func begin<Sink: LogEntrySink>(host: ArraySlice<UInt8>, application: ArraySlice<UInt8>, into sink: inout Sink) {
        streamHost = Array(host)
        streamApplication = Array(application)
        hasStream = true
        stream = labels
        if saysJob { stream.append("job", "syslog") }
        stream.append(name: { $0.append(contentsOf: "host".utf8) }, value: { $0.append(contentsOf: host) })
        if !application.isEmpty {
            stream.append(name: { $0.append(contentsOf: "service_name".utf8) }, value: { $0.append(contentsOf: application) })
        }
        sink.beginStream(stream)
    }

    private mutating func append(_ name: StaticString, _ value: ArraySlice<UInt8>) {
        metadata.append(name, value: { $0.append(contentsOf: value) })
    }
}
