/// One entry of systemd's journal while it is read.
struct JournalEntry: Sendable {
    private var time: Int64?
    private var hasBadTime = false
    private var message: [UInt8]?
    private var labels = LogFields()
    private var metadata = LogFields()
    private var unit: [UInt8]?
    private var identifier: [UInt8]?

    /// Names of fields are capital letters, digits and underscores.
    static func isNameByte(_ byte: UInt8) -> Bool {
        byte &- 0x41 < 26 || LabelCharacters.isDigit(byte) || byte == UInt8(ascii: "_")
    }

    mutating func removeAll() {
        time = nil
        hasBadTime = false
        message = nil
        unit = nil
        identifier = nil
        labels.removeAll()
        metadata.removeAll()
    }

    mutating func add(_ name: ArraySlice<UInt8>, _ value: ArraySlice<UInt8>) {
        switch String(decoding: name, as: UTF8.self) {
        case "MESSAGE": message = Array(value)
        case "__REALTIME_TIMESTAMP":
            let microseconds = value.withUnsafeBufferPointer { DecimalText.integer($0) }
            let (nanoseconds, overflowed) = (microseconds ?? 0).multipliedReportingOverflow(by: 1000)
            hasBadTime = microseconds == nil || overflowed
            time = nanoseconds
        // They say where the entry stands in the journal, and nothing of what happened.
        case "__CURSOR", "__MONOTONIC_TIMESTAMP", "__SEQNUM", "__SEQNUM_ID": break
        case "PRIORITY":
            append("priority", value, to: &metadata)
            if let level = JournalEntry.level(value) { metadata.append("level", level) }
        case "_HOSTNAME": append("hostname", value, to: &labels)
        case "_SYSTEMD_UNIT":
            append("systemd_unit", value, to: &labels)
            unit = Array(value)
        case "SYSLOG_IDENTIFIER":
            append("syslog_identifier", value, to: &labels)
            identifier = Array(value)
        case let name:
            // `_PID` and `CODE_FILE` become `pid` and `code_file`; a field of the same name that clients set comes first.
            append(name.drop { $0 == "_" }.lowercased(), value, to: &metadata)
        }
    }

    mutating func hand<Sink: LogEntrySink>(to sink: inout Sink) {
        guard let message else {
            sink.refuse("a journal's entry without a message")
            return
        }
        if hasBadTime {
            sink.refuse("a journal's entry with a time that cannot be read")
            return
        }
        if let service = unit.map({ JournalEntry.service($0) }) ?? identifier {
            labels.append("service_name") { $0.append(contentsOf: service) }
        }
        sink.beginStream(labels)
        _ = message.withUnsafeBufferPointer { sink.append(time: time ?? sink.now, line: $0, metadata: &metadata) }
    }

    private func append(_ name: String, _ value: ArraySlice<UInt8>, to fields: inout LogFields) {
        fields.append(name: { $0.append(contentsOf: name.utf8) }, value: { $0.append(contentsOf: value) })
    }

    /// `nginx` for `nginx.service`, and `getty` for `getty@tty1.service`.
    private static func service(_ unit: [UInt8]) -> [UInt8] {
        let suffix = Array(".service".utf8)
        let name = unit.count > suffix.count && unit.suffix(suffix.count).elementsEqual(suffix) ? unit.dropLast(suffix.count) : unit[...]
        let instance = name.firstIndex(of: UInt8(ascii: "@")) ?? name.endIndex
        return Array(instance > name.startIndex ? name[..<instance] : name)
    }

    /// The level of syslog's priority.
    private static func level(_ value: ArraySlice<UInt8>) -> String? {
        let levels = ["fatal", "critical", "critical", "error", "warn", "info", "info", "debug"]
        guard value.count == 1, let digit = value.first, digit &- 0x30 < 8 else { return nil }
        return levels[Int(digit - 0x30)]
    }
}
